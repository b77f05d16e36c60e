"""Saved views: whose they are, who sees them, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from webapp.extensions import db
from webapp.models import AuditEntry, SavedView, User, utc_now
from webapp.schemas import InvalidInput, SavedViewInput, parse
from webapp.services import saved_views

MakeUser = Callable[..., User]
ADDRESS = "/cameras?status=offline"


def given(name: str = "Night shift", **fields: bool) -> SavedViewInput:
    return parse(SavedViewInput, {"name": name, **fields})


def create(user: User, name: str = "Night shift", address: str = ADDRESS, **fields: bool) -> SavedView:
    return saved_views.create(given(name, **fields), address, user, utc_now())


def test_ones_own_and_the_shared_ones_are_listed_by_name(make_user: MakeUser) -> None:
    me, other = make_user(), make_user()
    create(me, "zebra")
    create(other, "Ape", is_shared=True)
    create(other, "hidden")
    assert [view.name for view in saved_views.listed(me)] == ["Ape", "zebra"]


def test_only_ones_own_can_be_loaded_to_change(make_user: MakeUser) -> None:
    me, other = make_user(), make_user()
    shared = create(other, is_shared=True)
    assert saved_views.load_own(shared.id, me) is None
    assert saved_views.load_own(shared.id, other) is shared


def test_a_name_is_used_once_by_each_person(make_user: MakeUser) -> None:
    me, other = make_user(), make_user()
    view = create(me, "Night shift")
    create(other, "Night shift")
    with pytest.raises(InvalidInput) as caught:
        create(me, "NIGHT shift")
    assert "already" in caught.value.problems["name"][0]
    saved_views.update(view, given("night SHIFT"), me, utc_now())
    second = create(me, "Second")
    with pytest.raises(InvalidInput):
        saved_views.update(second, given("Night shift"), me, utc_now())
    assert [found.name for found in saved_views.listed(me)] == ["night SHIFT", "Second"]


def test_too_many_and_too_long_ones_are_refused(make_user: MakeUser, monkeypatch: pytest.MonkeyPatch) -> None:
    me = make_user()
    with pytest.raises(InvalidInput) as caught:
        create(me, address="/cameras?q=" + "x" * 2048)
    assert "too many filters" in caught.value.problems["name"][0]
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 1)
    create(me)
    with pytest.raises(InvalidInput) as caught:
        create(me, "Second")
    assert "delete one" in caught.value.problems["name"][0]
    assert [view.name for view in saved_views.listed(me)] == ["Night shift"]


def test_every_act_is_told(make_user: MakeUser) -> None:
    me = make_user()
    view = create(me)
    saved_views.update(view, given("Day shift", is_shared=True), me, utc_now())
    saved_views.delete(view, utc_now())
    told = {entry.action: entry for entry in db.session.query(AuditEntry)}
    assert told["view.create"].changes["address"] == [None, ADDRESS]
    assert told["view.update"].changes == {"name": ["Night shift", "Day shift"], "is_shared": [False, True]}
    assert told["view.delete"].subject == "Day shift"
    assert saved_views.listed(me) == []
