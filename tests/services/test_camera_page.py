"""The page of one camera: what happened in its last day, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from webapp.extensions import db
from webapp.models import Camera, Status, StatusChange
from webapp.outcomes import Outcome
from webapp.services.camera_page import MOST_EVENTS, open_page

NOW = datetime(2026, 11, 22, 5, 42, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Make = Callable[..., Camera]


def make(make_camera: Make, *changes: tuple[timedelta, str, str, str | None], **fields: object) -> Camera:
    """A camera of last week with changes: how long ago, old, new, reason."""
    usual = {"status": "live", "next_due_at": NOW + MINUTE, "created_at": NOW - timedelta(days=7)}
    camera = make_camera(**(usual | fields))
    for ago, old, new, reason in changes:
        db.session.add(StatusChange(camera_id=camera.id, at=NOW - ago, old=old, new=new, reason=reason))
    db.session.commit()
    return camera


def test_every_event_lasts_until_the_next_and_the_newest_until_now(make_camera: Make) -> None:
    camera = make(
        make_camera,
        (90 * MINUTE, "live", "offline", "timeout"),
        (30 * MINUTE, "offline", "live", "online"),
    )
    newest, oldest = open_page(camera, NOW).events
    assert (newest.new, newest.reason, newest.lasted, newest.is_current) == ("live", None, 30 * MINUTE, True)
    assert (oldest.new, oldest.reason, oldest.lasted, oldest.is_current) == ("offline", "timeout", 60 * MINUTE, False)


def test_what_a_person_did_has_no_reason(make_camera: Make) -> None:
    camera = make(make_camera, (MINUTE, "live", "disabled", None), is_active=False)
    [event] = open_page(camera, NOW).events
    assert event.reason is None


def test_what_is_older_than_a_day_or_of_another_camera_is_not_shown(make_camera: Make) -> None:
    camera = make(make_camera, (timedelta(hours=25), "idle", "live", "online"))
    make(make_camera, (MINUTE, "live", "offline", "timeout"))
    assert open_page(camera, NOW).events == []


def test_a_flapping_camera_shows_its_newest_events_and_counts_the_rest(make_camera: Make) -> None:
    turns = [("live", "offline", "timeout"), ("offline", "live", "online")]
    changes = [((100 - n) * MINUTE, *turns[n % 2]) for n in range(MOST_EVENTS + 7)]
    page = open_page(make(make_camera, *changes), NOW)
    assert (len(page.events), page.hidden_events) == (MOST_EVENTS, 7)
    assert page.events[0].at == NOW - (100 - MOST_EVENTS - 6) * MINUTE
    assert page.events[0].reason is Outcome.TIMEOUT


def test_the_legend_holds_what_occurs_in_the_strip(make_camera: Make) -> None:
    camera = make(make_camera, (90 * MINUTE, "live", "offline", "timeout"), status="offline")
    assert open_page(camera, NOW).statuses == [Status.LIVE, Status.OFFLINE]


def test_the_axis_has_full_hours_and_leaves_its_end_to_now(make_camera: Make) -> None:
    ticks = open_page(make(make_camera), NOW).ticks
    assert [tick.strftime("%H:%M") for tick in ticks] == [
        "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "00:00", "03:00"
    ]  # fmt: skip
    assert NOW - ticks[-1] >= 45 * MINUTE
