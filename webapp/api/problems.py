"""What is wrong right now, and saying that one knows of it."""

from __future__ import annotations

from datetime import datetime

from flask_login import current_user
from typing_extensions import TypedDict

from .. import access
from ..models import Camera, Status, StatusChange, utc_now
from ..schemas import AcknowledgementInput, InvalidInput, ProblemQuery
from ..services import groups, problem_acts, problems
from ..services.problem_acts import GoneMeanwhile
from ..services.problems import Problem, ProblemFilter
from .answers import Answer, Refused, moment, page_meta
from .camera_past import AcknowledgedShape
from .operations import operation

GONE = "There is no such problem, or it is not yours to see."


class MutedShape(TypedDict):
    until: datetime
    who: str
    reason: str


class ProblemShape(TypedDict):
    """`id` is what is acknowledged; null when the history does not reach back to its beginning."""

    id: str | None
    camera_id: str
    camera_name: str
    severity: str
    since: datetime
    outcome: str | None
    sentence: str | None
    remedy: str | None
    acknowledged: AcknowledgedShape | None
    muted: MutedShape | None


class Acknowledged(TypedDict):
    id: str
    camera_id: str
    is_acknowledged: bool


@operation("GET", "/problems", "cameras:read", query=ProblemQuery, answer=list[ProblemShape], is_paged=True)
def list_(query: ProblemQuery) -> Answer:
    """List what is wrong right now: offline before degraded, and of those the newest first."""
    now, scope = utc_now(), access.scope("cameras:read")
    wanted = ProblemFilter(
        scope=scope,
        group_ids=_beneath(query.group_id) if query.group_id else None,
        severity=Status(query.severity) if query.severity else None,
        is_acknowledged=query.is_acknowledged,
        is_muted=query.is_muted,
    )
    found = problems.open_problems(wanted, query.page, now)
    shown = found.problems if found.number == query.page else ()
    return Answer([_shape(problem) for problem in shown], page_meta(query.page, problems.PAGE_SIZE, found.total))


@operation(
    "POST",
    "/problems/<uuid:change_id>/acknowledge",
    "cameras:write",
    body=AcknowledgementInput,
    answer=Acknowledged,
    codes=(404,),
    example={"reason": "Electrician is on the way"},
)
def acknowledge(change_id: str, given: AcknowledgementInput) -> Answer:
    """Say that somebody knows of a problem: it is no longer counted. Said again, the newer word counts."""
    change, camera = _for_write(change_id)
    try:
        problem_acts.acknowledge(change.id, camera, given.reason, current_user, utc_now())
    except GoneMeanwhile:
        raise Refused(404, GONE) from None
    return Answer({"id": change.id, "camera_id": camera.id, "is_acknowledged": True})


@operation("DELETE", "/problems/<uuid:change_id>/acknowledge", "cameras:write", answer=Acknowledged, codes=(404,))
def take_back(change_id: str) -> Answer:
    """Take an acknowledgement back: the problem is counted again."""
    change, camera = _for_write(change_id)
    problem_acts.take_back(change.id, camera, utc_now())
    return Answer({"id": change.id, "camera_id": camera.id, "is_acknowledged": False})


def _beneath(group_ids: tuple[str, ...]) -> tuple[str, ...]:
    tree = groups.tree(utc_now(), access.scope("cameras:read"))
    if not set(group_ids) <= set(tree.nodes):
        raise InvalidInput({"group_id": ["There is no such group."]})
    return tuple({inner for group_id in group_ids for inner in tree.subtree_ids(group_id)})


def _for_write(change_id: str) -> tuple[StatusChange, Camera]:
    found = problem_acts.find(change_id, access.scope("cameras:read"))
    if found is None:
        raise Refused(404, GONE)
    if not access.scope("cameras:write").covers(found[1].group_id):
        raise Refused(403, "Your rights do not reach this camera.")
    return found


def _shape(found: Problem) -> dict[str, object]:
    known, muted = found.acknowledged, found.muted
    return {
        "id": found.change_id,
        "camera_id": found.camera.id,
        "camera_name": found.camera.name,
        "severity": found.severity.value,
        "since": moment(found.since),
        "outcome": found.camera.outcome,
        "sentence": found.reason.sentence if found.reason else None,
        "remedy": found.reason.remedy if found.reason else None,
        "acknowledged": known and {"who": known.who, "at": moment(known.at), "reason": known.reason},
        "muted": muted and {"until": moment(muted.until), "who": muted.who, "reason": muted.reason},
    }
