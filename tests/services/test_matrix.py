"""The matrix: which cells stand in which row, and that no two of them can be taken for each other."""

from __future__ import annotations

from collections.abc import Callable

from webapp.extensions import db
from webapp.models import Camera, CameraGroup, utc_now
from webapp.services import finding, groups
from webapp.services.finding import CameraFilter
from webapp.services.matrix import MatrixRow, rows
from webapp.services.rights import EVERYTHING, Scope

Make = Callable[..., Camera]


def add_group(name: str, parent: CameraGroup | None = None) -> CameraGroup:
    group = CameraGroup(name=name, parent_id=parent.id if parent else None)
    db.session.add(group)
    db.session.commit()
    return group


def read(scope: Scope = EVERYTHING, search: str = "") -> list[MatrixRow]:
    now = utc_now()
    return rows(finding.cells(CameraFilter(scope, search=search), now), groups.tree(now, scope), scope)


def test_rows_stand_in_the_order_of_the_tree_and_lead_down_to_their_cameras(make_camera: Make) -> None:
    vienna, graz = add_group("Vienna"), add_group("Graz")
    gate = add_group("Gate", vienna)
    add_group("Empty", graz)
    for name, group in (("b", gate), ("a", gate), ("c", graz), ("alone", None)):
        make_camera(name=name, group_id=group.id if group else None)
    found = [(row.group.name if row.group else None, [cell.name for cell in row.cells]) for row in read()]
    assert found == [("Graz", ["c"]), ("Vienna", []), ("Gate", ["a", "b"]), (None, ["alone"])]


def test_a_row_counts_its_cameras_but_not_those_that_are_switched_off(make_camera: Make) -> None:
    make_camera(status="offline", next_due_at=utc_now())
    make_camera(status="live", is_active=False)
    (row,) = read()
    assert (row.counts, row.total) == ({"offline": 1, "disabled": 1}, 1)


def test_a_key_is_short_and_whole_where_two_ids_begin_alike(make_camera: Make) -> None:
    alike = ["aaaaaa11-0000-4000-8000-000000000001", "aaaaaa22-0000-4000-8000-000000000002"]
    other = "bbbbbb33-0000-4000-8000-000000000003"
    for camera_id in (*alike, other):
        make_camera(id=camera_id, name=camera_id)
    assert {cell.name: cell.key for cell in read()[0].cells} == dict(zip(alike, alike, strict=True)) | {other: "bbbbbb"}


def test_a_key_is_no_shorter_because_the_other_camera_is_filtered_away(make_camera: Make) -> None:
    make_camera(id="aaaaaa11-0000-4000-8000-000000000001", name="one")
    make_camera(id="aaaaaa22-0000-4000-8000-000000000002", name="two")
    assert [cell.key for cell in read(search="one")[0].cells] == ["aaaaaa11-0000-4000-8000-000000000001"]
