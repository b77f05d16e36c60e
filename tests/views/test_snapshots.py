"""The filmstrip of a camera: its days, its pictures, taking and deleting one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import jobs
from tests.views.conftest import FRAGMENT, JPEG, give_snapshot
from webapp.extensions import db, settings
from webapp.models import AuditEntry, Camera, CameraSnapshot, Role, User
from webapp.services import filmstrip
from webapp.storage import storage_from_settings

MORNING = datetime(2026, 11, 20, 7, 30, 5, tzinfo=UTC)
Make = Callable[..., Camera]


def strip(page: str) -> str:
    return page.partition('id="film"')[2].partition("</ol>")[0]


def shown(page: str) -> str:
    return page.partition('data-snapshot-id="')[2].partition('"')[0]


def test_the_newest_day_is_shown_with_its_last_picture_large(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera()
    give_snapshot(camera, MORNING - timedelta(days=3))
    first = give_snapshot(camera, MORNING)
    last = give_snapshot(camera, MORNING + timedelta(hours=2), "change", side="before", change_id="c")
    page = admin.get(f"/cameras/{camera.id}/snapshots").text
    assert shown(page) == last.id
    assert strip(page).index(first.id) < strip(page).index(last.id)
    assert strip(page).count("<img") == 2
    assert 'value="2026-11-20"' in page
    assert "2 pictures on this day" in page
    assert "Last before an outage" in strip(page)
    assert 'day=2026-11-17"' in page, "the nearest day that has pictures is one click away"


def test_another_picture_is_shown_large_with_its_neighbours(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera()
    one, two, three = (give_snapshot(camera, MORNING + timedelta(hours=n)) for n in range(3))
    page = admin.get(f"/cameras/{camera.id}/snapshots?at={two.id}").text
    assert shown(page) == two.id
    assert f'rel="prev" href="/cameras/{camera.id}/snapshots?at={one.id}"' in page
    assert f'rel="next" href="/cameras/{camera.id}/snapshots?at={three.id}"' in page


def test_the_day_is_that_of_the_person(client: FlaskClient, sign_in: Callable[..., User], make_camera: Make) -> None:
    user, camera = sign_in(client), make_camera()
    user.time_zone = "Asia/Tokyo"
    db.session.commit()
    late = give_snapshot(camera, datetime(2026, 11, 20, 16, 0, tzinfo=UTC))
    page = client.get(f"/cameras/{camera.id}/snapshots?day=2026-11-21").text
    assert shown(page) == late.id
    assert "2026-11-21 01:00" in page


@pytest.mark.parametrize("query", ["day=2026-11-02", "day=tomorrow", "at=nothing", "at=x%00", "page=99", "page=x"])
def test_a_day_without_pictures_or_a_link_that_is_none_is_still_a_page(
    admin: FlaskClient, make_camera: Make, query: str
) -> None:
    camera = make_camera()
    give_snapshot(camera, MORNING)
    answer = admin.get(f"/cameras/{camera.id}/snapshots?{query}")
    assert answer.status_code == 200
    assert "No picture of this day" in answer.text or shown(answer.text)


def test_a_camera_without_any_says_what_will_be_kept(admin: FlaskClient, make_camera: Make) -> None:
    assert "None is kept of this camera yet." in admin.get(f"/cameras/{make_camera().id}/snapshots").text


def test_a_full_day_has_parts(admin: FlaskClient, make_camera: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filmstrip, "ON_A_PAGE", 2)
    camera = make_camera()
    kept = [give_snapshot(camera, MORNING + timedelta(minutes=n)) for n in range(5)]
    assert shown(admin.get(f"/cameras/{camera.id}/snapshots").text) == kept[4].id
    first = admin.get(f"/cameras/{camera.id}/snapshots?day=2026-11-20&page=1").text
    assert (shown(first), strip(first).count("<img")) == (kept[1].id, 2)
    assert shown(admin.get(f"/cameras/{camera.id}/snapshots?at={kept[2].id}").text) == kept[2].id


def test_a_picture_is_served_and_may_be_kept_by_this_browser(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera(name="Gate / north")
    kept = give_snapshot(camera, MORNING)
    url = f"/cameras/{camera.id}/snapshots/{kept.id}.jpg"
    answer = admin.get(url)
    assert (answer.data, answer.mimetype) == (JPEG, "image/jpeg")
    assert answer.headers["Cache-Control"].startswith("private")
    attached = admin.get(url + "?download=1").headers["Content-Disposition"]
    assert "Gate - north 2026-11-20 07-30-05.jpg" in attached


def test_a_picture_of_another_camera_or_without_its_file_is_not_found(admin: FlaskClient, make_camera: Make) -> None:
    camera, other = make_camera(), make_camera()
    kept = give_snapshot(camera, MORNING)
    assert admin.get(f"/cameras/{other.id}/snapshots/{kept.id}.jpg").status_code == 404
    storage_from_settings(settings).delete(kept.storage_path)
    assert admin.get(f"/cameras/{camera.id}/snapshots/{kept.id}.jpg").status_code == 404
    assert admin.get(f"/cameras/{camera.id}/snapshots").status_code == 200


def test_one_is_deleted_with_its_file_and_the_audit_knows(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera()
    kept = give_snapshot(camera, MORNING)
    answer = admin.post(f"/cameras/{camera.id}/snapshots/{kept.id}/delete")
    assert answer.headers["Location"] == f"/cameras/{camera.id}/snapshots?day=2026-11-20"
    assert db.session.scalar(select(CameraSnapshot)) is None
    assert not storage_from_settings(settings).exists(kept.storage_path)
    [entry] = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "camera.delete_snapshot"))
    assert entry.camera_id == camera.id
    assert admin.post(f"/cameras/{camera.id}/snapshots/{kept.id}/delete").status_code == 404


def test_the_record_goes_also_while_the_store_is_away(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera()
    kept = give_snapshot(camera, MORNING)
    folder = settings.DATA_DIR / "pictures"
    folder.rename(folder.with_name("away"))
    folder.write_text("not a folder")
    assert admin.post(f"/cameras/{camera.id}/snapshots/{kept.id}/delete").status_code == 303
    assert db.session.scalar(select(CameraSnapshot)) is None


def test_a_viewer_looks_and_takes_nothing_away(as_role: Callable[[Role], FlaskClient], make_camera: Make) -> None:
    client, camera = as_role(Role.VIEWER), make_camera()
    kept = give_snapshot(camera, MORNING)
    page = client.get(f"/cameras/{camera.id}/snapshots").text
    assert shown(page) == kept.id
    assert "Delete" not in page
    assert "Take snapshot" not in page


def test_taking_one_asks_a_worker_for_a_check_that_is_kept(
    admin: FlaskClient, make_camera: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(jobs, "take_snapshot", lambda *ids: asked.append(ids))
    camera = make_camera()
    assert admin.post(f"/cameras/{camera.id}/snapshots").status_code == 303
    followed = admin.post(f"/cameras/{camera.id}/snapshots", headers=FRAGMENT).text
    assert "Checking…" in followed
    assert [ids[0] for ids in asked] == [camera.id] * 2


def test_the_page_of_the_camera_shows_the_newest(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera()
    kept = give_snapshot(camera, MORNING)
    page = admin.get(f"/cameras/{camera.id}").text
    assert f'href="/cameras/{camera.id}/snapshots?at={kept.id}"' in page
    assert f'href="/cameras/{camera.id}/snapshots"' in page
