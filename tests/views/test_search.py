"""What the search field gets while somebody types."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.views.conftest import FRAGMENT
from webapp.models import Camera

Make = Callable[..., Camera]


def test_it_offers_cameras_groups_and_all_that_match(admin: FlaskClient, make_live: Make) -> None:
    camera = make_live(name="<Gate> 2", code="VIE-1")
    make_live(name="Gate 3", status="offline")
    found = admin.get("/search?q=gate", headers=FRAGMENT).text
    assert f'data-href="/cameras/{camera.id}"' in found
    assert "&lt;Gate&gt; 2" in found
    assert "VIE-1" in found
    assert "offline" in found
    assert "Show all 2 cameras that match" in found
    assert 'data-href="/cameras?q=gate"' in found
    assert "<html" not in found


def test_nothing_is_said_to_match_nothing(admin: FlaskClient, make_live: Make) -> None:
    make_live()
    assert "Nothing matches “zebra”" in admin.get("/search?q=zebra", headers=FRAGMENT).text
    assert 'role="option"' not in admin.get("/search?q=", headers=FRAGMENT).text


def test_without_scripts_it_leads_to_the_list(admin: FlaskClient) -> None:
    assert admin.get("/search?q=gate").headers["Location"] == "/cameras?q=gate"


def test_the_filter_gets_the_tags_when_it_is_opened(admin: FlaskClient, make_live: Make) -> None:
    make_live(name="Gate 2", tags=("harbour", "<b>"))
    menu = admin.get("/cameras").text
    assert 'hx-get="/search/tags"' in menu
    assert "harbour" not in menu
    assert admin.get("/search/tags", headers=FRAGMENT).text.count("<option") == 2
