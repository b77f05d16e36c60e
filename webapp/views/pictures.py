"""Pictures for the browser: with the permission of the page, under addresses that never change meaning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, Response, abort, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from .. import access
from ..services import latest_picture
from ..storage import NotFound, StorageError

pages = Blueprint("pictures", __name__)

FOR_EVER = "private, max-age=31536000, immutable"


@pages.get("/pictures/<camera_id>/<picture_hash>.jpg")
@access.requires("cameras:read")
def latest(camera_id: str, picture_hash: str) -> AnyResponse:
    camera = access.camera_for_read(camera_id)
    with clean_failures():
        found = latest_picture.of_camera(camera)
    if found.hash == picture_hash:
        return jpeg(found.data, FOR_EVER)
    if camera.picture_hash not in (None, picture_hash):
        return redirect(url_for("pictures.latest", camera_id=camera.id, picture_hash=camera.picture_hash))
    return jpeg(found.data, "no-store")


@pages.get("/connection-tests/<test_id>/picture.jpg")
@access.requires("cameras:write")
def of_test(test_id: str) -> AnyResponse:
    test = access.own_connection_test(test_id)
    with clean_failures():
        return jpeg(latest_picture.of_test(test).data, "no-store")


@contextmanager
def clean_failures() -> Iterator[None]:
    try:
        yield
    except NotFound:
        abort(404)
    except StorageError:
        abort(503)


def jpeg(data: bytes, cache_control: str) -> Response:
    return Response(data, mimetype="image/jpeg", headers={"Cache-Control": cache_control})
