"""Cameras: lists, one, and all that changes one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from werkzeug.wrappers import Response

import jobs

from .. import access
from ..models import Camera, Status, utc_now
from ..schemas import CameraInput, CameraListQuery, CameraQuery, InvalidInput, StateInput, as_list, parse
from ..services import camera_switches, cameras, finding, groups, handed_down, latest_picture
from ..services.camera_record import PLAIN_FIELDS
from ..services.finding import CameraFilter, ToldCamera
from ..services.grid import GridQuery, filter_of
from ..storage import NotFound
from . import versions
from .answers import Answer, Refused, page_meta
from .operations import operation
from .shapes import CameraShape, Deleted, address, camera_shape

EXAMPLE = {
    "name": "Front Door",
    "rtsp_url": "rtsp://192.168.1.100:8554/stream",
    "username": "admin",
    "password": "password123",
    "resolution": "1920x1080",
    "fps": 30,
    "codec": "h264",
    "location": "Main Entrance",
    "group_id": None,
    "is_active": True,
    "enable_detection": True,
    "detection_sensitivity": 0.7,
}


@operation("GET", "/cameras", "cameras:read", query=CameraListQuery, answer=list[CameraShape], is_paged=True)
def list_(query: CameraListQuery) -> Answer:
    """List cameras, filtered, sorted, in pages."""
    now, names = utc_now(), _wanted_fields(query.fields)
    wanted = filter_for(query, "cameras:read", query.sort)
    rows = shapes_of(finding.rows(wanted, query.page, query.page_size, now))
    if names:
        rows = [{name: row[name] for name in names} for row in rows]
    return Answer(rows, page_meta(query.page, query.page_size, finding.count(wanted, now)))


@operation(
    "POST",
    "/cameras",
    "cameras:write",
    body=CameraInput,
    answer=CameraShape,
    code=201,
    is_repeatable=True,
    example=EXAMPLE,
)
def create(given: CameraInput) -> Answer:
    """Add a camera; its first check begins at once."""
    camera = cameras.create(given, utc_now(), access.scope("cameras:write"))
    _check_if_due(camera)
    return _told(camera, {"Location": address("cameras_show", camera_id=camera.id)})


@operation("GET", "/cameras/<uuid:camera_id>", "cameras:read", answer=CameraShape, codes=(404,))
def show(camera_id: str) -> Answer:
    """Get one camera. The header ETag names its version, for If-Match."""
    return _told(access.camera_for_read(camera_id))


@operation(
    "PUT",
    "/cameras/<uuid:camera_id>",
    "cameras:write",
    body=CameraInput,
    is_partial=True,
    answer=CameraShape,
    codes=(404, 409, 412),
    example={"location": "Main Entrance, left", "fps": 25},
)
def update(camera_id: str, given: dict[str, Any]) -> Answer:
    """Change a camera. What the body does not say stays as it is; null clears a field, or lets it be inherited.

    With If-Match, or with the version in the body, a change on top of somebody else's is refused.
    """
    camera = access.camera_for_write(camera_id)
    kept = {name: getattr(camera, name) for name in PLAIN_FIELDS}
    wanted = parse(CameraInput, kept | given | versions.wanted())
    with versions.told(given):
        saved = cameras.update(camera, wanted, utc_now(), access.scope("cameras:write"))
    _check_if_due(saved)
    return _told(saved)


@operation("DELETE", "/cameras/<uuid:camera_id>", "cameras:write", answer=Deleted, codes=(404, 412))
def delete(camera_id: str) -> Answer:
    """Delete a camera with its history and its pictures."""
    camera = access.camera_for_write(camera_id)
    versions.require(camera)
    cameras.delete(camera, utc_now(), access.scope("cameras:write"))
    return Answer({"id": camera_id, "deleted": True})


@operation(
    "PATCH",
    "/cameras/<uuid:camera_id>/state",
    "cameras:write",
    body=StateInput,
    answer=CameraShape,
    codes=(404,),
    example={"is_active": False},
)
def state(camera_id: str, given: StateInput) -> Answer:
    """Switch the checks of a camera off or on, and its maintenance."""
    camera, now, scope = access.camera_for_write(camera_id), utc_now(), access.scope("cameras:write")
    if "maintenance_until" in given.model_fields_set:
        camera = camera_switches.set_maintenance(camera, given.maintenance_until, now, scope)
    if given.is_active is not None:
        camera = camera_switches.set_active(camera, given.is_active, now, scope)
    return _told(camera)


@operation("GET", "/cameras/<uuid:camera_id>/picture", "cameras:read", answer="image/jpeg", codes=(404, 503))
def picture(camera_id: str) -> Response:
    """The latest picture of a camera, as JPEG."""
    camera = access.camera_for_read(camera_id)
    try:
        found = latest_picture.of_camera(camera)
    except NotFound:
        raise Refused(404, "There is no picture of this camera yet.") from None
    headers = {"ETag": f'"{found.hash}"', "Cache-Control": "no-store"}
    return Response(found.data, mimetype="image/jpeg", headers=headers)


def filter_for(query: CameraQuery, permission: str, sort: str = "name") -> CameraFilter:
    """The same filter as the grid's, over what the token may see. InvalidInput for a group that is not there."""
    scope, now = access.scope(permission), utc_now()
    wanted = GridQuery(
        statuses=tuple(Status(name) for name in query.status),
        reasons=query.reason,
        search=query.q or "",
        groups=query.group_id,
        tags=tuple(tag.lower() for tag in query.tag),
        is_active=True if query.active_only else query.is_active,
        is_detecting=query.is_detecting,
        in_maintenance=query.in_maintenance,
        sort=sort,
    )
    tree = groups.tree(now, scope) if wanted.needs_tree else None
    if tree and not set(query.group_id) <= set(tree.nodes):
        raise InvalidInput({"group_id": ["There is no such group."]})
    return filter_of(wanted, tree, scope)


def shapes_of(found: Sequence[ToldCamera]) -> list[dict[str, Any]]:
    ways, may_write, now = handed_down.read(), access.scope("cameras:write"), utc_now()
    return [camera_shape(camera, ways, may_write, now) for camera in found]


def _told(camera: Camera, headers: dict[str, str] | None = None) -> Answer:
    return Answer(shapes_of([camera])[0], headers=versions.etag(camera) | (headers or {}))


def _wanted_fields(said: str | None) -> list[str]:
    names = as_list(said)
    if unknown := [name for name in names if name not in CameraShape.__annotations__]:
        raise InvalidInput({"fields": [f"A camera has no field “{name}”." for name in unknown]})
    return ["id", *(name for name in names if name != "id")] if names else []


def _check_if_due(camera: Camera) -> None:
    """Without Redis the sweep has to come."""
    if camera.is_active and camera.next_due_at <= utc_now():
        with suppress(jobs.QueueAway):
            jobs.check_now(camera.id)
