"""The grid's filters as one sees them, its table and its matrix, and how both follow what happens."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from flask.testing import FlaskClient

from tests.views.conftest import FRAGMENT, change, counted_queries, poll_url
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, GroupRole, Role, User, utc_now
from webapp.services import cameras, live
from webapp.services.rights import EVERYTHING

Make = Callable[..., Camera]


def add_group(name: str, parent: CameraGroup | None = None) -> CameraGroup:
    group = CameraGroup(name=name, parent_id=parent.id if parent else None)
    db.session.add(group)
    db.session.commit()
    return group


def row(page: str, camera: Camera) -> str:
    found = re.search(rf'<tr id="c-{camera.id}".*?</tr>', page, re.S)
    return found[0] if found else ""


def cell(page: str, camera: Camera) -> str:
    found = re.search(rf'<a data-state="\w+" href="/c/{camera.id[:6]}">.*?</a>', page)
    return found[0] if found else ""


def chips(page: str) -> dict[str, str]:
    """What the filters say that are set, with the address that drops each."""
    found = re.findall(r'class="set-filter" data-filter="\w+" href="([^"]*)">(.*?)<span', page)
    return {unescape(words): unescape(href) for href, words in found}


class TestFilters:
    def test_each_one_is_a_chip_that_drops_it_alone(self, admin: FlaskClient, make_live: Make) -> None:
        gate = add_group("Gate")
        make_live(group_id=gate.id, tags=("night",), outcome="online")
        page = admin.get(f"/cameras?q=gate&tag=night&reason=online&group={gate.id}&active=yes&maintenance=no").text
        assert chips(page) == {
            "“gate”": f"/cameras?reason=online&group={gate.id}&tag=night&active=yes&maintenance=no",
            "Group: Gate": "/cameras?reason=online&q=gate&tag=night&active=yes&maintenance=no",
            "Reason: live": f"/cameras?q=gate&group={gate.id}&tag=night&active=yes&maintenance=no",
            "Tag: night": f"/cameras?reason=online&q=gate&group={gate.id}&active=yes&maintenance=no",
            "Checked": f"/cameras?reason=online&q=gate&group={gate.id}&tag=night&maintenance=no",
            "Not in maintenance": f"/cameras?reason=online&q=gate&group={gate.id}&tag=night&active=yes",
        }
        assert '<p id="matches" role="status">1 camera matches</p>' in page

    def test_the_menu_is_a_plain_form_that_adds_to_what_is_set(self, admin: FlaskClient, make_live: Make) -> None:
        make_live(tags=("night",), group_id=add_group("Inner").id)
        page = admin.get("/cameras?status=live&tag=old&detection=no&sort=name&page=2").text
        menu = page.split('id="filter-menu"')[1].split("</form>")[0]
        hidden = re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', menu)
        assert hidden == [("status", "live"), ("tag", "old"), ("sort", "name")]
        assert 'name="tag" list="known-tags"' in menu
        assert ">Inner</option>" in menu
        assert ">login rejected</option>" in menu
        assert '<option value="no" selected>Detection off</option>' in menu

    def test_a_group_that_is_gone_is_said_and_holds_nothing(self, admin: FlaskClient, make_live: Make) -> None:
        make_live()
        page = admin.get("/cameras?group=00000000-0000-4000-8000-000000000000").text
        assert "Group: one that is gone" in chips(page)
        assert "No camera matches" in page

    def test_who_sees_a_part_is_told_of_that_part_alone(
        self, client: FlaskClient, sign_in: Callable[..., User], make_live: Make
    ) -> None:
        mine = add_group("Gate")
        make_live(name="in", group_id=mine.id)
        for number in range(5):
            make_live(name=f"out {number}")
        user = sign_in(client, Role.NONE)
        db.session.add(GroupRole(user_id=user.id, group_id=mine.id, role=Role.VIEWER))
        db.session.commit()
        page = client.get("/cameras").text
        assert "You see 1 camera: those of the groups you have rights on." in page
        assert "6" not in re.sub(r"<[^>]+>", "", page.split('id="filters"')[1].split("</p>")[1])

    def test_who_may_change_cameras_can_tick_them(
        self, as_role: Callable[[Role], FlaskClient], make_live: Make
    ) -> None:
        camera = make_live(name="Gate")
        tick = f'name="camera" value="{camera.id}" form="bulk" aria-label="Select Gate"'
        client = as_role(Role.OPERATOR)
        assert tick in client.get("/cameras").text
        assert tick in client.get("/cameras?view=table").text
        client = as_role(Role.VIEWER)
        assert 'class="pick"' not in client.get("/cameras").text + client.get("/cameras?view=table").text


class TestTable:
    def test_a_row_says_what_a_technician_looks_for(self, admin: FlaskClient, make_live: Make) -> None:
        gate = add_group("Gate", add_group("Plant"))
        known = {
            "code": "VIE-1",
            "vendor": "Axis",
            "model": "P3245",
            "tags": ("night",),
            "rtsp_url": "rtsp://10.0.0.9/x",
        }
        camera = make_live(name="North", group_id=gate.id, status="offline", outcome="auth_failed", **known)
        found = row(admin.get("/cameras?view=table").text, camera)
        for words in ("North", "Offline", "login rejected", "VIE-1", "10.0.0.9", "Axis P3245", "night", "Plant › Gate"):
            assert words in found, words
        assert (
            f'data-camera-id="{camera.id}" data-name="North" data-state="offline" data-outcome="auth_failed"' in found
        )

    def test_headers_sort_and_say_how(self, admin: FlaskClient, make_live: Make) -> None:
        for name in "ab":
            make_live(name=name)
        page = admin.get("/cameras?view=table&sort=-name").text
        assert page.index('data-name="b"') < page.index('data-name="a"')
        assert re.search(r'aria-sort="descending"><a id="by-name" href="/cameras\?sort=name&amp;view=table"', page)

    def test_only_the_changed_row_travels(self, admin: FlaskClient, sweep_lives: None, make_live: Make) -> None:
        gate = add_group("Gate")
        north, south = make_live(name="North", group_id=gate.id), make_live(name="South")
        page = admin.get("/cameras?view=table").text
        change(north, status="offline", outcome="timeout")
        answer = admin.get(poll_url(page), headers=FRAGMENT).text
        assert 'hx-swap-oob="patch"' in row(answer, north)
        assert 'data-state="offline"' in row(answer, north)
        assert ">Gate <" in row(answer, north)
        assert not row(answer, south)
        assert admin.get(poll_url(answer), headers=FRAGMENT).status_code == 204

    def test_a_deleted_camera_is_said_in_its_row(self, admin: FlaskClient, sweep_lives: None, make_live: Make) -> None:
        camera = make_live()
        page = admin.get("/cameras?view=table").text
        cameras.delete(camera, utc_now(), EVERYTHING)
        assert "is-deleted" in row(admin.get(poll_url(page), headers=FRAGMENT).text, camera)


class TestMatrix:
    def test_every_camera_is_a_cell_that_leads_to_it(self, admin: FlaskClient, make_live: Make) -> None:
        gate = add_group("Gate <1>")
        made = [make_live(name=f"Camera {n}", group_id=gate.id, status="offline") for n in range(70)]
        page = admin.get("/cameras?view=matrix").text
        assert all('data-state="offline"' in cell(page, camera) for camera in made)
        assert 'role="group" aria-label="Gate &lt;1&gt;"' in page
        short = re.search(r'href="(/c/\w{6})">Camera 7<', page)[1]  # type: ignore[index]
        assert admin.get(short).headers["Location"] == f"/cameras/{made[7].id}"
        peek = admin.get(f"{short}/peek").text
        assert "Camera 7" in peek
        assert "Offline for" in peek
        group = re.search(r'href="(/g/\w{6})"', page)[1]  # type: ignore[index]
        assert admin.get(group).headers["Location"] == f"/groups/{gate.id}?view=matrix"

    def test_a_short_link_that_fits_two_cameras_asks_again(self, admin: FlaskClient, make_live: Make) -> None:
        make_live(id="aaaaaa11-0000-4000-8000-000000000001")
        make_live(id="aaaaaa22-0000-4000-8000-000000000002")
        assert admin.get("/c/aaaaaa").headers["Location"] == "/cameras?view=matrix"
        answer = admin.get("/cameras?view=matrix").text
        assert "Choose again" in answer
        assert 'href="/c/aaaaaa11-0000-4000-8000-000000000001"' in answer
        assert "Load it again" in admin.get("/c/aaaaaa/peek").text

    def test_no_link_leads_nowhere(self, admin: FlaskClient) -> None:
        for path in ("/c/ffffff", "/c/%25%25%25%25%25%25", "/c/ffffff/peek", "/g/ffffff", "/c/a"):
            assert admin.get(path).status_code == 404, path

    def test_a_sweep_that_changes_no_state_is_no_news(
        self, admin: FlaskClient, sweep_lives: None, make_live: Make
    ) -> None:
        camera = make_live()
        url = poll_url(admin.get("/cameras?view=matrix").text)
        change(camera, status_changed=False, latency_ms=9.0)
        with counted_queries() as queries:
            assert admin.get(url, headers=FRAGMENT).status_code == 204
        assert len(queries) == 1

    def test_another_state_and_another_name_travel_by_key(
        self, admin: FlaskClient, sweep_lives: None, make_live: Make
    ) -> None:
        long_ago = utc_now().replace(year=2020)
        quiet, camera = (make_live(name=name, status_since=long_ago, updated_at=long_ago) for name in ("quiet", "gate"))
        page = admin.get("/cameras?view=matrix").text
        change(camera, status="offline", status_since=utc_now(), name="Gate 2")
        answer = admin.get(poll_url(page), headers=FRAGMENT).text
        assert f'<a data-key="{camera.id[:6]}" data-state="offline" >Gate 2</a>' in answer
        assert f'data-key="{quiet.id[:6]}"' not in answer
        assert admin.get(poll_url(answer), headers=FRAGMENT).status_code == 204

    def test_cells_that_no_longer_match_are_marked_and_new_ones_announced(
        self, admin: FlaskClient, sweep_lives: None, make_live: Make
    ) -> None:
        was, new = make_live(name="was", status="offline"), make_live(name="new")
        page = admin.get("/cameras?view=matrix&status=offline").text
        change(was, status="live", status_since=utc_now())
        answer = admin.get(poll_url(page), headers=FRAGMENT).text
        assert f'data-key="{was.id[:6]}" data-state="live" class="is-gone"' in answer
        assert "1 camera no longer matches" in answer
        change(new, status="offline", status_since=utc_now())
        change(was, status="offline", status_since=utc_now())
        assert "1 camera newly matches" in admin.get(poll_url(answer), headers=FRAGMENT).text

    def test_when_much_changed_it_asks_to_be_loaded_again(
        self, admin: FlaskClient, sweep_lives: None, make_live: Make
    ) -> None:
        made = [make_live(name=f"Camera {n}") for n in range(301)]
        url = poll_url(admin.get("/cameras?view=matrix").text)
        live.publish([camera.id for camera in made], status_changed=True)
        answer = admin.get(url, headers=FRAGMENT).text
        assert "Much has changed" in answer
        assert "data-key" not in answer
