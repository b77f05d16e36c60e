"""The clips of a camera: recording one, following it, playing, converting and deleting it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

import jobs

from .. import access, range_answers
from ..models import Camera, Clip, WorkState, utc_now
from ..schemas import ClipInput, ConversionInput, InvalidInput, parse
from ..services.cameras import DeletedMeanwhile
from ..services.clips import asking, reading
from .page import ALL, draw
from .pictures import clean_failures

pages = Blueprint("clips", __name__, url_prefix="/cameras/<camera_id>/clips")

NEWEST = 5
"""As many as the page of a camera shows."""
ON_A_PAGE = 20
WAITS = "Redis does not answer, so nobody can make this clip now. Try again in a minute."
SPANS = (5, 10, 30, 60)
CODECS = {"h264": "H.264", "h265": "H.265", "vp9": "VP9", "mjpeg": "MJPEG"}


@pages.app_context_processor
def _for_the_page_of_a_camera() -> dict[str, object]:
    def newest(camera: Camera) -> tuple[Sequence[Clip], int]:
        return reading.of_camera(camera, 1, NEWEST)

    return {"newest_clips": newest, "CLIP_SPANS": SPANS, "CLIP_CODECS": CODECS, "is_open_clip": reading.is_open}


@pages.get("")
@access.requires("cameras:read")
def index(camera_id: str) -> Response:
    camera = access.camera_for_read(camera_id)
    number = max(1, min(request.args.get("page", 1, int), 100_000))
    clips, total = reading.of_camera(camera, number, ON_A_PAGE)
    pages = max(1, -(-total // ON_A_PAGE))
    place = camera.group_id or ALL
    return draw("clips/index.html", camera=camera, clips=clips, total=total, number=number, pages=pages, place=place)


@pages.post("")
@access.requires("cameras:write")
def record(camera_id: str) -> AnyResponse:
    camera = access.camera_for_write(camera_id)
    try:
        given = parse(ClipInput, {"seconds": request.form.get("seconds", "10")})
        clip = asking.record(camera, given.seconds, current_user, utc_now(), access.scope("cameras:write"))
    except DeletedMeanwhile:
        abort(404)
    except InvalidInput as error:
        return _back(camera, f"Seconds: {' '.join(error.problems.get('seconds', ()))}")
    except asking.NotNow as error:
        return _back(camera, str(error))
    return _have_made(camera, clip)


@pages.get("/<clip_id>/progress")
@access.requires("cameras:read")
def progress(camera_id: str, clip_id: str) -> Response:
    """The row of one clip, as it is now."""
    camera = access.camera_for_read(camera_id)
    return make_response(render_template("clips/_clip.html", camera=camera, clip=_clip(camera, clip_id)))


@pages.get("/<clip_id>.mp4")
@access.requires("cameras:read")
def video(camera_id: str, clip_id: str) -> Response:
    camera = access.camera_for_read(camera_id)
    clip = _clip(camera, clip_id)
    if clip.state != WorkState.DONE:
        return make_response("This clip is not done.", 409)
    name = f"{camera.name} {clip.created_at:%Y-%m-%d %H-%M-%S} UTC.mp4".replace("/", "-")
    with clean_failures():
        return range_answers.video(lambda *part: reading.data(clip, *part), clip.size, clip.id, name)


@pages.post("/<clip_id>/convert")
@access.requires("cameras:write")
def convert(camera_id: str, clip_id: str) -> AnyResponse:
    camera = access.camera_for_write(camera_id)
    source = _clip(camera, clip_id)
    try:
        given = parse(ConversionInput, {"codec": request.form.get("codec", "h264")})
        made = asking.convert(source, given.codec, current_user, utc_now())
    except InvalidInput:
        return _back(camera, "Choose H.264, H.265 or VP9.")
    except asking.NotNow as error:
        return _back(camera, str(error))
    return _have_made(camera, made)


@pages.post("/<clip_id>/delete")
@access.requires("cameras:write")
def delete(camera_id: str, clip_id: str) -> AnyResponse:
    camera = access.camera_for_write(camera_id)
    asking.delete(_clip(camera, clip_id), utc_now())
    return _back(camera, "The clip is deleted.")


def _clip(camera: Camera, clip_id: str) -> Clip:
    found = reading.of_camera_or_none(camera, clip_id) if access.ID.fullmatch(clip_id) else None
    return found or abort(404)


def _have_made(camera: Camera, clip: Clip) -> AnyResponse:
    try:
        jobs.make_clip(clip.id)
    except jobs.QueueAway:
        asking.delete(clip, utc_now())
        return _back(camera, WAITS)
    return _back(camera)


def _back(camera: Camera, told: str = "") -> AnyResponse:
    if told:
        flash(told)
    return redirect(url_for("clips.index", camera_id=camera.id), 303)
