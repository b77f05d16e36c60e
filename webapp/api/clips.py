"""Clips: recorded from a camera, converted, uploaded, read in parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from flask import request
from flask_login import current_user
from typing_extensions import TypedDict
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response

import jobs

from .. import access, range_answers
from ..models import Clip, WorkState, utc_now
from ..schemas import ClipInput, ConversionInput, PageQuery
from ..services.clips import asking, reading
from ..storage import NotFound, StorageError, TooLarge
from ..video.clips import MOST_BYTES
from .answers import Answer, Refused, page_meta
from .operations import operation
from .shapes import Deleted, address

GONE = "There is no such clip."
NO_FILE = "The video of this clip is not there; it is {}."


class ClipShape(TypedDict):
    """`state` is queued, running, done or failed; `problem` says why. `video_url` is there when it is done."""

    id: str
    kind: str
    camera_id: str | None
    source_id: str | None
    codec: str | None
    seconds: float | None
    size: int
    state: str
    progress: int
    problem: str | None
    video_url: str | None
    createdAt: datetime
    expiry_date: datetime


@operation(
    "POST",
    "/cameras/<uuid:camera_id>/clips",
    "cameras:write",
    body=ClipInput,
    answer=ClipShape,
    code=202,
    codes=(404, 409, 503),
    is_repeatable=True,
    example={"seconds": 10},
)
def record(camera_id: str, given: ClipInput) -> Answer:
    """Record a camera for up to 60 seconds, as its stream comes. Follow it at the address in Location."""
    camera = access.camera_for_write(camera_id)
    try:
        made = asking.record(camera, given.seconds, current_user, utc_now(), access.scope("cameras:write"))
    except asking.NotNow as error:
        raise Refused(409, str(error)) from None
    return _have_made(made)


@operation(
    "GET",
    "/cameras/<uuid:camera_id>/clips",
    "cameras:read",
    query=PageQuery,
    answer=list[ClipShape],
    codes=(404,),
    is_paged=True,
)
def of_camera(camera_id: str, query: PageQuery) -> Answer:
    """List the clips of a camera, the newest first."""
    found, total = reading.of_camera(access.camera_for_read(camera_id), query.page, query.page_size)
    return Answer([_shape(clip) for clip in found], page_meta(query.page, query.page_size, total))


@operation("GET", "/clips", "cameras:write", query=PageQuery, answer=list[ClipShape], is_paged=True)
def list_(query: PageQuery) -> Answer:
    """List the videos one has uploaded, and what was made of them, the newest first."""
    found, total = reading.own(current_user, query.page, query.page_size)
    return Answer([_shape(clip) for clip in found], page_meta(query.page, query.page_size, total))


@operation(
    "POST",
    "/clips",
    "cameras:write",
    answer=ClipShape,
    code=202,
    codes=(409, 413, 415, 503),
    takes="application/octet-stream",
)
def upload() -> Answer:
    """Upload a video of at most 64 MB, to convert it.

    The body is the file itself, also as video/mp4: H.264, H.265, MJPEG or VP9 in MP4, MKV, WebM, AVI or MPEG-TS. It is
    looked through first; follow that at the address in Location.
    """
    if request.mimetype not in ("video/mp4", "application/octet-stream"):
        raise Refused(415, "Send the video itself as the body, with the header Content-Type: video/mp4.")
    request.max_content_length = MOST_BYTES
    try:
        made = asking.upload(cast(Any, request.stream), current_user, utc_now())
    except TooLarge:
        raise Refused(413, "This video is too large; a clip has at most 64 MB.") from None
    except StorageError as error:
        raise Refused(503, str(error)) from None
    except asking.NotNow as error:
        raise Refused(409, str(error)) from None
    return _have_made(made)


@operation("GET", "/clips/<uuid:clip_id>", "cameras:read", answer=ClipShape, codes=(404,))
def show(clip_id: str) -> Answer:
    """A clip, and how far it is."""
    return Answer(_shape(_load(clip_id)))


@operation("GET", "/clips/<uuid:clip_id>/file", "cameras:read", answer="video/mp4", codes=(206, 404, 409, 416, 503))
def file(clip_id: str) -> Response:
    """The video itself; with the header Range a part of it."""
    clip = _load(clip_id)
    if clip.state != WorkState.DONE:
        raise Refused(409, NO_FILE.format(clip.state))
    try:
        return range_answers.video(lambda *part: reading.data(clip, *part), clip.size, clip.id, f"clip-{clip.id}.mp4")
    except RequestedRangeNotSatisfiable:
        beyond = {"Content-Range": f"bytes */{clip.size}"}
        raise Refused(416, f"This clip has {clip.size} bytes; ask for a part of those.", headers=beyond) from None
    except NotFound:
        raise Refused(404, NO_FILE.format("gone")) from None
    except StorageError as error:
        raise Refused(503, str(error)) from None


@operation(
    "POST",
    "/clips/<uuid:clip_id>/convert",
    "cameras:write",
    body=ConversionInput,
    answer=ClipShape,
    code=202,
    codes=(404, 409, 503),
    is_repeatable=True,
    example={"codec": "h264"},
)
def convert(clip_id: str, given: ConversionInput) -> Answer:
    """Make another clip of this one, as H.264, H.265 or VP9. Follow it at the address in Location."""
    try:
        made = asking.convert(_load(clip_id, "cameras:write"), given.codec, current_user, utc_now())
    except asking.NotNow as error:
        raise Refused(409, str(error)) from None
    return _have_made(made)


@operation("DELETE", "/clips/<uuid:clip_id>", "cameras:write", answer=Deleted, codes=(404,))
def delete(clip_id: str) -> Answer:
    """Delete a clip with its video; one that is being made stops."""
    asking.delete(_load(clip_id, "cameras:write"), utc_now())
    return Answer({"id": clip_id, "deleted": True})


def _load(clip_id: str, permission: str = "cameras:read") -> Clip:
    """One of a camera is seen by whoever sees the camera; any other by its person alone."""
    clip = reading.find(clip_id)
    if clip is None or (clip.camera_id is None and clip.user_id != current_user.id):
        raise Refused(404, GONE)
    if clip.camera_id is not None:
        access.camera_for_write(clip.camera_id) if permission == "cameras:write" else access.camera_for_read(
            clip.camera_id
        )
    return clip


def _have_made(clip: Clip) -> Answer:
    try:
        jobs.make_clip(clip.id)
    except jobs.QueueAway:
        asking.delete(clip, utc_now())
        raise
    return Answer(_shape(clip), headers={"Location": address("clips_show", clip_id=clip.id)})


def _shape(clip: Clip) -> dict[str, object]:
    names = ("id", "kind", "camera_id", "source_id", "codec", "seconds", "size", "state", "progress", "problem")
    is_done = clip.state == WorkState.DONE
    return {name: getattr(clip, name) for name in names} | {
        "video_url": address("clips_file", clip_id=clip.id) if is_done else None,
        "createdAt": clip.created_at,
        "expiry_date": clip.expiry_date,
    }
