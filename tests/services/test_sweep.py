"""The sweep against simulated cameras over real RTSP: from the claim to the picture."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from simulator.running import RunningFarm, running_farm
from webapp.credentials import Credentials
from webapp.extensions import db, settings
from webapp.models import OUTCOME_CODES, Camera, CameraHealth, Status, new_id, utc_now
from webapp.outcomes import Reading
from webapp.services import live, stored_stream, sweep
from webapp.services.pictures import latest_key, picture_hash
from webapp.services.sweep_plan import claim, plan, tick_of
from webapp.storage import storage_from_settings

MINUTE = timedelta(minutes=1)
GOOD = "/sim/none/door-h264-360p-gop2-key"
SILENT = "/sim/silent/door-h264-360p-gop2-key"
REFUSED = "rtsp://127.0.0.1:1/nobody"


@pytest.fixture(scope="module")
def farm() -> Iterator[RunningFarm]:
    with running_farm() as found:
        yield found


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, Any]:
    return overrides | {"CHECK_DEADLINE_SECONDS": 2.0}


@pytest.fixture
def add(app: Flask, farm: RunningFarm) -> Callable[..., str]:
    """A camera of the farm, due since minutes; its number makes its path its own."""
    numbers = iter(range(10_000))

    def add(path: str = GOOD, url: str | None = None, password: str | None = None, **fields: Any) -> str:
        camera_id = new_id()
        sealed = Credentials(settings.CREDENTIAL_KEYS).encrypt(password, camera_id) if password else None
        url = url or farm.url(f"{path}/{next(numbers)}")
        due = utc_now() - 5 * MINUTE
        camera = Camera(id=camera_id, name="Gate", rtsp_url=url, next_due_at=due, password_encrypted=sealed, **fields)
        db.session.add(camera)
        db.session.commit()
        return camera_id

    return add


def run(*ids: str, now: datetime | None = None) -> live.Counts:
    """One batch, in the tick of `now`."""
    now = now or utc_now()
    return sweep.run_batch(tick_of(now), ids, now)


def in_app(app: Flask, *ids: str) -> None:
    """One batch in a thread of its own."""
    with app.app_context():
        run(*ids)


def stored(camera_id: str) -> Camera:
    camera = db.session.get(Camera, camera_id, populate_existing=True)
    assert camera is not None
    db.session.commit()
    return camera


def outcomes() -> list[str]:
    names = {code: outcome.value for outcome, code in OUTCOME_CODES.items()}
    found = [names[row.outcome] for row in db.session.scalars(select(CameraHealth).order_by(CameraHealth.tick))]
    db.session.commit()
    return found


def test_a_batch_brings_verdict_history_and_picture(add: Callable[..., str]) -> None:
    camera_id = add()
    assert run(camera_id) == live.Counts(done=1)
    camera = stored(camera_id)
    jpeg = storage_from_settings(settings).get(latest_key(camera_id)).data
    assert (camera.status, camera.outcome, outcomes()) == (Status.LIVE, "online", ["online"])
    assert (camera.actual_codec, camera.actual_resolution) == ("h264", "640x360")
    assert (camera.picture_hash, camera.picture_at) == (picture_hash(jpeg), camera.checked_at)
    assert jpeg.startswith(b"\xff\xd8")
    assert len(jpeg) <= 100 * 1024


def test_each_camera_of_a_batch_gets_its_own_verdict(add: Callable[..., str]) -> None:
    good, missing, dead = add(), add("/sim/not-found/door-h264-360p-gop2-key"), add(url=REFUSED)
    assert run(good, missing, dead) == live.Counts(done=3)
    assert [stored(id).outcome for id in (good, missing, dead)] == ["online", "not_found", "refused"]


def test_open_pages_learn_of_it_after_it_is_stored(add: Callable[..., str]) -> None:
    live.publish(["somebody"], status_changed=False)
    seq = live.changes_since(0).seq
    camera_id = add()
    run(camera_id)
    assert live.changes_since(seq) == live.Changes(seq + 1, (camera_id,), status_changed=True)


def test_a_batch_that_is_delivered_twice_checks_once(add: Callable[..., str], farm: RunningFarm) -> None:
    camera_id, now = add(SILENT), utc_now()
    assert run(camera_id, now=now).done == 1
    assert run(camera_id, now=now) == live.Counts(elsewhere=1)
    assert (outcomes(), stored(camera_id).failures) == (["timeout"], 1)


def test_the_same_batch_twice_at_once_checks_each_camera_once(
    app: Flask, add: Callable[..., str], farm: RunningFarm
) -> None:
    ids = [add() for _ in range(6)]
    found: list[live.Counts] = []

    def work() -> None:
        with app.app_context():
            found.append(run(*ids))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts.done for counts in found) == 6
    paths = [stored(id).rtsp_url.removeprefix(farm.url("")) for id in ids]
    assert [farm.stats.of(path).max_viewers for path in paths] == [1] * 6


def test_a_batch_that_comes_after_its_interval_is_skipped_and_counted(
    add: Callable[..., str], farm: RunningFarm
) -> None:
    camera_id = add()
    now = utc_now()
    tick = tick_of(now) - 2 * MINUTE
    connections = farm.stats.connections
    assert sweep.run_batch(tick, [camera_id], now) == live.Counts(skipped=1)
    assert (outcomes(), stored(camera_id).status) == (["skipped"], Status.IDLE)
    assert farm.stats.connections == connections
    assert live.counts(tick).skipped == 1


def test_no_database_connection_is_held_while_cameras_are_asked(
    add: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []
    real, pool = stored_stream.check, db.engine.pool

    def watching(*args: Any, **kwargs: Any) -> Reading:
        held.append(pool.checkedout())  # type: ignore[attr-defined]
        return real(*args, **kwargs)

    monkeypatch.setattr(stored_stream, "check", watching)
    run(add())
    assert held == [0]


def test_dead_cameras_do_not_hold_up_the_others_of_their_batch(add: Callable[..., str]) -> None:
    ids = [add(SILENT) for _ in range(8)] + [add()]
    started = time.monotonic()
    run(*ids)
    assert time.monotonic() - started < 2 * settings.CHECK_DEADLINE_SECONDS
    assert stored(ids[-1]).status == Status.LIVE


def test_wrong_passwords_are_tried_twice_and_then_ever_more_rarely(add: Callable[..., str], farm: RunningFarm) -> None:
    camera_id = add("/sim/wrong-password/door-h264-360p-gop2-key-digest", username="viewer", password="wrong")
    path = stored(camera_id).rtsp_url.removeprefix(farm.url(""))
    start = tick_of(utc_now())
    for minute in range(30):
        now = start + minute * MINUTE
        for batch in plan(now).batches:
            sweep.run_batch(tick_of(now), batch, now)
    assert farm.stats.of(path).failed_logins == 4  # in minutes 0, 1, 6 and 21
    camera = stored(camera_id)
    assert (camera.status, camera.outcome) == (Status.OFFLINE, "auth_failed")
    assert camera.next_due_at == start + 81 * MINUTE


def test_the_right_password_is_decrypted_for_the_check_alone(add: Callable[..., str]) -> None:
    camera_id = add("/sim/none/door-h264-360p-gop2-key-digest", username="viewer", password="see no evil")
    run(camera_id)
    assert stored(camera_id).status == Status.LIVE


def test_a_password_that_no_key_opens_is_our_fault_and_says_what_to_do(add: Callable[..., str]) -> None:
    camera_id, other = add(username="viewer", password="x"), add()
    db.session.execute(update(Camera).where(Camera.id == camera_id).values(password_encrypted="sealed with a lost key"))
    db.session.commit()
    assert run(camera_id, other).done == 1
    camera = stored(camera_id)
    assert (camera.status, camera.outcome, outcomes()) == (Status.IDLE, None, ["internal_error", "online"])
    assert "CREDENTIAL_KEYS" in (camera.fault or "")
    assert stored(other).status == Status.LIVE


def test_an_error_in_our_code_spoils_one_reading_only(add: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    broken, fine = add(SILENT), add()
    real = stored_stream.check

    def check(target: Any, *args: Any, **kwargs: Any) -> Reading:
        if "silent" in target.url.text:
            raise ZeroDivisionError("secret detail")
        return real(target, *args, **kwargs)

    monkeypatch.setattr(stored_stream, "check", check)
    run(broken, fine)
    assert stored(broken).fault == "The check failed on our side: ZeroDivisionError."
    assert stored(fine).status == Status.LIVE


def test_a_check_that_never_ends_does_not_keep_the_batch(
    add: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    hanging, fine = add(SILENT), add()
    real = stored_stream.check

    def check(target: Any, *args: Any, **kwargs: Any) -> Reading:
        if "silent" in target.url.text:
            release.wait(20)
        return real(target, *args, **kwargs)

    monkeypatch.setattr(stored_stream, "check", check)
    started = time.monotonic()
    run(hanging, fine)
    release.set()
    assert time.monotonic() - started < 6
    assert "did not come to an end" in (stored(hanging).fault or "")
    assert stored(fine).outcome == "online"


def test_a_result_that_comes_after_its_interval_counts_as_late(
    add: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utc_now()
    just_before_its_end = tick_of(now) + MINUTE - timedelta(milliseconds=1)
    assert run(add(), now=just_before_its_end) == live.Counts(done=1, late=1)


def test_a_camera_deleted_during_its_check_leaves_nothing_behind(
    app: Flask, add: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    camera_id = add()
    real = sweep.pictures._put_all

    def put_and_delete(*args: Any) -> dict[str, str]:
        hashes = real(*args)
        db.session.delete(db.session.get(Camera, camera_id))
        db.session.commit()
        return hashes

    monkeypatch.setattr(sweep.pictures, "_put_all", put_and_delete)
    run(camera_id)
    assert db.session.get(Camera, camera_id) is None
    assert not storage_from_settings(settings).exists(latest_key(camera_id))


def test_with_storage_away_the_readings_are_safe_and_the_picture_is_old(
    add: Callable[..., str], overrides: dict[str, Any]
) -> None:
    camera_id = add()
    (overrides["DATA_DIR"] / "pictures").write_text("in the way")
    assert run(camera_id) == live.Counts(done=1)
    camera = stored(camera_id)
    assert (camera.status, camera.picture_hash, outcomes()) == (Status.LIVE, None, ["online"])
    (overrides["DATA_DIR"] / "pictures").unlink()
    live.note_storage(is_ok=True, now=utc_now())  # else the next batches leave the store alone
    run(camera_id, now=utc_now() + MINUTE)
    assert stored(camera_id).picture_hash


def test_a_database_lost_between_reading_and_picture_leaves_an_old_picture(
    add: Callable[..., str], overrides: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    camera_id = add()
    real = sweep.pictures._put_all

    def put_and_lock(*args: Any) -> dict[str, str]:
        lock_database(overrides["DATA_DIR"], seconds=0.5)
        return real(*args)

    monkeypatch.setattr(sweep.pictures, "_put_all", put_and_lock)
    assert run(camera_id) == live.Counts(done=1)
    assert (stored(camera_id).status, stored(camera_id).picture_hash) == (Status.LIVE, None)


def test_with_redis_away_nothing_is_lost(app: Flask, add: Callable[..., str]) -> None:
    camera_id = add()
    pool = app.extensions["redis_pool"]
    pool.disconnect()
    pool.connection_kwargs["path"] = "/nowhere/redis.sock"
    assert run(camera_id) == live.Counts(done=1)
    assert (stored(camera_id).status, outcomes()) == (Status.LIVE, ["online"])
    assert stored(camera_id).picture_hash


def lock_database(data_dir: Path, seconds: float) -> None:
    """Another process writes and does not let go for so long; we lose patience with it after 50 ms."""
    db.session.execute(text("PRAGMA busy_timeout=50"))
    db.session.commit()
    other = sqlite3.connect(data_dir / "camkeeper.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(seconds, other.close).start()


def test_readings_wait_for_a_database_that_comes_back(add: Callable[..., str], overrides: dict[str, Any]) -> None:
    camera_id = add(url=REFUSED)
    now = utc_now()
    claims = claim([camera_id], tick_of(now), now)
    lock_database(overrides["DATA_DIR"], seconds=0.7)
    assert sweep._check_and_write(tick_of(now), claims, lambda: now).done == 1
    assert outcomes() == ["refused"]


def test_a_database_that_stays_away_costs_the_reading_and_no_camera_its_status(
    add: Callable[..., str], monkeypatch: pytest.MonkeyPatch, overrides: dict[str, Any]
) -> None:
    monkeypatch.setattr(sweep, "DATABASE_PATIENCE_S", 0.1)
    camera_id = add(status=Status.LIVE, url=REFUSED, failures=1)
    now = utc_now()
    claims = claim([camera_id], tick_of(now), now)
    lock_database(overrides["DATA_DIR"], seconds=0.7)
    assert sweep._check_and_write(tick_of(now), claims, lambda: now) == live.Counts(lost=1)
    assert stored(camera_id).status == Status.LIVE


def test_a_lost_batch_is_checked_again_when_its_claim_has_ended(add: Callable[..., str]) -> None:
    camera_id = add()
    now = utc_now()
    claim([camera_id], tick_of(now), now)  # and its worker is killed
    assert run(camera_id, now=now) == live.Counts(elsewhere=1)
    later = now + MINUTE
    assert plan(later).batches == ((camera_id,),)
    assert run(camera_id, now=later).done == 1


def test_check_now_checks_what_is_not_due(add: Callable[..., str]) -> None:
    camera_id = add()
    run(camera_id)
    first = stored(camera_id).checked_at
    assert sweep.check_one(camera_id, utc_now()).done == 1
    assert stored(camera_id).checked_at != first
    assert outcomes() == ["online"]


def test_check_now_takes_a_camera_over_from_a_batch_that_takes_long(app: Flask, add: Callable[..., str]) -> None:
    camera_id, others = add(), [add(SILENT) for _ in range(4)]
    batch = threading.Thread(target=in_app, args=(app, camera_id, *others))
    batch.start()
    while stored(camera_id).claimed_until is None:
        time.sleep(0.01)
    started = time.monotonic()
    assert sweep.check_one(camera_id, utc_now()) == live.Counts(done=1)
    assert time.monotonic() - started < 1.5
    checked_at = stored(camera_id).checked_at
    batch.join()
    assert stored(camera_id).checked_at == checked_at, "the batch's own result came later and does not count"
    assert outcomes().count("online") == 1
    assert {stored(id).claimed_until for id in (camera_id, *others)} == {None}


def test_check_now_takes_a_camera_over_from_a_worker_that_died(add: Callable[..., str]) -> None:
    camera_id = add()
    now = utc_now()
    claim([camera_id], tick_of(now), now)
    started = time.monotonic()
    assert sweep.check_one(camera_id, now) == live.Counts(done=1)
    assert time.monotonic() - started < 1.5
    assert stored(camera_id).claimed_until is None


def test_check_now_leaves_the_banner_of_a_dead_sweep_alone(add: Callable[..., str]) -> None:
    sweep.check_one(add(), utc_now())
    assert live.sweep_state(utc_now()).done_at is None


@pytest.mark.parametrize("fields", [{"is_active": False}, None])
def test_check_now_of_a_disabled_or_deleted_camera_does_nothing(
    add: Callable[..., str], fields: dict[str, Any] | None
) -> None:
    camera_id = add(**fields) if fields else new_id()
    assert sweep.check_one(camera_id, utc_now()) == live.Counts()
    assert outcomes() == []
