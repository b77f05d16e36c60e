"""The address of the grid: read, and written back so that it says the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from webapp.models import Status
from webapp.outcomes import Outcome
from webapp.services.grid import GridQuery
from webapp.views import grid_address
from webapp.views.grid_address import link, parse, read

GROUP, OTHER = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"


@pytest.fixture(autouse=True)
def request_context(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"):
        yield


FULL = GridQuery(
    statuses=(Status.OFFLINE, Status.UNKNOWN),
    reasons=(Outcome.TIMEOUT, Outcome.AUTH_FAILED),
    search="gate ü&=#",
    group_id=GROUP,
    groups=(OTHER,),
    tags=("night", "ptz"),
    is_active=True,
    is_detecting=False,
    in_maintenance=False,
    sort="-checked",
    view="table",
    number=3,
    size=120,
)


def test_what_is_written_reads_the_same() -> None:
    assert parse(link(FULL, number=3)) == FULL
    assert parse(link(GridQuery())) == GridQuery()


def test_a_poll_carries_the_whole_filter(app: Flask) -> None:
    address = grid_address.poll(FULL, grid_address.Watch(1, 2, "digest", "", told=9))
    with app.test_request_context(address) as context:
        asked = context.request.args
        assert read(asked, asked.get("within")) == FULL
        assert grid_address.read_watch(asked).told == 9


@pytest.mark.parametrize(
    "said",
    [
        {"status": "nonsense"},
        {"reason": "nonsense"},
        {"group": "../../etc"},
        {"tag": "|"},
        {"tag": "\x00"},
        {"active": "perhaps"},
        {"active": ["yes", "no"]},
        {"sort": "--name"},
        {"sort": "-"},
        {"view": "hologram"},
        {"page": "-1"},
        {"size": "7"},
        {"evil": "1"},
    ],
)
def test_what_is_unknown_is_not_said(said: dict[str, str]) -> None:
    assert read(MultiDict(said)) == GridQuery()


def test_tags_are_compared_without_case_and_said_once() -> None:
    assert read(MultiDict([("tag", "Night"), ("tag", " NIGHT "), ("tag", "ptz")])).tags == ("night", "ptz")


def test_the_longest_filter_leaves_room_for_the_cameras_of_a_full_page() -> None:
    args = MultiDict([("q", "🎥" * 500), *(("status", status) for status in Status)])
    args.update(MultiDict([("reason", outcome) for outcome in Outcome]))
    for number in range(99):
        args.add("tag", f"{number}" + "🎥" * 99)
        args.add("group", f"00000000-0000-4000-8000-{number:012}")
    watch = grid_address.Watch(10**13, 10**10, "d" * 10, "storage", "A" * 8 * 240, 10**5, 10**5, 10**10)
    assert len(grid_address.poll(read(args, GROUP), watch)) < 8000


def test_another_address_is_none_of_ours() -> None:
    for address in ("//evil.example/cameras", "http://localhost/cameras", "/users", "/cameras/new", "", "/camera\x00s"):
        assert parse(address) is None, address


def test_a_column_sorts_and_then_sorts_backwards() -> None:
    assert "sort=name" in grid_address.sorted_by(GridQuery(), "name")
    assert "sort=-name" in grid_address.sorted_by(GridQuery(sort="name"), "name")
    assert "sort=name" in grid_address.sorted_by(GridQuery(sort="-name"), "name")
