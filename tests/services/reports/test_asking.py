"""Asking for reports, and whose eyes they are for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.services.reports.conftest import NOW, Fleet, given, scope_of
from webapp.extensions import db
from webapp.models import AuditEntry, Camera, CameraGroup, Report, Role, User
from webapp.schemas import InvalidInput
from webapp.services.reports import asking, reading
from webapp.services.reports.reading import Reader
from webapp.services.rights import EVERYTHING, NOTHING


def test_without_a_day_it_is_the_last_period_that_is_over(person: User) -> None:
    report = asking.create(person, given(), EVERYTHING, NOW)
    assert asking.period_of(report).title == "Week of 16 November 2026"
    assert (report.name, report.scope) == ("All cameras", None)


def test_it_is_called_after_its_group_or_as_one_likes(person: User, fleet: Fleet) -> None:
    assert asking.create(person, given(group_id=fleet.gate.id), EVERYTHING, NOW).name == "Gate"
    assert asking.create(person, given(name="For the board"), EVERYTHING, NOW).name == "For the board"


def test_it_runs_again_for_the_next_period(person: User) -> None:
    first = asking.create(person, given(name="For the board"), EVERYTHING, NOW)
    second = asking.again(first, person, EVERYTHING, NOW)
    assert asking.period_of(second).title == "Week of 23 November 2026"
    assert second.name == "For the board"
    assert not asking.has_next(second, NOW)
    with pytest.raises(InvalidInput, match="Week of 30 November 2026 has not begun yet"):
        asking.again(second, person, EVERYTHING, NOW)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"period": "day", "day": "2026-11-26"}, "26 November 2026 has not begun yet"),
        ({"group_id": "00000000-0000-0000-0000-000000000000"}, "There is no such group"),
    ],
)
def test_what_cannot_be_is_refused(person: User, fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        asking.create(person, given(**fields), EVERYTHING, NOW)
    assert db.session.query(Report).count() == 0


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"period": "custom", "day": "2026-11-01"}, "the first and the last day"),
        ({"period": "custom", "day": "2026-11-02", "until": "2026-11-01"}, "lies before the first"),
        ({"period": "custom", "day": "2025-11-02", "until": "2026-11-03"}, "At most 366 days"),
        ({"time_zone": "Mars/Olympus"}, "no such time zone"),
        ({"day": "0001-01-01"}, "of this century"),
    ],
)
def test_a_period_that_is_none_is_refused(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        given(**fields)


def test_whoever_may_see_no_camera_gets_no_report(person: User) -> None:
    with pytest.raises(InvalidInput, match="may not see any camera"):
        asking.create(person, given(), NOTHING, NOW)


def test_a_group_out_of_sight_is_not_there(person: User, fleet: Fleet) -> None:
    with pytest.raises(InvalidInput, match="There is no such group"):
        asking.create(person, given(group_id=fleet.site.id), scope_of(fleet.gate), NOW)


def test_making_and_deleting_is_audited(person: User, fleet: Fleet) -> None:
    report = asking.create(person, given(group_id=fleet.gate.id), EVERYTHING, NOW)
    asking.delete(report, NOW)
    told = [(entry.action, entry.subject) for entry in db.session.query(AuditEntry).order_by(AuditEntry.at)]
    assert sorted(told) == [
        ("report.create", "Gate, Week of 16 November 2026"),
        ("report.delete", "Gate, Week of 16 November 2026"),
    ]


class TestWhoMayRead:
    @pytest.fixture
    def stranger(self, make_user: Callable[..., User]) -> User:
        return make_user(Role.VIEWER)

    def test_a_groups_report_is_for_whoever_may_see_the_group(self, person: User, stranger: User, fleet: Fleet) -> None:
        report = asking.create(person, given(group_id=fleet.gate.id), EVERYTHING, NOW)
        assert reading.load(report.id, Reader(stranger, scope_of(fleet.gate))) is report
        assert reading.load(report.id, Reader(stranger, NOTHING)) is None
        assert reading.load(report.id, Reader(person, NOTHING)) is None, "the rights of now count"

    def test_one_about_everything_is_for_its_maker_and_administrators(
        self, person: User, stranger: User, make_user: Callable[..., User]
    ) -> None:
        report = asking.create(person, given(), EVERYTHING, NOW)
        assert reading.load(report.id, Reader(stranger, EVERYTHING)) is None
        assert reading.load(report.id, Reader(person, EVERYTHING)) is report
        assert reading.load(report.id, Reader(make_user(Role.ADMIN), EVERYTHING)) is report

    def test_its_maker_reads_it_only_while_all_of_it_may_be_seen(self, person: User, fleet: Fleet) -> None:
        report = asking.create(person, given(), scope_of(fleet.site, fleet.gate), NOW)
        assert reading.load(report.id, Reader(person, scope_of(fleet.site, fleet.gate)))
        assert reading.load(report.id, Reader(person, scope_of(fleet.gate))) is None

    def test_a_group_that_is_gone_shuts_nobody_out(self, person: User, fleet: Fleet) -> None:
        report = asking.create(person, given(), scope_of(fleet.site, fleet.gate), NOW)
        db.session.query(Camera).update({"group_id": None})
        db.session.query(CameraGroup).filter_by(id=fleet.gate.id).delete()
        db.session.commit()
        assert reading.load(report.id, Reader(person, scope_of(fleet.site)))

    def test_the_list_shows_what_may_be_read(self, person: User, stranger: User, fleet: Fleet) -> None:
        asking.create(person, given(), EVERYTHING, NOW)
        asking.create(person, given(group_id=fleet.gate.id), EVERYTHING, NOW)
        asking.create(person, given(group_id=fleet.site.id), EVERYTHING, NOW)

        def names(user: User, *groups: CameraGroup) -> set[str]:
            return {line.report.name for line in reading.listed(Reader(user, scope_of(*groups)), 1)[0]}

        assert names(person) == {"All cameras", "Gate", "Site"}
        assert names(stranger) == {"Gate", "Site"}
        assert names(stranger, fleet.gate) == {"Gate"}
        assert names(person, fleet.gate) == {"Gate"}
