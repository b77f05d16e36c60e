"""Bulk actions in pieces: broken off, gone on with, done by two at a time, and out of other people's way."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta
from itertools import zip_longest

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from tests.services.bulk.conftest import NOW, camera, clock, group, person, results, run, start
from webapp.extensions import db, transaction
from webapp.models import AuditEntry, Camera, GroupRole, Role, User, WorkState, new_id
from webapp.schemas import InvalidInput
from webapp.services.bulk import progress, running


def fleet(size: int) -> list[Camera]:
    moments = dict.fromkeys(("status_since", "next_due_at", "created_at", "updated_at"), NOW)
    known = {"rtsp_url": "rtsp://10.20.4.14/s", "version": 1, **moments}
    db.session.execute(insert(Camera), [{"id": new_id(), "name": f"Gate {n}", **known} for n in range(size)])
    db.session.commit()
    return list(db.session.scalars(select(Camera)))


def audited(action: str) -> int:
    return len(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all())


def test_what_was_broken_off_is_gone_on_with_and_nothing_is_done_twice(operator: User) -> None:
    cameras = fleet(70)
    bulk = start(operator, "tag", *cameras, tags="night")
    pieces = running.run(bulk.id, clock)
    next(pieces)
    pieces.close()
    half = progress.progress(bulk, NOW)
    assert 0 < half.done < half.total == 70
    run(bulk)
    assert progress.progress(bulk, NOW).results == {"changed": 70}
    assert bulk.state == WorkState.DONE
    assert Counter(found.version for found in db.session.scalars(select(Camera))) == {2: 70}
    assert audited("camera.update") == 70


def test_two_workers_at_one_action_share_the_work(operator: User) -> None:
    bulk = start(operator, "tag", *fleet(120), tags="night")
    turns = [running.run(bulk.id, clock), running.run(bulk.id, clock)]
    pieces = sum(1 for turn in zip_longest(*turns) for piece in turn if piece is not None)
    db.session.expire_all()
    assert pieces > 2
    assert Counter(found.version for found in db.session.scalars(select(Camera))) == {2: 120}


def test_a_piece_that_fails_leaves_nothing_half_done(operator: User) -> None:
    cameras = fleet(3)
    bulk = start(operator, "tag", *cameras, tags="night")
    bulk.params = {"tags": 7}
    db.session.commit()
    with pytest.raises(InvalidInput):
        run(bulk)
    db.session.expire_all()
    assert progress.progress(bulk, NOW).done == 0
    assert audited("camera.update") == 0


def test_a_right_that_was_taken_away_meanwhile_holds_no_longer(either_app: Flask) -> None:
    site = group("Site")
    user = person(Role.VIEWER, operator=site)
    bulk = start(user, "disable", camera("a", group_id=site.id))
    db.session.execute(GroupRole.__table__.delete())
    db.session.commit()
    run(bulk)
    assert results(bulk) == {"a": ("left", "You may not change it.")}


def test_a_person_who_was_locked_out_meanwhile_changes_nothing_any_more(operator: User) -> None:
    bulk = start(operator, "disable", camera())
    operator.is_enabled = False
    db.session.commit()
    run(bulk)
    assert results(bulk) == {"Gate": ("left", "You may not change it.")}


def test_a_group_that_was_deleted_meanwhile_takes_nobody_in(operator: User) -> None:
    old, new = group("Old"), group("New")
    found = camera(group_id=old.id)
    bulk = start(operator, "move", found, group_id=new.id)
    db.session.delete(new)
    db.session.commit()
    run(bulk)
    [(result, problem)] = results(bulk).values()
    assert (result, found.group_id) == ("left", old.id)
    assert "does not exist any more" in str(problem)


def test_a_camera_that_was_deleted_meanwhile_is_told_of(operator: User) -> None:
    gone, kept = camera("gone"), camera("kept")
    bulk = start(operator, "disable", gone, kept)
    db.session.delete(gone)
    db.session.commit()
    run(bulk)
    assert results(bulk) == {"gone": ("left", running.GONE), "kept": ("changed", None)}


def test_an_action_over_nothing_is_done_at_once(operator: User) -> None:
    bulk = start(operator, "disable", agreed=0)
    run(bulk)
    assert bulk.state == WorkState.DONE


def test_progress_says_how_long_it_will_take_and_when_nobody_is_at_it(operator: User) -> None:
    bulk = start(operator, "tag", *fleet(40), tags="night")
    waiting = progress.progress(bulk, NOW + timedelta(seconds=59))
    assert (waiting.is_open, waiting.is_stalled, waiting.seconds_left) == (True, False, None)
    moments = iter([NOW, NOW + timedelta(seconds=10)])
    next(running.run(bulk.id, lambda: next(moments)))
    bulk.progress_at = NOW + timedelta(seconds=10)
    half = progress.progress(bulk, NOW + timedelta(seconds=11))
    assert (half.done, half.seconds_left, half.is_stalled) == (1, 390, False)
    assert progress.progress(bulk, NOW + timedelta(seconds=71)).is_stalled
    run(bulk)
    over = progress.progress(bulk, NOW + timedelta(hours=1))
    assert (over.is_open, over.is_stalled) == (False, False)


def test_others_write_within_a_second_while_many_cameras_are_changed(either_app: Flask, operator: User) -> None:
    bulk = start(operator, "tag", *fleet(1200), tags="night")
    other = camera("Other")
    waits: list[float] = []
    is_over = threading.Event()

    def write_all_the_while() -> None:
        with either_app.app_context():
            while not is_over.is_set():
                began = time.monotonic()
                with transaction():
                    db.session.execute(update(Camera).where(Camera.id == other.id).values(latency_ms=1.0))
                waits.append(time.monotonic() - began)
                time.sleep(0.01)

    writer = threading.Thread(target=write_all_the_while)
    writer.start()
    run(bulk)
    is_over.set()
    writer.join()
    assert progress.progress(bulk, NOW).results == {"changed": 1200}
    assert len(waits) > 3
    assert max(waits) < 1


def test_a_piece_that_is_the_victim_of_a_deadlock_is_done_again(postgres_app: Flask) -> None:
    bulk = start(person(), "tag", *fleet(3), tags="night")
    _, second, third = sorted(db.session.scalars(select(Camera.id)))
    db.session.commit()
    holds_third, done = threading.Event(), threading.Event()

    def lock_the_other_way_round() -> None:
        with postgres_app.app_context(), transaction():
            db.session.execute(select(Camera.id).where(Camera.id == third).with_for_update())
            holds_third.set()
            time.sleep(0.5)  # time for the action to hold the second and to wait for the third
            db.session.execute(select(Camera.id).where(Camera.id == second).with_for_update())
            done.set()

    other = threading.Thread(target=lock_the_other_way_round)
    other.start()
    holds_third.wait(5)
    run(bulk)
    other.join()
    assert done.is_set(), "the action was to be the victim"
    assert progress.progress(bulk, NOW).results == {"changed": 3}
