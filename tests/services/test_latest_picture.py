"""Stored pictures as they are read back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from webapp.extensions import settings
from webapp.models import Camera, ConnectionTest, User, new_id
from webapp.services import latest_picture
from webapp.services.connection_tests import picture_key
from webapp.services.pictures import latest_key, picture_hash
from webapp.storage import NotFound, StorageError, storage_from_settings

JPEG = b"\xff\xd8 a picture \xff\xd9"


def test_a_picture_is_named_by_what_it_holds_whatever_the_camera_says(
    make_camera: Callable[..., Camera],
) -> None:
    camera = make_camera(picture_hash="of an older one")
    storage_from_settings(settings).put(latest_key(camera.id), JPEG)
    found = latest_picture.of_camera(camera)
    assert (found.data, found.hash) == (JPEG, picture_hash(JPEG))
    assert "a picture" not in repr(found)


def test_the_picture_of_a_test_is_its_own(make_user: Callable[..., User]) -> None:
    test = ConnectionTest(id=new_id(), user_id=make_user().id, rtsp_url="rtsp://10.0.0.1/")
    storage_from_settings(settings).put(picture_key(test.id), JPEG)
    assert latest_picture.of_test(test).data == JPEG


def test_one_that_is_missing_differs_from_a_store_that_is_away(make_camera: Callable[..., Camera]) -> None:
    camera = make_camera()
    with pytest.raises(NotFound):
        latest_picture.of_camera(camera)
    (settings.DATA_DIR / "pictures").write_text("in the way")
    with pytest.raises(StorageError) as away:
        latest_picture.of_camera(camera)
    assert not isinstance(away.value, NotFound)
