"""All rows of a file at once, or none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.imports.conftest import THREE, apply, cameras, check, clock, die_after, read
from webapp.extensions import db, transaction
from webapp.models import Camera, CameraGroup, ImportRow, User, WorkState
from webapp.services import group_paths
from webapp.services.imports import applying
from webapp.services.imports.course import Failed


def test_all_or_nothing_stores_all(person: User) -> None:
    import_ = apply(check(person, THREE), is_all_or_nothing=True)
    assert (import_.state, set(cameras())) == (WorkState.DONE, {"A", "B", "C"})


def test_all_or_nothing_is_one_transaction_however_many_pieces_it_is_planned_in(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "CHUNK", 2)
    written, seen = applying.write, list[int]()

    def write(work: Any, prepared: Any, basis: Any) -> None:
        seen.append(len(prepared.numbers))
        written(work, prepared, basis)

    monkeypatch.setattr(applying, "write", write)
    lines = "".join(f"Camera {n},{n},10.0.0.{n},Site > Building {n % 3}\n" for n in range(9))
    import_ = apply(check(person, f"name,code,rtsp_url,group\n{lines}"), is_all_or_nothing=True)
    assert (import_.state, import_.done, seen) == (WorkState.DONE, 9, [9])
    paths = group_paths.read()
    assert paths[cameras()["Camera 4"].group_id or ""] == ("Site", "Building 1")
    assert len(paths) == len(import_.group_ids) == 4


def test_all_or_nothing_is_refused_with_errors(person: User) -> None:
    import_ = check(person, THREE + "D,4,nowhere at all,\n")
    with pytest.raises(Failed, match="1 rows cannot be imported"):
        applying.start(import_, True, clock())
    assert read(import_).state == WorkState.CHECKED


def test_all_or_nothing_stores_nothing_when_a_row_has_become_wrong(person: User) -> None:
    import_ = check(person, THREE, match="url")
    db.session.add(Camera(name="Newer", code="3", rtsp_url="rtsp://10.0.0.9/"))
    db.session.commit()
    import_ = apply(import_, is_all_or_nothing=True)
    assert import_.state == WorkState.CHECKED
    assert (import_.problem or "").startswith("1 rows cannot be imported any more, so nothing was. line 4: “Newer”")
    assert set(cameras()) == {"Newer"}
    assert db.session.query(CameraGroup).count() == 0


def test_all_or_nothing_leaves_nothing_when_the_worker_dies(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    import_ = check(person, THREE)
    die_after(0, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        apply(import_, is_all_or_nothing=True)
    assert cameras() == {}
    assert db.session.query(CameraGroup).count() == 0
    assert db.session.query(ImportRow).filter_by(is_applied=True).count() == 0


def test_edits_of_other_cameras_do_not_hold_it_up(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Camera(name="Other", rtsp_url="rtsp://10.9.9.9/")
    db.session.add(other)
    db.session.commit()
    import_, prepare, turns = check(person, THREE), applying.prepare, [0]

    def meanwhile(*args: Any) -> Any:
        turns[0] += 1
        with transaction():
            db.session.get_one(Camera, other.id, populate_existing=True).version += 1
        return prepare(*args)

    monkeypatch.setattr(applying, "prepare", meanwhile)
    assert apply(import_, is_all_or_nothing=True).state == WorkState.DONE
    assert turns == [1]
