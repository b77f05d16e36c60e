"""Storing thumbnails: what is noted, and how the workers and the pages deal with a store that is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest

from webapp.extensions import db, redis_client, settings
from webapp.models import Camera, new_id
from webapp.outcomes import Outcome, Reading
from webapp.services import live, pictures
from webapp.services.pictures import latest_key, picture_hash, store
from webapp.storage import storage_from_settings

NOW = datetime.now(UTC)
JPEG = b"\xff\xd8 a picture \xff\xd9"
Make = Callable[..., Camera]

pytestmark = pytest.mark.usefixtures("app")


def reading(jpeg: bytes | None = JPEG) -> Reading:
    return Reading(NOW, Outcome.ONLINE, jpeg=jpeg)


def stored(camera: Camera) -> Camera:
    found = db.session.get(Camera, camera.id, populate_existing=True)
    assert found
    return found


@pytest.fixture
def obstacle() -> Path:
    """A file where the folder of the pictures is to be: nothing can be stored."""
    path: Path = settings.DATA_DIR / "pictures"
    path.write_text("in the way")
    return path


def test_a_stored_picture_is_noted_with_its_hash_and_its_time(make_camera: Make) -> None:
    camera = make_camera()
    store({camera.id: reading()})
    assert (stored(camera).picture_hash, stored(camera).picture_at) == (picture_hash(JPEG), NOW)
    assert storage_from_settings(settings).get(latest_key(camera.id)).data == JPEG


def test_a_reading_without_a_picture_leaves_the_old_one(make_camera: Make) -> None:
    camera = make_camera()
    store({camera.id: reading()})
    store({camera.id: reading(jpeg=None)})
    assert stored(camera).picture_hash == picture_hash(JPEG)


def test_the_picture_of_a_camera_that_is_gone_is_not_kept(make_camera: Make) -> None:
    gone = new_id()
    store({gone: reading(), make_camera().id: reading()})
    assert not storage_from_settings(settings).exists(latest_key(gone))


def test_a_store_that_is_away_is_left_alone_for_a_while_and_then_tried_again(make_camera: Make, obstacle: Path) -> None:
    camera = make_camera()
    store({camera.id: reading()})
    assert not live.may_store(datetime.now(UTC))
    assert stored(camera).picture_hash is None
    obstacle.unlink()
    store({camera.id: reading()})
    assert stored(camera).picture_hash is None
    after_the_rest = datetime.now(UTC) + timedelta(seconds=live.STORAGE_REST_SECONDS)
    with mock.patch.object(pictures, "utc_now", return_value=after_the_rest):
        store({camera.id: reading()})
    assert stored(camera).picture_hash == picture_hash(JPEG)


def test_pages_hear_that_the_store_is_away_until_a_picture_is_stored(make_camera: Make, obstacle: Path) -> None:
    live.publish(["somebody"], status_changed=True)
    seq = live.changes_since(0).seq
    camera = make_camera()
    store({camera.id: reading()})
    assert live.changes_since(seq).status_changed
    assert not live.sweep_state(NOW).storage_ok
    obstacle.unlink()
    live.note_storage(is_ok=True, now=NOW)
    assert live.sweep_state(NOW).storage_ok


def test_a_store_that_stays_away_is_told_once() -> None:
    live.note_storage(is_ok=False, now=NOW)
    seq = live.changes_since(0).seq
    live.note_storage(is_ok=False, now=NOW)
    assert not live.changes_since(seq).status_changed


def test_the_mark_outlives_the_interval_and_not_much_more() -> None:
    live.note_storage(is_ok=False, now=NOW)
    left = redis_client.ttl(live.STORAGE_AWAY)
    assert settings.CHECK_INTERVAL_SECONDS < left < 5 * settings.CHECK_INTERVAL_SECONDS  # type: ignore[operator]
