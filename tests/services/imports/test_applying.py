"""Storing what a file says, by the rules of the form."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.services.imports.conftest import THREE, actions, apply, cameras, check, clock
from webapp.credentials import Credentials
from webapp.extensions import db, settings
from webapp.models import AuditEntry, Camera, StatusChange, User, WorkState
from webapp.services import group_paths
from webapp.services.imports import work


def password_of(camera: Camera) -> str | None:
    sealed = camera.password_encrypted
    return Credentials(settings.CREDENTIAL_KEYS).decrypt(sealed, camera.id) if sealed else None


def test_new_cameras_are_as_their_rows_say(person: User) -> None:
    import_ = apply(
        check(
            person,
            "name,code,rtsp_url,sub_rtsp_url,stream,username,password,group,location,vendor,model,notes,tags,resolution,"
            "fps,codec,is_active,enable_detection,detection_sensitivity,check_interval_seconds,retention_days\n"
            'Tür,T1,rtsp://10.0.0.1/a,rtsp://10.0.0.1/b,sub,admin," ge,heim ",Werk A > Halle 1,Oben,Axis,P1,"zwei\n'
            'Zeilen","nacht, tor",1920×1080,"12,5",HEVC,ja,nein,"0,5",300,7\n',
        )
    )
    assert (import_.state, import_.counts["created"], import_.counts["updated"]) == (WorkState.DONE, 1, 0)
    camera = cameras()["Tür"]
    assert password_of(camera) == " ge,heim "
    assert group_paths.read()[camera.group_id or ""] == ("Werk A", "Halle 1")
    expected: dict[str, Any] = {
        "code": "T1",
        "rtsp_url": "rtsp://10.0.0.1/a",
        "sub_rtsp_url": "rtsp://10.0.0.1/b",
        "stream": "sub",
        "username": "admin",
        "location": "Oben",
        "notes": "zwei\nZeilen",
        "tags": ("nacht", "tor"),
        "resolution": "1920x1080",
        "fps": 12.5,
        "codec": "h265",
        "is_active": True,
        "enable_detection": False,
        "detection_sensitivity": 0.5,
        "check_interval_seconds": 300,
        "retention_days": 7,
        "version": 1,
    }
    assert {name: getattr(camera, name) for name in expected} == expected


def test_every_camera_group_and_the_import_itself_stand_in_the_audit(person: User) -> None:
    db.session.add(Camera(name="Old", code="3", rtsp_url="rtsp://10.0.0.3/"))
    db.session.commit()
    apply(check(person, THREE + "D,4,10.0.0.4,\nE,5,nowhere at all,\n"))
    entries = db.session.query(AuditEntry).all()
    assert {entry.actor for entry in entries if entry.action != "import.start"} == {person.email}
    assert sorted((entry.action, entry.subject) for entry in entries) == [
        ("camera.create", "A"),
        ("camera.create", "B"),
        ("camera.create", "D"),
        ("camera.update", "C"),
        ("group.create", "B1"),
        ("group.create", "Site A"),
        ("import.apply", "cameras.csv"),
        ("import.start", "cameras.csv"),
    ]
    by_name = {entry.subject: entry for entry in entries if entry.action != "import.start"}
    assert by_name["B"].changes["group_id"] == [None, "Site A › B1"]
    assert by_name["C"].changes == {"name": ["Old", "C"]}
    assert by_name["A"].camera_id == cameras()["A"].id
    assert {name: after for name, (_, after) in by_name["cameras.csv"].changes.items()} == {
        "created": 3,
        "updated": 1,
        "error": 1,
        "end": "done",
    }


def test_an_update_keeps_what_checks_wrote_and_switching_off_is_history(person: User) -> None:
    camera = Camera(name="A", code="1", rtsp_url="rtsp://10.0.0.1/", status="live", failures=1, latency_ms=12.5)
    db.session.add(camera)
    db.session.commit()
    apply(check(person, "code,vendor,is_active\n1,Axis,no\n"))
    db.session.refresh(camera)
    assert (camera.vendor, camera.is_active, camera.latency_ms, camera.failures) == ("Axis", False, 12.5, 1)
    assert camera.version == 2
    (change,) = db.session.query(StatusChange).all()
    assert (change.camera_id, change.old, change.new) == (camera.id, "live", "disabled")


def test_first_checks_are_spread_over_the_next_interval(person: User) -> None:
    lines = "\n".join(f"Camera {n},10.0.0.{n}" for n in range(60))
    before = clock()
    apply(check(person, f"name,rtsp_url\n{lines}\n"))
    due = sorted((camera.next_due_at - before).total_seconds() for camera in cameras().values())
    assert 50 < due[-1] - due[0] < 60
    assert all(abs(later - earlier) < 3 for earlier, later in pairwise(due))


def test_the_same_file_again_changes_nothing(person: User) -> None:
    text = "name,rtsp_url,password,tags\nA,rtsp://10.0.0.1/a,geheim,x\n"
    apply(check(person, text))
    again = check(person, text)
    assert actions(again) == {2: "unchanged"}
    apply(again)
    assert cameras()["A"].version == 1


def test_it_rests_between_transactions_where_one_writer_locks_out_all(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    monkeypatch.setattr(work.time, "sleep", rests.append)
    apply(check(person, THREE))
    assert bool(rests) == settings.is_embedded
    assert all(0 < rest <= work.LONGEST_REST_S for rest in rests)
