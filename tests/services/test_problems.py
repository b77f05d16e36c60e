"""The problems page: what is on it, in which order, what is counted, and what people say of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.services.test_outages import history
from webapp.extensions import db
from webapp.models import AuditEntry, Camera, CameraGroup, Role, Status, StatusChange, User, new_id
from webapp.outcomes import Outcome
from webapp.schemas import InvalidInput, MuteInput
from webapp.services import groups, problem_acts, problems
from webapp.services.outages import pair
from webapp.services.problem_acts import GoneMeanwhile
from webapp.services.problem_queries import begun_by
from webapp.services.problems import FLAPPING, Problem, ProblemFilter
from webapp.services.reasons import Slowness
from webapp.services.rights import EVERYTHING, Scope

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALL = ProblemFilter(EVERYTHING)
FOR_AN_HOUR = MuteInput(span="hour", reason="power cut")

pytestmark = pytest.mark.usefixtures("either_app")


def add(name: str, status: str = "offline", minutes: int = 30, **fields: Any) -> Camera:
    """A camera that took this status so many minutes ago, and the change that says so."""
    since = NOW - minutes * MINUTE
    known = {"id": new_id(), "name": name, "rtsp_url": "rtsp://10.0.0.1/a", "status": status, "status_since": since}
    camera = Camera(**(known | {"outcome": "timeout", "next_due_at": NOW + MINUTE} | fields))
    change = StatusChange(camera_id=camera.id, at=since, old="live", new=status, reason="timeout")
    db.session.add(camera)
    db.session.flush()
    db.session.add(change)
    db.session.commit()
    return camera


def group(name: str, parent: CameraGroup | None = None) -> CameraGroup:
    found = CameraGroup(name=name, parent_id=parent.id if parent else None)
    db.session.add(found)
    db.session.commit()
    return found


@pytest.fixture
def ada() -> User:
    user = User(email="ada@example.com", name="Ada", role=Role.OPERATOR, password_hash="x")
    db.session.add(user)
    db.session.commit()
    return user


def names(wanted: ProblemFilter = ALL, now: datetime = NOW) -> list[str]:
    return [problem.camera.name for problem in problems.open_problems(wanted, 1, now).problems]


def only(name: str, now: datetime = NOW) -> Problem:
    (found,) = [one for one in problems.open_problems(ALL, 1, now).problems if one.camera.name == name]
    return found


def counted(now: datetime = NOW, scope: Scope = EVERYTHING) -> int:
    return groups.tree(now, scope).problems


def test_the_worst_come_first_and_of_those_the_newest() -> None:
    add("old", minutes=90)
    add("blurred", "degraded", 1)
    add("new", minutes=5)
    add("fine", "live")
    assert names() == ["new", "old", "blurred"]
    assert counted() == 3


def test_a_problem_tells_since_when_and_why() -> None:
    add("gate", outcome="refused", minutes=12)
    slow = add("slow", "degraded", 3, outcome="online", slow_checks=3, latency_ms=2300.0)
    gate = only("gate")
    assert (gate.since, gate.severity, gate.reason) == (NOW - 12 * MINUTE, Status.OFFLINE, Outcome.REFUSED)
    assert only(slow.name).reason is Slowness.HIGH_LATENCY


def test_what_is_switched_off_or_worked_on_is_no_problem() -> None:
    add("off", is_active=False)
    add("worked on", maintenance_until=NOW + MINUTE)
    add("just over", maintenance_until=NOW - MINUTE)
    assert (names(), counted()) == ([], 0)


def test_a_camera_that_nobody_checks_any_more_keeps_its_problem() -> None:
    add("gate", next_due_at=NOW - timedelta(hours=3))
    assert (names(), counted()) == (["gate"], 1)


def test_what_the_history_no_longer_holds_is_listed_all_the_same() -> None:
    camera = add("gate", minutes=12)
    db.session.execute(db.delete(StatusChange))
    db.session.commit()
    found = only(camera.name)
    assert (found.since, found.change_id, counted()) == (NOW - 12 * MINUTE, None, 1)


def test_the_list_is_of_what_its_reader_may_see() -> None:
    yard, hall = group("Yard"), group("Hall")
    add("mine", group_id=yard.id)
    add("foreign", group_id=hall.id)
    scope = Scope(frozenset({yard.id}))
    assert names(ProblemFilter(scope)) == ["mine"]
    assert counted(scope=scope) == 1


def test_it_is_filtered_by_group_severity_and_what_people_said(ada: User) -> None:
    yard = group("Yard")
    known, hushed = add("known", minutes=3), add("hushed", "degraded", 2)
    add("plain", "degraded", 1, group_id=yard.id)
    problem_acts.acknowledge(only(known.name).change_id or "", known, None, ada, NOW)
    problem_acts.mute(hushed, FOR_AN_HOUR, ada, NOW)
    assert names(ProblemFilter(EVERYTHING, group_ids=(yard.id,))) == ["plain"]
    assert names(ProblemFilter(EVERYTHING, severity=Status.DEGRADED)) == ["plain", "hushed"]
    assert names(ProblemFilter(EVERYTHING, is_acknowledged=True)) == ["known"]
    assert names(ProblemFilter(EVERYTHING, is_acknowledged=False)) == ["plain", "hushed"]
    assert names(ProblemFilter(EVERYTHING, is_muted=True)) == ["hushed"]
    assert names(ProblemFilter(EVERYTHING, is_muted=False)) == ["known", "plain"]
    assert counted() == 1


def test_who_knows_of_a_problem_is_kept_until_it_ends(ada: User) -> None:
    camera = add("gate")
    problem_acts.acknowledge(only("gate").change_id or "", camera, "power cut", ada, NOW)
    known = only("gate").acknowledged
    assert known is not None
    assert (known.who, known.reason, counted()) == ("Ada", "power cut", 0)
    changes = [("live", 2), ("offline", 4)]
    for status, minute in changes:
        at = NOW + minute * MINUTE
        db.session.add(StatusChange(camera_id=camera.id, at=at, old=camera.status, new=status))
        camera.status, camera.status_since = status, at
    db.session.commit()
    later = NOW + 5 * MINUTE
    assert only("gate", later).acknowledged is None
    assert counted(later) == 1


def test_saying_it_twice_keeps_the_newer_word_and_both_are_audited(ada: User) -> None:
    camera = add("gate")
    change_id = only("gate").change_id or ""
    problem_acts.acknowledge(change_id, camera, "power cut", ada, NOW)
    problem_acts.acknowledge(change_id, camera, "cable", ada, NOW + MINUTE)
    assert problem_acts.take_back(change_id, camera, NOW + 2 * MINUTE)
    assert not problem_acts.take_back(change_id, camera, NOW + 3 * MINUTE)
    acts = [entry.action for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.at))]
    assert acts == ["problem.acknowledge", "problem.acknowledge", "problem.unacknowledge"]
    assert counted() == 1


def test_a_camera_that_is_deleted_meanwhile_cannot_be_acknowledged(ada: User) -> None:
    camera = add("gate")
    change_id = only("gate").change_id or ""
    db.session.delete(camera)
    db.session.commit()
    with pytest.raises(GoneMeanwhile):
        problem_acts.acknowledge(change_id, camera, None, ada, NOW)
    with pytest.raises(GoneMeanwhile):
        problem_acts.mute(camera, FOR_AN_HOUR, ada, NOW)


def test_a_muted_group_mutes_all_beneath_it_until_it_ends(ada: User) -> None:
    yard = group("Yard")
    gate = group("Gate", yard)
    add("inside", group_id=gate.id)
    add("outside")
    problem_acts.mute(yard, FOR_AN_HOUR, ada, NOW)
    assert counted() == 1
    found = only("inside").muted
    assert found is not None
    assert (found.until, found.who, found.reason, found.group_id) == (NOW + 60 * MINUTE, "Ada", "power cut", yard.id)
    assert only("outside").muted is None
    assert counted(NOW + 61 * MINUTE) == 2


def test_an_open_page_learns_when_a_mute_ends(ada: User) -> None:
    camera = add("gate", next_due_at=NOW + timedelta(days=1))
    problem_acts.mute(camera, FOR_AN_HOUR, ada, NOW)
    assert groups.tree(NOW, EVERYTHING).turns_at == NOW + 60 * MINUTE


def test_muting_again_replaces_and_unmuting_ends_it(ada: User) -> None:
    camera = add("gate")
    problem_acts.mute(camera, FOR_AN_HOUR, ada, NOW)
    problem_acts.mute(camera, MuteInput(span="four_hours", reason="roof work"), ada, NOW + MINUTE)
    found = only("gate").muted
    assert found is not None
    assert (found.until, found.reason) == (NOW + 241 * MINUTE, "roof work")
    assert problem_acts.unmute(camera, NOW + 2 * MINUTE)
    assert not problem_acts.unmute(camera, NOW + 3 * MINUTE)
    assert counted(NOW + 3 * MINUTE) == 1


@pytest.mark.parametrize("until", ["2026-11-22T11:00:00Z", "2028-01-01T00:00:00Z", "soon"])
def test_a_mute_ends_at_a_sensible_moment(ada: User, until: str) -> None:
    with pytest.raises(InvalidInput):
        problem_acts.mute(add("gate"), MuteInput(span="moment", until=until, reason="x"), ada, NOW)


def test_a_flapping_camera_is_one_line_also_while_it_is_up(ada: User) -> None:
    camera = add("gate", minutes=40, flapping_since=NOW - 10 * MINUTE)
    problem_acts.acknowledge(only("gate").change_id or "", camera, None, ada, NOW)
    for minutes, status in ((20, "live"), (15, "offline"), (10, "live"), (5, "offline"), (2, "live")):
        at, old = NOW - minutes * MINUTE, camera.status
        db.session.add(StatusChange(camera_id=camera.id, at=at, old=old, new=status))
        camera.status, camera.status_since = status, at
    db.session.commit()
    found = only("gate")
    assert (found.since, found.severity, found.reason) == (NOW - 10 * MINUTE, Status.OFFLINE, FLAPPING)
    began = db.session.get(StatusChange, found.change_id)
    assert began is not None
    assert (began.new, began.at) == ("offline", NOW - 15 * MINUTE)


STATUSES = [status.value for status in Status]


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STATUSES), max_size=12))
def test_the_query_finds_what_pairing_finds(make_camera: Callable[..., Camera], statuses: list[str]) -> None:
    moves = [new for old, new in zip(["live", *statuses], statuses, strict=False) if old != new]
    known = [status for status in moves if status in ("live", "degraded", "offline")]
    camera = make_camera(status=known[-1] if known else "live")
    changes = history(*enumerate(moves), camera_id=camera.id)
    db.session.add_all(changes)
    db.session.commit()
    found = db.session.scalar(select(begun_by()).select_from(Camera).where(Camera.id == camera.id))
    open_now = [outage for outage in pair(changes) if outage.is_open]
    if open_now:
        assert found == open_now[0].change_id
    db.session.delete(camera)
    db.session.commit()
