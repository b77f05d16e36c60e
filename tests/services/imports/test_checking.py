"""The dry run: what every row would do, every problem of every row, and nothing written."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.services.imports.conftest import actions, add, apply, cameras, check, clock, make_person, rows, told
from webapp.extensions import db
from webapp.models import AuditEntry, CameraGroup, GroupRole, Role, User, WorkState
from webapp.schemas import InvalidInput
from webapp.services import groups
from webapp.services.imports import checking, course, drafts


def test_it_says_what_every_row_would_do_and_writes_nothing(person: User) -> None:
    add(name="Door", code="D1", rtsp_url="rtsp://10.0.0.2/a")
    add(name="Same", code="S1", rtsp_url="rtsp://10.0.0.3/a", tags=("night",), password="geheim")
    import_ = check(
        person,
        "name,code,rtsp_url,group,tags,username,password\n"
        "Gate,G1,rtsp://10.0.0.1/a,Site A > Building 1,x,,\n"
        "Front door,d1,rtsp://10.0.0.2/a,,,,\n"
        "Same,S1,rtsp://10.0.0.3/a,,night,,geheim\n"
        "Wrong,W1,http://10.0.0.4/a,,,,\n",
    )
    assert import_.state == WorkState.CHECKED
    assert actions(import_) == {2: "create", 3: "update", 4: "unchanged", 5: "error"}
    assert {kind: import_.counts[kind] for kind in ("create", "update", "unchanged", "error", "groups")} == {
        "create": 1,
        "update": 1,
        "unchanged": 1,
        "error": 1,
        "groups": 2,
    }
    assert import_.counts["new_groups"] == ["Site A", "Site A › Building 1"]
    assert rows(import_)[1].changes == {"name": ["Door", "Front door"], "code": ["D1", "d1"]}
    assert set(cameras()) == {"Door", "Same"}
    assert db.session.query(CameraGroup).count() == 0
    assert db.session.query(AuditEntry).count() == 0


def test_every_problem_of_a_row_is_said_at_once_and_no_secret(person: User) -> None:
    import_ = check(
        person,
        "Bezeichnung;Adresse;Kennwort;Bilder/Sekunde;FPS;Sensitivity;Aktiv\n"
        ";rtsp://admin:ge/heim@10.0.0.1/a;geh\teim;;500;2;vielleicht\n".replace("\t", "\x07"),
    )
    assert told(import_) == {
        2: [
            ("Bezeichnung", "", "Please fill in this field."),
            (
                "Adresse",
                "rtsp://●●●●@10.0.0.1/a",
                "Enter user name and password in their own fields, not in the URL. An @ in the path is written %40.",
            ),
            ("Kennwort", "●●●●", "The password holds a control character; type it again."),
            ("FPS", "500", "Frames per second must lie between 0 and 120."),
            ("Sensitivity", "2", "Sensitivity must lie between 0 and 1."),
            ("Aktiv", "vielleicht", "This must be yes or no."),
        ]
    }


def test_a_password_under_a_wrong_field_is_not_shown(person: User) -> None:
    import_ = check(
        person, "name,rtsp_url,Passwort\nA,rtsp://10.0.0.1/a,hunter2\n", mapping=["name", "rtsp_url", "codec"]
    )
    ((column, value, sentence),) = told(import_)[2]
    assert (column, value) == ("Passwort", "●●●●")
    assert "hunter2" not in sentence


def test_what_stands_below_the_heading_of_a_password_is_shown_nowhere_whatever_it_fills(person: User) -> None:
    import_ = check(
        person, "name,rtsp_url,Passwort\nA,rtsp://10.0.0.1/a,hunter2\n", mapping=["name", "rtsp_url", "notes"]
    )
    assert (rows(import_)[0].changes or {})["notes"] == [None, "●●●●"]
    assert drafts.exposed(import_) == [("Passwort", "notes")]
    assert drafts.preview(import_) == [["A", "rtsp://10.0.0.1/a", "●●●●"]]
    apply(import_)
    assert cameras()["A"].notes == "hunter2"
    assert "hunter2" not in str([(entry.subject, entry.changes) for entry in db.session.query(AuditEntry)])


def test_problems_are_grouped_by_what_is_to_be_mended(person: User) -> None:
    lines = [f"Camera {n},rtsp://192.0.2.{n}/a" for n in range(1, 31)] + ["Odd,rtsp://10.0.0.1:99999/a"]
    import_ = check(person, "\n".join(["name,rtsp_url", *lines]))
    first, second = import_.counts["problems"]
    assert (first["number"], first["lines"][:3], len(first["lines"])) == (30, [2, 3, 4], 12)
    assert first["sentence"].startswith("192.0.2.1 lies outside the networks")
    assert (second["number"], second["lines"]) == (1, [32])


@pytest.mark.parametrize(
    ("existing", "changes"),
    [
        ("fill", {"vendor": ["Axis", "Bosch"]}),
        ("overwrite", {"vendor": ["Axis", "Bosch"], "notes": ["Old", None], "tags": ["night", ""]}),
        ("skip", None),
    ],
)
def test_existing_cameras_are_changed_as_far_as_was_chosen(
    person: User, existing: str, changes: dict[str, Any] | None
) -> None:
    add(vendor="Axis", notes="Old", tags=("night",), password="geheim", is_active=False)
    columns = "name,rtsp_url,vendor,notes,tags,password,is_active"
    import_ = check(person, f"{columns}\nGate,rtsp://10.0.0.1/a,Bosch,,,,\n", existing=existing)
    (row,) = rows(import_)
    assert row.action == ("skip" if existing == "skip" else "update")
    assert row.changes == changes


def test_a_cell_that_a_short_row_does_not_have_clears_nothing(person: User) -> None:
    add(vendor="Axis")
    import_ = check(person, "name,rtsp_url,vendor\nGate,rtsp://10.0.0.1/a\n", existing="overwrite")
    assert actions(import_) == {2: "unchanged"}


def test_a_row_with_too_many_cells_is_refused(person: User) -> None:
    import_ = check(person, "name,rtsp_url\nGate, north,rtsp://10.0.0.1/a\n")
    assert "more cells than the heading" in told(import_)[2][0][2]


def test_a_login_in_a_url_is_moved_where_it_belongs(person: User) -> None:
    import_ = check(person, "name,rtsp_url\nGate,rtsp://admin:ge%20heim@10.0.0.1/a\nDoor,admin:x@10.0.0.2\n")
    assert actions(import_) == {2: "create", 3: "create"}
    assert import_.counts["logins"] == 2
    changes = rows(import_)[0].changes or {}
    assert (changes["rtsp_url"], changes["username"], changes["password_encrypted"]) == (
        [None, "rtsp://10.0.0.1/a"],
        [None, "admin"],
        [None, "●●●"],
    )
    assert "ge" not in str(changes).replace("rtsp://10.0.0.1/a", "").replace("Gate", "").replace("user", "")


def test_logins_of_rows_that_are_left_out_are_not_counted(person: User) -> None:
    import_ = check(person, "name,rtsp_url\nGate,rtsp://admin:x@10.0.0.1/a\n,rtsp://admin:x@10.0.0.2/a\n")
    assert (import_.counts["logins"], import_.counts["error"]) == (1, 1)


def test_two_logins_that_differ_are_refused_without_showing_either(person: User) -> None:
    import_ = check(person, "name,rtsp_url,username,password\nGate,rtsp://a:secret1@10.0.0.1/a,b,secret2\n")
    assert told(import_) == {
        2: [
            ("username", "b", "The URL holds another login than this column. Take it out of the URL."),
            ("password", "●●●●", "The URL holds another login than this column. Take it out of the URL."),
        ]
    }


def test_a_stored_password_does_not_travel_to_another_address(person: User) -> None:
    add(code="G1", password="geheim")
    import_ = check(person, "code,rtsp_url\nG1,rtsp://10.0.0.66/a\n")
    assert "type the password again" in told(import_)[2][0][2]
    import_ = check(person, "code,rtsp_url,password\nG1,rtsp://10.0.0.66/a,geheim\n")
    assert set(rows(import_)[0].changes or {}) == {"rtsp_url", "password_encrypted"}


def test_missing_groups_are_an_error_when_they_are_not_to_be_made(person: User) -> None:
    import_ = check(person, "name,rtsp_url,group\nGate,rtsp://10.0.0.1/a,Site A\n", creates_groups=False)
    assert told(import_)[2][0][2].startswith("There is no such group.")


def test_a_formula_is_only_text(person: User) -> None:
    import_ = check(person, 'name,rtsp_url,notes\n"=HYPERLINK(""http://x"")",rtsp://10.0.0.1/a,\'=1+1\n')
    changes = rows(import_)[0].changes or {}
    assert changes["name"] == [None, '=HYPERLINK("http://x")']
    assert changes["notes"] == [None, "=1+1"]


def test_json_is_read_by_the_same_rules(person: User) -> None:
    good = '{"name": "Gate", "rtsp_url": "10.0.0.1", "tags": ["a"], "fps": 15, "group": ["Site A", "B > C"]}'
    text = f'[{good}, {{"name": 5}}]'
    import_ = check(person, text)
    assert actions(import_) == {1: "create", 2: "error"}
    assert import_.counts["new_groups"] == ["Site A", "Site A › B > C"]
    assert [problem[2] for problem in told(import_)[2]] == [
        "This must be a text.",
        "Please fill in the RTSP URL, such as rtsp://192.168.1.100:554/stream1.",
    ]


def scoped_person(group: CameraGroup) -> User:
    user = make_person(Role.NONE)
    db.session.add(GroupRole(user_id=user.id, group_id=group.id, role=Role.OPERATOR))
    db.session.commit()
    return user


def test_a_scoped_person_imports_into_their_groups_alone(either_app: Flask) -> None:
    mine, other = groups.ensure_path(("Site A", "Building 1")), groups.ensure_path(("Site A", "Building 2"))
    assert mine
    assert other
    add(name="Foreign", code="F1", rtsp_url="rtsp://10.0.0.50/a", group_id=other.id)
    import_ = check(
        scoped_person(mine),
        "name,code,rtsp_url,group\n"
        "A,A1,rtsp://10.0.0.1/a,Building 1 > Gate\n"
        "B,B1,rtsp://10.0.0.2/a,Site A > Building 2\n"
        "C,C1,rtsp://10.0.0.3/a,\n"
        "D,F1,rtsp://10.0.0.4/a,Building 1\n"
        "E,E1,rtsp://10.0.0.50/a,Building 1\n",
    )
    assert actions(import_) == {2: "create", 3: "error", 4: "error", 5: "error", 6: "create"}
    sentences = {line: found[0][2] for line, found in told(import_).items()}
    assert sentences[3] == "“Site A” is none of your groups. Begin with one of them, such as “Building 1”."
    assert sentences[4] == "Name one of your groups: you may not keep cameras outside of them."
    assert sentences[5] == "Another camera has this code already; every code may be used once.", "its name is foreign"


def test_rows_without_a_group_go_where_was_chosen(either_app: Flask) -> None:
    group = groups.ensure_path(("Site A", "Building 1"))
    assert group
    import_ = check(scoped_person(group), "name,rtsp_url\nA,rtsp://10.0.0.1/a\n", group_id=group.id)
    assert rows(import_)[0].changes["group_id"] == [None, "Building 1"]  # type: ignore[index]


def test_groups_above_their_own_stay_unknown_to_a_scoped_person(either_app: Flask) -> None:
    mine = groups.ensure_path(("Site A", "Building 1"))
    gate = groups.ensure_path(("Site A", "Building 1", "Gate"))
    assert mine
    assert gate
    add(name="A", code="1", rtsp_url="rtsp://10.0.0.1/a", group_id=mine.id)
    text = "name,code,rtsp_url,group\nA,1,rtsp://10.0.0.1/a,Building 1 > Gate\nB,2,rtsp://10.0.0.2/a,Building 1 > New\n"
    import_ = check(scoped_person(mine), text)
    assert [(row.changes or {})["group_id"] for row in rows(import_)] == [
        ["Building 1", "Building 1 › Gate"],
        [None, "Building 1 › New"],
    ]
    import_ = apply(import_)
    assert "Site A" not in str([row.changes for row in rows(import_)])
    entries = db.session.query(AuditEntry).filter_by(action="camera.update")
    assert [entry.changes["group_id"][1] for entry in entries] == ["Site A › Building 1 › Gate"]


def test_a_foreign_group_cannot_be_chosen(either_app: Flask) -> None:
    mine, other = groups.ensure_path(("A",)), groups.ensure_path(("B",))
    assert mine
    assert other
    with pytest.raises(InvalidInput, match="group_id"):
        check(scoped_person(mine), "name,rtsp_url\nA,rtsp://10.0.0.1/a\n", group_id=other.id)


def test_it_ends_when_the_rights_are_gone(person: User) -> None:
    import_ = drafts.create(person, "a.csv", b"name,rtsp_url\nA,rtsp://10.0.0.1/a\n", clock())
    course.go(import_.id, [WorkState.DRAFT], WorkState.CHECKING, clock())
    person.is_enabled = False
    db.session.commit()
    checking.run(import_.id, clock)
    db.session.refresh(import_)
    assert (import_.state, import_.problem) == (
        WorkState.DRAFT,
        "Whoever started this import may not change cameras any more.",
    )


def test_it_is_checked_anew_after_a_worker_died(person: User) -> None:
    """Rows that the first one wrote do not come twice."""
    import_ = check(person, "name,rtsp_url\nA,rtsp://10.0.0.1/a\n")
    course.go(import_.id, [WorkState.CHECKED], WorkState.CHECKING, clock(), started_at=None)
    checking.run(import_.id, clock)
    assert actions(import_) == {2: "create"}


def test_an_end_that_is_asked_for_leads_back_to_the_columns(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "CHUNK", 1)
    import_ = drafts.create(person, "a.csv", b"name,rtsp_url\nA,rtsp://10.0.0.1/a\nB,rtsp://10.0.0.2/a\n", clock())
    course.go(import_.id, [WorkState.DRAFT], WorkState.CHECKING, clock(), wants_cancel=True)
    checking.run(import_.id, clock)
    db.session.refresh(import_)
    assert (import_.state, import_.done, rows(import_)) == (WorkState.DRAFT, 0, [])
