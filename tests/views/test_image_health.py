"""Image health as people see it: on tiles, in the filter, on the page of a camera."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from flask.testing import FlaskClient

from tests.views.conftest import FRAGMENT, JPEG, give_picture, give_reference, give_snapshot, tile
from webapp.extensions import db
from webapp.models import Camera, ImageFinding, Role, User
from webapp.video.quality.finding import Finding

Make = Callable[..., Camera]


@pytest.fixture
def moved(make_live: Make) -> Camera:
    """Since twelve minutes, with its proof and the view that is right; black an hour ago."""
    now = datetime.now(UTC)
    camera = make_live(status="degraded", status_since=now - timedelta(minutes=12), findings=("moved",))
    give_picture(camera)
    proofs = {"snapshot_id": give_snapshot(camera, kind="finding").id, "reference_id": give_reference(camera).id}
    since, earlier = now - timedelta(minutes=12), now - timedelta(hours=1)
    db.session.add(ImageFinding(camera_id=camera.id, finding="moved", raised_at=since, **proofs))
    over = {"raised_at": earlier, "cleared_at": earlier + timedelta(minutes=9)}
    db.session.add(ImageFinding(camera_id=camera.id, finding="black", **over))
    db.session.commit()
    return camera


def health(page: str) -> str:
    return page.split('id="image-health"')[1].split("</section>")[0]


def test_the_tile_says_it_in_words(admin: FlaskClient, moved: Camera) -> None:
    shown = tile(admin.get("/cameras").text, moved)
    assert "Moved view" in shown
    assert 'data-findings="moved"' in shown
    assert "#degraded" in shown


@pytest.mark.parametrize(("reasons", "is_there"), [("moved", True), ("black", False), ("black&reason=moved", True)])
def test_the_grid_is_filtered_by_it(admin: FlaskClient, moved: Camera, reasons: str, is_there: bool) -> None:
    page = admin.get(f"/cameras?reason={reasons}").text
    assert (f'data-camera-id="{moved.id}"' in page) is is_there
    assert "Reason: " in page


def test_every_finding_can_be_filtered_by(admin: FlaskClient, moved: Camera) -> None:
    page = admin.get("/cameras").text
    assert all(f'<option value="{finding}"' in page for finding in Finding)


def test_the_page_compares_the_proof_with_the_view_that_is_right(admin: FlaskClient, moved: Camera) -> None:
    shown = health(admin.get(f"/cameras/{moved.id}").text)
    assert "The camera shows another view than its reference picture." in shown
    assert "Turn the camera back" in shown
    pictures = [part.split('"')[0] for part in shown.split('src="')[1:]]
    assert len(pictures) == 3
    assert {admin.get(picture).data for picture in pictures} == {JPEG}
    assert 'type="range"' in shown
    assert "Earlier faults (1)" in shown


def test_a_healthy_camera_is_called_that_and_an_unjudged_one_is_not(admin: FlaskClient, make_live: Make) -> None:
    camera = make_live()
    assert "No picture has been judged yet" in health(admin.get(f"/cameras/{camera.id}").text)
    give_picture(camera)
    assert "Nothing is wrong with its picture." in health(admin.get(f"/cameras/{camera.id}").text)
    camera.image_sensitivity = "off"
    db.session.commit()
    assert "not judged" in health(admin.get(f"/cameras/{camera.id}").text)


@pytest.mark.parametrize(("changed", "may_ask"), [({}, True), ({"finding": "black"}, False)])
def test_black_is_never_called_right(admin: FlaskClient, moved: Camera, changed: dict[str, Any], may_ask: bool) -> None:
    db.session.query(ImageFinding).filter_by(cleared_at=None).update(changed or {"finding": "moved"})
    db.session.commit()
    assert ("This view is right now" in admin.get(f"/cameras/{moved.id}").text) is may_ask


def test_the_click_asks_a_worker_and_follows_it(as_role: Callable[[Role], FlaskClient], moved: Camera) -> None:
    operator = as_role(Role.OPERATOR)
    url = f"/cameras/{moved.id}/view-is-right"
    with mock.patch("jobs.enqueue") as enqueue:
        answer = operator.post(url, headers=FRAGMENT)
        assert operator.post(url).status_code == 303
    assert "Checking…" in answer.text
    person = db.session.query(User).one()
    assert enqueue.call_args.args[1:] == ("jobs.health.call_view_right", moved.id, person.id)


def test_a_viewer_sees_the_pictures_and_not_the_button(as_role: Callable[[Role], FlaskClient], moved: Camera) -> None:
    viewer = as_role(Role.VIEWER)
    assert "This view is right now" not in viewer.get(f"/cameras/{moved.id}").text
    assert viewer.post(f"/cameras/{moved.id}/view-is-right").status_code == 403


def test_a_reference_is_served_for_its_own_camera_only(admin: FlaskClient, moved: Camera, make_live: Make) -> None:
    reference, other = give_reference(moved), make_live()
    assert admin.get(f"/cameras/{moved.id}/references/{reference.id}.jpg").status_code == 200
    assert admin.get(f"/cameras/{other.id}/references/{reference.id}.jpg").status_code == 404
    assert admin.get(f"/cameras/{moved.id}/references/nonsense.jpg").status_code == 404
