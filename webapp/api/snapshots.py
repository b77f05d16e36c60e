"""The kept pictures of a camera."""

from __future__ import annotations

from datetime import datetime

from typing_extensions import TypedDict
from werkzeug.wrappers import Response

from .. import access
from ..models import Camera, CameraSnapshot, utc_now
from ..schemas import PageQuery
from ..services import filmstrip, snapshot_list
from ..storage import NotFound
from .answers import Answer, Refused, page_meta
from .operations import operation
from .shapes import Deleted, address


class SnapshotShape(TypedDict):
    """`side` is before or after, for the pictures around an outage."""

    id: str
    camera_id: str
    kind: str
    side: str | None
    file_size: int | None
    picture_url: str
    createdAt: datetime
    expiry_date: datetime | None


@operation(
    "GET",
    "/cameras/<uuid:camera_id>/snapshots",
    "cameras:read",
    query=PageQuery,
    answer=list[SnapshotShape],
    codes=(404,),
    is_paged=True,
)
def list_(camera_id: str, query: PageQuery) -> Answer:
    """List the kept pictures of a camera, the newest first."""
    camera = access.camera_for_read(camera_id)
    found, total = snapshot_list.page(camera, query.page, query.page_size)
    return Answer([_shape(snapshot) for snapshot in found], page_meta(query.page, query.page_size, total))


@operation(
    "GET",
    "/cameras/<uuid:camera_id>/snapshots/<uuid:snapshot_id>",
    "cameras:read",
    answer="image/jpeg",
    codes=(404, 503),
)
def picture(camera_id: str, snapshot_id: str) -> Response:
    """One kept picture, as JPEG."""
    snapshot = _load(access.camera_for_read(camera_id), snapshot_id)
    try:
        data = filmstrip.read(snapshot)
    except NotFound:
        raise Refused(404, "The file of this picture is not there any more.") from None
    return Response(data, mimetype="image/jpeg", headers={"Cache-Control": "private, max-age=31536000, immutable"})


@operation(
    "DELETE",
    "/cameras/<uuid:camera_id>/snapshots/<uuid:snapshot_id>",
    "cameras:write",
    answer=Deleted,
    codes=(404,),
)
def delete(camera_id: str, snapshot_id: str) -> Answer:
    """Delete a kept picture with its file."""
    camera = access.camera_for_write(camera_id)
    filmstrip.remove(camera, _load(camera, snapshot_id), utc_now(), access.scope("cameras:write"))
    return Answer({"id": snapshot_id, "deleted": True})


def _load(camera: Camera, snapshot_id: str) -> CameraSnapshot:
    found = filmstrip.find(camera, snapshot_id)
    if found is None:
        raise Refused(404, "There is no such picture of this camera.")
    return found


def _shape(snapshot: CameraSnapshot) -> dict[str, object]:
    values = {"camera_id": snapshot.camera_id, "snapshot_id": snapshot.id}
    return {
        "id": snapshot.id,
        "camera_id": snapshot.camera_id,
        "kind": snapshot.kind,
        "side": snapshot.side,
        "file_size": snapshot.file_size,
        "picture_url": address("snapshots_picture", **values),
        "createdAt": snapshot.created_at,
        "expiry_date": snapshot.expiry_date,
    }
