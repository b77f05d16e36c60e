"""Many cameras at once, over the API."""

from __future__ import annotations

from collections.abc import Callable

from tests.api.conftest import Api, problems
from webapp.models import Camera


def test_it_is_tried_done_and_undone(admin: Api, make_live: Callable[..., Camera]) -> None:
    for number in range(3):
        make_live(name=f"Gate {number}")
    make_live(name="Roof")
    asked = {"action": "tag", "values": {"tags": ["night"]}, "filter": {"q": "gate"}}
    tried = admin.data("POST", "/bulk", asked | {"dry_run": True})
    assert (tried["state"], tried["changed"], tried["id"]) == ("dry_run", 3, None)
    assert admin.data("GET", "/cameras?tag=night") == []
    done = admin.data("POST", "/bulk", asked)
    assert (done["state"], done["changed"]) == ("done", 3)
    assert admin.data("GET", f"/bulk/{done['id']}")["changed"] == 3
    assert len(admin.data("GET", "/cameras?tag=night")) == 3
    assert admin.data("POST", f"/bulk/{done['id']}/undo", {})["state"] == "done"
    assert admin.data("GET", "/cameras?tag=night") == []
    assert admin.post(f"/bulk/{done['id']}/undo").status_code == 409


def test_a_deletion_needs_what_a_dry_run_said(admin: Api, make_live: Callable[..., Camera]) -> None:
    ids = [make_live(name=f"Gate {number}").id for number in range(2)]
    asked = {"action": "delete", "ids": ids}
    assert "agreed" in problems(admin.post("/bulk", asked))
    tried = admin.data("POST", "/bulk", asked | {"dry_run": True})
    wrong = {"agreed": {"number": 2, "digest": "other"}}
    assert admin.post("/bulk", asked | wrong).status_code == 409
    agreed = {"agreed": {"number": tried["changed"], "digest": tried["digest"]}}
    assert admin.data("POST", "/bulk", asked | agreed)["changed"] == 2
    assert admin.data("GET", "/cameras") == []


def test_which_and_what_have_to_be_said(admin: Api) -> None:
    for body in (
        {"action": "enable"},
        {"action": "enable", "ids": [], "filter": {}},
        {"action": "enable", "ids": ["1"]},
        {"action": "enable", "filter": {"colour": "red"}},
        {"action": "enable", "ids": [], "values": {"password": "x"}},
        {"action": "move", "ids": []},
    ):
        assert admin.post("/bulk", body).status_code == 422, body
