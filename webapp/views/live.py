"""The fragments that keep open pages live: one poll per page, 204 when nothing changed. They never extend a login."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from .. import access
from ..htmx import nothing_new, redirect_browser, toast
from ..models import Camera, utc_now
from ..services import camera_page
from ..services import problems as problem_list
from ..services.grid import Frame, GridQuery, NoSuchGroup, read_frame, watch_frame
from ..services.grid_changes import Delta, changes
from ..services.rights import Scope
from . import grid_address, problem_address
from . import status as status_pages
from .page import ALL, pace
from .problem_address import ProblemQuery

pages = Blueprint("live", __name__, url_prefix="/live")

CLOSELY_MS = 500
CHECK_PATIENCE = timedelta(seconds=45)
"""Longer than a check waits on a busy queue and lasts at its deadline."""
LATE = "No result yet. Look whether the workers are running, then check again."


@pages.get("/cameras")
@access.requires("cameras:read")
def grid() -> Response:
    query = grid_address.read(request.args, request.args.get("within"))
    try:
        delta = changes(query, grid_address.read_watch(request.args), utc_now(), _sight)
    except NoSuchGroup:
        return redirect_browser(url_for("cameras.index"))
    if delta is None:
        return nothing_new()
    return _draw(delta, f"live/{query.view}.html", grid_address.poll(query, delta.watch), query)


@pages.get("/frame")
@access.requires("cameras:read")
def frame() -> Response:
    """For pages without cameras: the tree, the counts and the banner around them."""
    delta = changes(GridQuery(), grid_address.read_watch(request.args), utc_now(), _sight)
    return _draw(delta, "live/frame.html", grid_address.poll_frame(delta.watch)) if delta else nothing_new()


@pages.get("/status")
@access.requires(access.SEE_NOTHING)
def status() -> Response:
    """The status page and the frame around it; what it tells is another with every poll."""
    watch, now = grid_address.read_watch(request.args), utc_now()
    delta = changes(GridQuery(), watch, now, _sight) or Delta(watch)
    return _draw(delta, "live/status.html", grid_address.poll_status(delta.watch), **status_pages.context(now))


@pages.get("/cameras/<camera_id>")
@access.requires("cameras:read")
def camera(camera_id: str) -> Response:
    delta = changes(GridQuery(), watch := grid_address.read_watch(request.args), utc_now(), _sight)
    asked = Asked.read()
    if delta is None and asked is None:
        return nothing_new()
    if delta and delta.deleted:
        return redirect_browser(url_for("cameras.index"))
    shown = access.camera_for_read(camera_id)
    if asked and asked.is_open(shown):
        return _draw_camera(shown, delta or Delta(watch), asked) if delta else nothing_new()
    answer = _draw_camera(shown, delta or Delta(watch))
    return toast(answer, "error", LATE) if asked and not asked.is_answered_by(shown) else answer


@pages.get("/problems")
@access.requires("cameras:read")
def problems() -> Response:
    delta = changes(GridQuery(view="table"), grid_address.read_watch(request.args), utc_now(), _sight)
    return draw_problems(problem_address.read(request.args), delta) if delta else nothing_new()


def draw_problems(query: ProblemQuery, delta: Delta | None = None, said: str = "") -> Response:
    """The list as it is now; without a delta also all around it, because somebody has just said something."""
    now, scope = utc_now(), _sight()
    around = read_frame(now, scope)
    page = problem_list.open_problems(problem_address.filter_of(query, around.tree, scope), query.number, now)
    watch = watch_frame(around, *(problem.camera for problem in page.problems))
    banner, tree = (delta.banner, delta.tree) if delta else (around.banner, around.tree)
    url = problem_address.poll(query, watch)
    answer = _draw(Delta(watch, banner, tree), "live/problems.html", url, wanted=query, page=page, frame=around)
    return toast(answer, "ok", said) if said else answer


def _sight() -> Scope:
    return access.scope("cameras:read")


@dataclass(frozen=True, slots=True)
class Asked:
    """A check that somebody waits for: until the camera has been tried again, or patience runs out."""

    tried: int
    """When the camera had last been tried at the time of asking, in epoch milliseconds; 0 never."""
    until: int

    @classmethod
    def now(cls, camera: Camera) -> Asked:
        return cls(_tried(camera), int((utc_now() + CHECK_PATIENCE).timestamp()))

    @classmethod
    def read(cls) -> Asked | None:
        tried, until = (request.args.get(name, type=int) for name in ("tried", "until"))
        return None if tried is None or until is None else cls(tried, until)

    def is_answered_by(self, camera: Camera) -> bool:
        return _tried(camera) != self.tried

    def is_open(self, camera: Camera) -> bool:
        return not self.is_answered_by(camera) and utc_now().timestamp() < self.until


def _tried(camera: Camera) -> int:
    return int(camera.tried_at.timestamp() * 1000) if camera.tried_at else 0


def draw_checking(camera: Camera, around: Frame) -> Response:
    """The camera's page while a check that was just asked for is under way; `around` was read before the camera."""
    delta = Delta(watch_frame(around, camera), around.banner, around.tree)
    return _draw_camera(camera, delta, Asked.now(camera))


def _draw_camera(camera: Camera, delta: Delta, asked: Asked | None = None) -> Response:
    url = grid_address.poll_camera(camera.id, delta.watch, **(asdict(asked) if asked else {}))
    page = camera_page.open_page(camera, utc_now())
    place = camera.group_id or ALL
    return _draw(
        delta, "live/camera.html", url, page=page, place=place, asked=asked, pace=CLOSELY_MS if asked else pace()
    )


def _draw(delta: Delta, template: str, poll_url: str, query: GridQuery | None = None, **context: Any) -> Response:
    context = {"place": (query.group_id or ALL) if query else "", "pace": pace(), "query": query} | context
    return make_response(render_template(template, delta=delta, tree=delta.tree, poll_url=poll_url, **context))


@pages.get("/connection-tests/<test_id>")
@access.requires("cameras:write")
def connection_test(test_id: str) -> str:
    """The steps so far; the last answer no longer asks for another."""
    return render_template("connection_tests/_test.html", test=access.own_connection_test(test_id))
