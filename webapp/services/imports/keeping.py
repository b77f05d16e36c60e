"""What stays of an import, and for how long: the file and what an undo needs for a day, its rows for a month."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import delete, null, select, update

from ...extensions import db, settings, transaction
from ...models import Import, ImportRow
from ...storage import StorageError, storage_from_settings
from . import course, file
from .undoing import POSSIBLE_FOR

log = logging.getLogger(__name__)

FILE_FOR = timedelta(hours=24)
ROWS_FOR = timedelta(days=30)


def forget_old(now: datetime) -> None:
    """Delete files that came a day ago, with or without an import, and what nobody can undo or look at any more."""
    try:
        _forget_files(now)
    except StorageError as error:
        log.warning("Files of old imports could not be deleted, trying again in an hour: %s", error)
    undoable = select(Import.id).where(Import.finished_at < now - POSSIBLE_FOR, Import.state.not_in(course.BUSY))
    old = select(Import.id).where(Import.created_at < now - ROWS_FOR, Import.state.not_in(course.BUSY))
    had = update(ImportRow).where(ImportRow.import_id.in_(undoable), ImportRow.before.is_not(None))
    with transaction():
        db.session.execute(had.values(before=null()))
        db.session.execute(delete(ImportRow).where(ImportRow.import_id.in_(old)))


def _forget_files(now: datetime) -> None:
    busy = set(db.session.scalars(select(Import.id).where(Import.state.in_(course.BUSY))))
    entries = storage_from_settings(settings).list(file.FOLDER)
    ids = {entry.key.split("/")[1] for entry in entries if now - entry.modified > FILE_FOR}
    for import_id in ids - busy:
        file.forget(import_id)
