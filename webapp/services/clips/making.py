"""Making a clip as a worker does: in a folder of its own, which goes with it, and stored only when it is whole."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import or_, update

from ...credentials import Credentials, CredentialUnreadable
from ...extensions import db, settings, transaction
from ...models import Camera, Clip, ClipKind, WorkState
from ...storage import StorageError, storage_from_settings
from ...video import clips as video
from ...video.clips import ClipFailed, Video
from ...video.stream_url import InvalidStreamUrl
from ...video.target import Limits
from ..stored_stream import target_of
from . import pieces

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
TELL_EVERY_S = 1.0
LIFELESS = timedelta(minutes=2)
"""After so long without getting any further a worker counts as dead."""
GIVE_UP = timedelta(hours=1)
"""Whoever asked has stopped waiting."""
GIVEN_UP = "No worker finished this clip. Look at the status page, then ask again."
SOURCE_GONE = "The clip it should be made from was deleted."


class Gone(Exception):
    """The clip was deleted meanwhile, or given up."""


def run(clip_id: str, clock: Clock) -> None:
    """Record, convert or look through; nothing happens when it is not waiting any more."""
    clip = _claim(clip_id, clock())
    if clip is None:
        return
    try:
        with TemporaryDirectory(prefix="clip-") as folder:
            _finish(clip, *_make(clip, Path(folder), _teller(clip, clock)), clock)
    except Gone:
        storage_from_settings(settings).delete_prefix(clip.storage_path)
    except (ClipFailed, StorageError, CredentialUnreadable, InvalidStreamUrl) as error:
        _fail(clip, str(error), clock())


def give_up(now: datetime) -> None:
    """What a worker died over, or nobody took up."""
    is_dead = (Clip.state == WorkState.RUNNING) & (Clip.progress_at < now - LIFELESS)
    is_late = (Clip.state == WorkState.QUEUED) & (Clip.created_at < now - GIVE_UP)
    with transaction():
        db.session.execute(
            update(Clip).where(or_(is_dead, is_late)).values(state=WorkState.FAILED, problem=GIVEN_UP, progress_at=now)
        )


def _claim(clip_id: str, now: datetime) -> Clip | None:
    waiting = update(Clip).where(Clip.id == clip_id, Clip.state == WorkState.QUEUED)
    with transaction():
        claimed = db.session.execute(
            waiting.values(state=WorkState.RUNNING, progress_at=now).returning(Clip.id)
        ).first()
    return db.session.get(Clip, clip_id, populate_existing=True) if claimed else None


def _make(clip: Clip, folder: Path, tell: video.OnProgress) -> tuple[Video, Path | None]:
    """What came of it, and the file that is to be stored: None when it lies in storage already."""
    made, source = folder / "made.mp4", folder / "source"
    if clip.kind == ClipKind.RECORDED:
        return _record(clip, made, tell), made
    if clip.kind == ClipKind.UPLOADED:
        _fetch(clip, source)
        return video.examine(source), None
    found = db.session.get(Clip, clip.source_id or "")
    if found is None:
        raise ClipFailed(SOURCE_GONE, "Choose another one.")
    _fetch(found, source)
    return video.convert(source, clip.codec or "h264", made, tell), made


def _record(clip: Clip, made: Path, tell: video.OnProgress) -> Video:
    camera = db.session.get_one(Camera, clip.camera_id)
    target = target_of(camera, Credentials(settings.CREDENTIAL_KEYS))
    db.session.commit()  # nothing is held while it takes its time
    limits = Limits(settings.CAMERA_ALLOWED_NETWORKS, settings.CHECK_DEADLINE_SECONDS)
    return video.record(target, limits, int(clip.seconds or 1), made, tell)


def _fetch(clip: Clip, file: Path) -> None:
    size, path = clip.size, clip.storage_path
    db.session.commit()
    with file.open("wb") as stream:
        for data in pieces.read(storage_from_settings(settings), path, 0, size):
            stream.write(data)


def _teller(clip: Clip, clock: Clock) -> video.OnProgress:
    """Notes how far it is, at most once a second. Raises Gone."""
    told_at, clip_id, whole = [0.0], clip.id, clip.seconds

    def tell(seconds: float) -> None:
        if time.monotonic() - told_at[0] < TELL_EVERY_S:
            return
        told_at[0] = time.monotonic()
        percent = min(99, int(100 * seconds / whole)) if whole else 0
        _move(clip_id, clock(), progress=percent)

    return tell


def _finish(clip: Clip, found: Video, made: Path | None, clock: Clock) -> None:
    size = clip.size
    if made is not None:
        with made.open("rb") as file:
            size = pieces.put(storage_from_settings(settings), clip.storage_path, file, video.MOST_BYTES * 2)
    facts = {"codec": found.codec, "seconds": found.seconds, "size": size}
    _move(clip.id, clock(), state=WorkState.DONE, progress=100, **facts)


def _fail(clip: Clip, why: str, now: datetime) -> None:
    log.warning("The clip %s could not be made: %s", clip.id, why)
    if clip.kind == ClipKind.UPLOADED:
        _drop(clip)
    try:
        _move(clip.id, now, state=WorkState.FAILED, problem=why[:500])
    except Gone:
        _drop(clip)


def _drop(clip: Clip) -> None:
    storage_from_settings(settings).delete_prefix(clip.storage_path)


def _move(clip_id: str, now: datetime, **values: object) -> None:
    """Raises Gone when it is no longer ours to move."""
    running = update(Clip).where(Clip.id == clip_id, Clip.state == WorkState.RUNNING)
    with transaction():
        moved = db.session.execute(running.values(progress_at=now, **values).returning(Clip.id)).first()
    if moved is None:
        raise Gone
