"""Files without a record, and records without a file: in our own folders only, and never what is younger than a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from itertools import groupby, islice
from typing import Any

from sqlalchemy import select

from ...extensions import db, settings
from ...models import Camera, CameraReference, CameraSnapshot, Clip, ConnectionTest, Import
from ...storage import Entry, Storage, storage_from_settings
from ..snapshots import FOLDER
from .expired import forget
from .work import PIECE, Work

YOUNG = timedelta(days=1)
"""Somebody may be about to write the record."""

Known = Callable[[Sequence[str]], set[str]]
"""Of these keys, those that have a record."""


def clear(work: Work) -> None:
    storage = storage_from_settings(settings)
    if _is_the_wrong_place(work, storage):
        return
    seen = set()
    for camera_id, entries in groupby(storage.list(FOLDER), key=lambda entry: entry.key.split("/")[1]):
        seen.add(camera_id)
        _compare(work, storage, camera_id, list(entries))
    for camera_id in _cameras_with_pictures() - seen:
        _compare(work, storage, camera_id, [])
    for folder, known in FOLDERS.items():
        _clear_folder(work, storage, folder, known)


def _is_the_wrong_place(work: Work, storage: Storage) -> bool:
    """Pictures without a single camera, or records without a single picture: somebody mixed up two installations."""
    has_files = next(storage.list(FOLDER), None) is not None
    has_cameras = db.session.scalar(select(Camera.id).limit(1)) is not None
    has_records = db.session.scalar(select(CameraSnapshot.id).limit(1)) is not None
    if has_files and not has_cameras:
        work.trouble("There are pictures in the store, but no camera in the database. Is it the right database?")
    elif has_records and not has_files:
        work.trouble("There are records of pictures, but no picture in the store. Is it the right store?")
    else:
        return False
    work.trouble("No orphan was deleted.")
    return True


def _compare(work: Work, storage: Storage, camera_id: str, entries: Sequence[Entry]) -> None:
    """The files of one camera with its records, both ways."""
    query = select(CameraSnapshot.storage_path, CameraSnapshot.id).where(CameraSnapshot.camera_id == camera_id)
    records = {row.storage_path: row.id for row in db.session.execute(query)}
    db.session.commit()
    _delete(work, storage, [entry for entry in entries if entry.key not in records])
    missing = records.keys() - {entry.key for entry in entries}
    # Asked once more: a picture that came after the listing is none that is missing.
    gone = [records[key] for key in missing if not storage.exists(key)]
    if gone and not work.is_dry:
        forget(gone)
    work.count(records_without_file=len(gone))


def _cameras_with_pictures() -> set[str]:
    return set(db.session.scalars(select(CameraSnapshot.camera_id).distinct()))


def _clear_folder(work: Work, storage: Storage, folder: str, known: Known) -> None:
    entries = storage.list(folder)
    while some := list(islice(entries, PIECE)):
        has_record = known([entry.key for entry in some])
        db.session.commit()
        _delete(work, storage, [entry for entry in some if entry.key not in has_record])


def _delete(work: Work, storage: Storage, orphans: Iterable[Entry]) -> None:
    gone = [entry for entry in orphans if work.now - entry.modified > YOUNG]
    if gone and not work.is_dry:
        failures = storage.delete_all(entry.key for entry in gone)
        kept = {failure.key for failure in failures}
        gone = [entry for entry in gone if entry.key not in kept]
        work.refused(failures)
    work.count(orphans=len(gone), bytes=sum(entry.size for entry in gone))


def _by_id(column: Any, part: int) -> Known:
    """The folder or the file is called like the record."""

    def known(keys: Sequence[str]) -> set[str]:
        ids = {key: key.split("/")[part].removesuffix(".jpg") for key in keys}
        present = set(db.session.scalars(select(column).where(column.in_(set(ids.values())))))
        return {key for key, id in ids.items() if id in present}

    return known


def _by_path(column: Any) -> Known:
    def known(keys: Sequence[str]) -> set[str]:
        return set(db.session.scalars(select(column).where(column.in_(keys))))

    return known


FOLDERS: dict[str, Known] = {
    "latest/": _by_id(Camera.id, 1),
    "references/": _by_path(CameraReference.storage_path),
    "tests/": _by_id(ConnectionTest.id, 1),
    "imports/": _by_id(Import.id, 1),
    "clips/": _by_id(Clip.id, 1),
}
"""Beside the kept pictures. What lies anywhere else is not ours to delete."""
