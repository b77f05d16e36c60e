"""Writing a batch's readings down, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from webapp.extensions import db
from webapp.models import OUTCOME_CODES, Camera, CameraGroup, CameraHealth, Status, StatusChange, new_id
from webapp.outcomes import Outcome, Reading
from webapp.services.outages import pair
from webapp.services.pace import next_slot
from webapp.services.readings import record, record_skipped
from webapp.services.shown import shown_status
from webapp.services.sweep_plan import Claim, claim

TICK = datetime(2026, 11, 22, 5, 42, tzinfo=UTC)
NOW = TICK + timedelta(seconds=3)
MINUTE = timedelta(minutes=1)
GOOD = Reading(
    NOW,
    Outcome.ONLINE,
    connect_ms=1.0,
    options_ms=2.0,
    describe_ms=4.0,
    frame_ms=310.0,
    codec="h264",
    width=1280,
    height=720,
    fps=14.9,
    fps_source="measured",
)
BAD = Reading(NOW, Outcome.TIMEOUT, "No answer to DESCRIBE within 5 s.", connect_ms=1.0)

pytestmark = pytest.mark.usefixtures("either_app")


def add(**fields: object) -> str:
    usual = {"next_due_at": TICK, "rtsp_url": "rtsp://10.20.4.14/stream1", "name": "Gate", "status_since": TICK}
    camera = Camera(**{"id": new_id(), **usual, **fields})
    db.session.add(camera)
    db.session.commit()
    return camera.id


def claimed(ids: Sequence[str], tick: datetime = TICK) -> list[Claim]:
    return claim(ids, tick, tick + timedelta(seconds=3), force=True)


def write(camera_id: str, *readings: Reading) -> None:
    """One reading a minute, from TICK on."""
    for minute, reading in enumerate(readings):
        tick = TICK + minute * MINUTE
        found = [(claim, replace(reading, at=tick + timedelta(seconds=3))) for claim in claimed([camera_id], tick)]
        record(tick, found)


def stored(camera_id: str) -> Camera:
    camera = db.session.get(Camera, camera_id, populate_existing=True)
    assert camera is not None
    db.session.commit()
    return camera


def health() -> list[CameraHealth]:
    return list(db.session.scalars(select(CameraHealth).order_by(CameraHealth.tick)))


def changes() -> list[tuple[str, str, str | None]]:
    return [(c.old, c.new, c.reason) for c in db.session.scalars(select(StatusChange).order_by(StatusChange.at))]


def test_a_good_reading_makes_the_camera_live() -> None:
    camera_id = add()
    write(camera_id, GOOD)
    camera = stored(camera_id)
    assert (camera.status, camera.outcome, camera.status_since) == (Status.LIVE, Outcome.ONLINE, NOW)
    assert (camera.checked_at, camera.last_connected, camera.next_due_at) == (NOW, NOW, TICK + MINUTE)
    assert (camera.latency_ms, camera.actual_codec, camera.actual_resolution) == (7.0, "h264", "1280x720")
    assert (camera.actual_fps, camera.fps_source) == (14.9, "measured")
    assert camera.phases == {
        "dns_ms": None,
        "connect_ms": 1.0,
        "options_ms": 2.0,
        "describe_ms": 4.0,
        "frame_ms": 310.0,
    }
    assert camera.claimed_until is None


def test_a_failure_leaves_what_it_does_not_tell() -> None:
    camera_id = add()
    write(camera_id, GOOD, BAD)
    camera = stored(camera_id)
    assert (camera.outcome, camera.detail, camera.latency_ms) == (BAD.outcome, BAD.detail, 1.0)
    assert (camera.last_connected, camera.actual_codec, camera.actual_fps) == (NOW, "h264", 14.9)
    assert camera.checked_at == NOW + MINUTE


def test_history_gets_one_compact_row() -> None:
    camera_id = add()
    write(camera_id, GOOD)
    [row] = health()
    assert (row.camera_id, row.tick, row.last_check) == (camera_id, TICK, NOW)
    assert (row.outcome, row.is_connected, row.latency_ms) == (OUTCOME_CODES[Outcome.ONLINE], True, 7.0)
    assert (row.frame_ms, row.fps_actual) == (310.0, pytest.approx(14.9))


def test_two_checks_in_one_tick_leave_one_row_the_later() -> None:
    camera_id = add()
    record(TICK, [(claim, GOOD) for claim in claimed([camera_id])])
    record(TICK, [(claim, BAD) for claim in claimed([camera_id])])
    [row] = health()
    assert row.outcome == OUTCOME_CODES[Outcome.TIMEOUT]


def test_a_result_written_twice_counts_once() -> None:
    camera_id = add()
    found = [(claim, BAD) for claim in claimed([camera_id])]
    record(TICK, found)
    assert record(TICK, found).readings == {}
    assert len(health()) == 1
    assert stored(camera_id).failures == 1


def test_every_change_of_status_is_kept_with_its_reason() -> None:
    write(add(), GOOD, BAD, BAD, BAD, GOOD)
    assert changes() == [
        ("idle", "live", "online"),
        ("live", "offline", "timeout"),
        ("offline", "live", "online"),
    ]


def test_it_says_whether_a_status_changed() -> None:
    camera_id = add()
    assert record(TICK, [(claim, GOOD) for claim in claimed([camera_id])]).status_changed
    assert not record(TICK, [(claim, GOOD) for claim in claimed([camera_id])]).status_changed


def test_our_own_fault_shows_its_reason_and_changes_nothing_else() -> None:
    camera_id = add()
    write(camera_id, GOOD)
    before = stored(camera_id)
    unchanged = ("status", "outcome", "detail", "failures", "checked_at", "latency_ms", "next_due_at")
    before_fields = [getattr(before, name) for name in unchanged]
    ours = Reading(NOW + MINUTE, Outcome.INTERNAL_ERROR, "The stored password cannot be read.")
    record(TICK + MINUTE, [(claim, ours) for claim in claimed([camera_id], TICK + MINUTE)])
    camera = stored(camera_id)
    assert (camera.fault, camera.tried_at) == (ours.detail, ours.at)
    assert [getattr(camera, name) for name in unchanged] == before_fields
    assert [row.is_connected for row in health()] == [True, False]


def test_the_next_reading_of_the_camera_ends_our_fault() -> None:
    camera_id = add()
    write(camera_id, Reading(NOW, Outcome.INTERNAL_ERROR), BAD)
    camera = stored(camera_id)
    assert (camera.fault, camera.outcome, camera.tried_at) == (None, BAD.outcome, camera.checked_at)


def test_an_offline_camera_keeps_its_reason_while_the_fault_is_ours() -> None:
    camera_id = add()
    write(camera_id, BAD, BAD, Reading(NOW, Outcome.INTERNAL_ERROR))
    camera = stored(camera_id)
    assert (camera.status, camera.outcome, camera.detail) == (Status.OFFLINE, BAD.outcome, BAD.detail)
    assert camera.fault == Outcome.INTERNAL_ERROR.sentence


def test_a_camera_deleted_during_its_check_stays_deleted() -> None:
    kept, deleted = add(), add()
    found = [(claim, GOOD) for claim in claimed([kept, deleted])]
    db.session.delete(db.session.get(Camera, deleted))
    db.session.commit()
    assert set(record(TICK, found).readings) == {kept}
    assert [row.camera_id for row in health()] == [kept]
    assert db.session.get(Camera, deleted) is None


@pytest.mark.parametrize("change", [{"version": 2, "rtsp_url": "rtsp://10.0.0.9/new"}, {"is_active": False}])
def test_a_camera_changed_during_its_check_drops_the_result_and_is_free_again(change: dict[str, object]) -> None:
    camera_id = add()
    found = [(claim, GOOD) for claim in claimed([camera_id])]
    db.session.execute(update(Camera).where(Camera.id == camera_id).values(**change))
    db.session.commit()
    assert record(TICK, found).readings == {}
    camera = stored(camera_id)
    assert (camera.status, camera.outcome, camera.claimed_until) == (Status.IDLE, None, None)
    assert health() == []


def test_a_worker_that_comes_too_late_does_not_write_over_the_one_that_took_over() -> None:
    camera_id = add()
    late = [(claim, BAD) for claim in claimed([camera_id])]
    taken_over = [(claim, GOOD) for claim in claimed([camera_id], TICK + MINUTE)]
    assert record(TICK, late).readings == {}
    assert set(record(TICK + MINUTE, taken_over).readings) == {camera_id}
    assert stored(camera_id).status == Status.LIVE


def test_a_long_detail_is_cut_to_what_the_row_holds() -> None:
    camera_id = add()
    write(camera_id, replace(BAD, detail="x" * 1000))
    assert stored(camera_id).detail == "x" * 300


def test_few_measured_frames_make_it_degraded() -> None:
    camera_id = add(fps=15.0)
    write(camera_id, replace(GOOD, fps=5.0))
    assert stored(camera_id).status == Status.DEGRADED


def test_a_claimed_frame_rate_never_replaces_a_measured_one() -> None:
    camera_id = add()
    claimed_only = replace(GOOD, fps=25.0, fps_source="claimed")
    write(camera_id, claimed_only)
    assert (stored(camera_id).actual_fps, stored(camera_id).fps_source) == (25.0, "claimed")
    write(camera_id, GOOD, claimed_only)
    assert (stored(camera_id).actual_fps, stored(camera_id).fps_source) == (14.9, "measured")
    assert [row.fps_actual for row in health()] == [pytest.approx(14.9), None]


def test_the_next_check_follows_the_back_off() -> None:
    camera_id = add()
    write(camera_id, replace(BAD, outcome=Outcome.AUTH_FAILED), replace(BAD, outcome=Outcome.AUTH_FAILED))
    assert stored(camera_id).next_due_at == TICK + MINUTE + 5 * MINUTE


def test_the_next_check_keeps_to_the_interval_of_the_group() -> None:
    group = CameraGroup(name="Site A", check_interval_seconds=3600)
    db.session.add(group)
    db.session.commit()
    camera_id, own = add(group_id=group.id), add(group_id=group.id, check_interval_seconds=10)
    write(camera_id, GOOD)
    write(own, GOOD)
    assert stored(camera_id).next_due_at == next_slot(camera_id, TICK, timedelta(hours=1))
    assert stored(own).next_due_at == TICK + MINUTE


def test_a_camera_of_a_long_interval_is_believed_until_its_own_check_is_overdue() -> None:
    camera_id = add(id="00000000-0000-4000-8000-000000000001", check_interval_seconds=86400)
    write(camera_id, GOOD)
    camera = stored(camera_id)
    due = camera.next_due_at
    assert due > TICK + 60 * MINUTE
    assert shown_status(camera, due) is Status.LIVE
    assert shown_status(camera, due + 3 * MINUTE) is Status.UNKNOWN


def test_nothing_that_happens_during_maintenance_is_an_outage() -> None:
    camera_id = add(status="live", maintenance_until=TICK + 2.5 * MINUTE)
    write(camera_id, BAD, BAD, BAD)
    assert (stored(camera_id).status, changes()) == (Status.OFFLINE, [])


def test_the_first_check_after_maintenance_tells_when_it_ended_and_what_is_found() -> None:
    ended = TICK + 1.5 * MINUTE
    camera_id = add(status="live", maintenance_until=ended)
    write(camera_id, GOOD, GOOD, GOOD, GOOD)
    assert stored(camera_id).maintenance_until is None
    [change] = db.session.scalars(select(StatusChange))
    assert (change.at, change.old, change.new) == (ended, "maintenance", "live")


def test_a_camera_that_is_down_after_maintenance_is_down_from_its_end_on() -> None:
    camera_id = add(status="live", maintenance_until=TICK + 2.5 * MINUTE)
    write(camera_id, BAD, BAD, BAD, BAD, GOOD)
    assert changes() == [("maintenance", "offline", None), ("offline", "live", "online")]


def test_one_that_was_lost_during_maintenance_is_unknown_from_its_end_on() -> None:
    camera_id = add(status="live", next_due_at=TICK - 60 * MINUTE, maintenance_until=TICK - 30 * MINUTE)
    write(camera_id, GOOD)
    assert changes() == [("maintenance", "unknown", "skipped"), ("unknown", "live", "online")]


def test_a_fault_of_ours_does_not_end_maintenance_in_the_history() -> None:
    camera_id = add(status="live", maintenance_until=TICK)
    write(camera_id, Reading(NOW, Outcome.INTERNAL_ERROR))
    assert (stored(camera_id).maintenance_until, changes()) == (TICK, [])


def test_a_skipped_tick_is_noted_and_judges_nobody() -> None:
    due, disabled = add(), add(is_active=False)
    assert record_skipped(TICK, [due, disabled, new_id()]) == 1
    [row] = health()
    assert (row.camera_id, row.outcome) == (due, OUTCOME_CODES[Outcome.SKIPPED])
    assert stored(due).status == Status.IDLE


def test_skipping_never_overwrites_a_real_reading() -> None:
    camera_id = add()
    record(TICK, [(claim, replace(GOOD, at=NOW)) for claim in claimed([camera_id])])
    db.session.execute(update(Camera).values(next_due_at=TICK))
    db.session.commit()
    assert record_skipped(TICK, [camera_id]) == 0
    assert [row.outcome for row in health()] == [OUTCOME_CODES[Outcome.ONLINE]]


def test_an_empty_batch_writes_nothing() -> None:
    assert record(TICK, []).readings == {}
    assert health() == []


def test_the_time_in_which_nothing_was_known_becomes_history_when_readings_come_back() -> None:
    camera_id = add(status=Status.LIVE)
    later = TICK + timedelta(hours=1)
    reading = replace(GOOD, at=later + timedelta(seconds=3))
    record(later, [(found, reading) for found in claimed([camera_id], later)])
    changes = db.session.scalars(select(StatusChange).order_by(StatusChange.at)).all()
    assert [(c.old, c.new, c.reason) for c in changes] == [
        ("live", "unknown", Outcome.SKIPPED),
        ("unknown", "live", Outcome.ONLINE),
    ]
    assert TICK + MINUTE < changes[0].at < TICK + 5 * MINUTE
    assert changes[1].at == reading.at


def test_our_own_fault_does_not_end_the_time_in_which_nothing_is_known() -> None:
    camera_id = add(status=Status.LIVE)
    later = TICK + timedelta(hours=1)
    reading = Reading(later, Outcome.INTERNAL_ERROR)
    record(later, [(found, reading) for found in claimed([camera_id], later)])
    assert db.session.scalars(select(StatusChange)).all() == []


def slow(ms: float) -> Reading:
    return replace(GOOD, connect_ms=ms)


def test_a_camera_that_answers_too_slowly_three_times_is_degraded_and_the_history_says_why() -> None:
    camera_id = add()
    write(camera_id, GOOD, slow(2000), slow(2000), slow(2000))
    assert (stored(camera_id).status, stored(camera_id).slow_checks) == (Status.DEGRADED, 3)
    last = db.session.scalars(select(StatusChange).order_by(StatusChange.at.desc())).first()
    assert last is not None
    assert (last.new, last.finding, last.reason) == ("degraded", "high_latency", "online")


def test_few_frames_are_told_in_the_history() -> None:
    camera_id = add(fps=15.0)
    write(camera_id, replace(GOOD, fps=5.0))
    assert [change.finding for change in db.session.scalars(select(StatusChange))] == ["low_fps"]


def up_and_down(camera_id: str, times: int) -> bool:
    """Whether pages were told with the last of these minutes to count anew."""
    told = False
    for minute in range(times):
        tick = TICK + minute * MINUTE
        reading = replace(GOOD if minute % 3 == 0 else BAD, at=tick + timedelta(seconds=3))
        told = record(tick, [(claim, reading) for claim in claimed([camera_id], tick)]).status_changed
    return told


def test_a_camera_that_goes_up_and_down_is_flapping() -> None:
    camera_id = add(status="live")
    up_and_down(camera_id, 6)
    assert stored(camera_id).flapping_since is None
    assert up_and_down(camera_id, 9)
    assert stored(camera_id).flapping_since == TICK + 5 * MINUTE + timedelta(seconds=3)
    assert len(stored(camera_id).flips) == 4


def test_in_maintenance_nothing_flaps() -> None:
    camera_id = add(status="live", maintenance_until=TICK + timedelta(hours=2))
    up_and_down(camera_id, 15)
    assert (stored(camera_id).flapping_since, stored(camera_id).flips) == (None, [])


def at_minute(camera_id: str, minute: int, reading: Reading) -> None:
    tick = TICK + minute * MINUTE
    record(tick, [(c, replace(reading, at=tick + timedelta(seconds=3))) for c in claimed([camera_id], tick)])


@pytest.mark.parametrize("jump", [-60, 60])
def test_a_clock_that_jumps_an_hour_keeps_the_order_of_what_happened(jump: int) -> None:
    camera_id = add(status="live")
    for minute, reading in ((0, GOOD), (1, BAD), (2, BAD), (3 + jump, GOOD), (4 + jump, BAD), (5 + jump, BAD)):
        at_minute(camera_id, minute, reading)
    found = pair(db.session.scalars(select(StatusChange).order_by(StatusChange.at)).all())
    assert [outage.is_open for outage in found] == [False, True]
    assert all(outage.lasted(TICK + timedelta(hours=2)) >= timedelta(0) for outage in found)
    at_minute(camera_id, 6 + jump, GOOD)
    found = pair(db.session.scalars(select(StatusChange).order_by(StatusChange.at)).all())
    assert [outage.is_open for outage in found] == [False, False]


def test_a_camera_that_is_deleted_while_it_is_checked_leaves_nothing_behind() -> None:
    camera_id = add(status="live")
    taken = claimed([camera_id])
    db.session.delete(stored(camera_id))
    db.session.commit()
    assert record(TICK, [(claim, BAD) for claim in taken]).readings == {}
    assert (health(), changes()) == ([], [])


def test_a_late_result_does_not_undo_a_newer_one() -> None:
    """The batch was slow, and somebody has checked the camera by hand meanwhile."""
    camera_id = add(status="live", failures=1)
    late = claimed([camera_id])
    write(camera_id, GOOD)
    record(TICK, [(claim, BAD) for claim in late])
    assert (stored(camera_id).status, stored(camera_id).failures, changes()) == (Status.LIVE, 0, [])
