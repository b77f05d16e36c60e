"""Pictures: who gets them, under which address, and how long a browser may keep them."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.views.conftest import JPEG, give_picture
from webapp.extensions import db, settings
from webapp.models import Camera
from webapp.storage import storage_from_settings

Make = Callable[..., Camera]


def test_a_picture_under_its_own_hash_may_be_kept_for_ever_by_this_browser(
    admin: FlaskClient, make_camera: Make
) -> None:
    camera = make_camera()
    answer = admin.get(f"/pictures/{camera.id}/{give_picture(camera)}.jpg")
    assert (answer.data, answer.mimetype) == (JPEG, "image/jpeg")
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"


def test_an_old_address_leads_to_the_present_picture(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera()
    old = give_picture(camera)
    new = give_picture(camera, JPEG + b"newer")
    answer = admin.get(f"/pictures/{camera.id}/{old}.jpg")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/pictures/{camera.id}/{new}.jpg"


def test_a_picture_that_is_not_the_promised_one_is_not_kept(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera()
    give_picture(camera)
    camera.picture_hash = "0" * 16
    db.session.commit()
    answer = admin.get(f"/pictures/{camera.id}/{'0' * 16}.jpg")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_missing_picture_or_camera_is_not_found(admin: FlaskClient, make_camera: Make) -> None:
    assert admin.get(f"/pictures/{make_camera().id}/aaaa.jpg").status_code == 404
    assert admin.get("/pictures/none/aaaa.jpg").status_code == 404
    assert admin.get("/pictures/..%2F..%2Fsecret.key/aaaa.jpg").status_code == 404


def test_storage_that_does_not_answer_is_said_with_503(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera()
    digest = give_picture(camera)
    folder = settings.DATA_DIR / "pictures"
    storage_from_settings(settings)
    folder.rename(folder.with_name("away"))
    folder.write_text("not a folder")
    assert admin.get(f"/pictures/{camera.id}/{digest}.jpg").status_code == 503
