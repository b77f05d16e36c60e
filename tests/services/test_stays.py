"""How long a camera stayed in which status, in spans that end now, long ago, or begin before it was there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from webapp.extensions import db
from webapp.models import Camera, StatusChange
from webapp.services import stays

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
Make = Callable[..., Camera]


@pytest.fixture
def camera(make_camera: Make) -> Camera:
    """Live for a month, offline from ten to nine hours ago, unknown from five to four."""
    made = make_camera(status="live", created_at=NOW - 700 * HOUR, next_due_at=NOW + HOUR)
    steps = ((10, "live", "offline", "timeout"), (9, "offline", "live", "online"))
    steps += ((5, "live", "unknown", "skipped"), (4, "unknown", "live", "online"))  # type: ignore[assignment]
    for ago, old, new, reason in steps:
        db.session.add(StatusChange(camera_id=made.id, at=NOW - ago * HOUR, old=old, new=new, reason=reason))
    db.session.commit()
    return made


def told(camera: Camera, begin: float, end: float) -> list[tuple[float, float, str, str | None]]:
    """Hours ago from, hours ago to, status, reason."""
    found = stays.of_camera(camera, NOW - begin * HOUR, NOW - end * HOUR, NOW)
    hours = [((NOW - stay.start) / HOUR, (NOW - stay.end) / HOUR) for stay in found]
    return [(*h, s.status, s.change.reason if s.change else None) for h, s in zip(hours, found, strict=True)]


def test_every_stay_knows_what_began_it(camera: Camera) -> None:
    assert told(camera, 24, 0) == [
        (24, 10, "live", None),
        (10, 9, "offline", "timeout"),
        (9, 5, "live", "online"),
        (5, 4, "unknown", "skipped"),
        (4, 0, "live", "online"),
    ]


def test_a_span_within_an_outage_knows_why_it_began(camera: Camera) -> None:
    assert told(camera, 9.75, 9.25) == [(9.75, 9.25, "offline", "timeout")]


def test_a_span_before_all_changes_was_what_the_first_of_them_ended(camera: Camera) -> None:
    assert told(camera, 400, 300) == [(400, 300, "live", None)]


def test_a_year_without_data_is_empty_before_the_camera_was_there(camera: Camera) -> None:
    assert told(camera, 9000, 8000) == []
    assert told(camera, 9000, 690) == [(700, 690, "live", None)]


def test_the_past_is_not_what_is_now(camera: Camera) -> None:
    camera.is_active, camera.next_due_at = False, NOW - HOUR
    db.session.add(StatusChange(camera_id=camera.id, at=NOW - HOUR, old="live", new="disabled"))
    db.session.commit()
    assert told(camera, 4, 2) == [(4, 2, "live", "online")]
