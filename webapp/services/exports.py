"""Cameras as a file: the columns the import takes, written while they are read, in constant memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from werkzeug.security import check_password_hash

from ..credentials import Credentials, CredentialUnreadable
from ..extensions import db, settings, transaction
from ..models import Camera, User
from ..schemas import ExportInput, InvalidInput
from ..video.stream_url import stream_address
from . import audit, finding, group_paths
from .camera_columns import COLUMNS, Column, join_path, to_cell
from .finding import CameraFilter
from .group_paths import Path
from .rights import EVERYTHING, Scope

DELIMITERS = {"comma": ",", "semicolon": ";"}
BYTE_ORDER_MARK = "\ufeff"
URLS = ("rtsp_url", "sub_rtsp_url")
BATCH = 1000
"""Cameras in memory at once; each batch costs a look at all that match."""
MOST_NAMED = 5
UNREADABLE = (
    "The stored passwords of {count:,} of these cameras cannot be read ({names}): no key in CREDENTIAL_KEYS opens them."
    " Put the key back, or enter these passwords again."
)

Row = dict[str, Any]
"""Column name → value; a group as the names of its path."""


def start(wanted: CameraFilter, given: ExportInput, said: str, now: datetime, may_write: Scope) -> Iterator[str]:
    """Note the export and give its text, portion by portion; `said` is the filter as its address says it.

    Of cameras that the person may only look at it tells of the stream what their pages do: its address.
    """
    _note("camera.export", wanted, given, said, now)
    return _written(wanted, given, now, [column for column in COLUMNS if not column.is_secret], may_write)


def start_with_passwords(
    wanted: CameraFilter, given: ExportInput, said: str, now: datetime, user: User, password: str
) -> Iterator[str]:
    """The same with the passwords of the cameras, for somebody who types their own again. InvalidInput, before a line
    is written, when that is wrong or a stored password cannot be read.
    """
    if not check_password_hash(user.password_hash, password):
        with transaction():
            audit.record("camera.export_refused", user, after={"filter": said or "all"}, at=now)
        raise InvalidInput({"password": ["This is not your password. Nothing was exported."]})
    _require_readable(wanted, now)
    _note("camera.export_credentials", wanted, given, said, now)
    return _written(wanted, given, now, COLUMNS, EVERYTHING)


def _note(action: str, wanted: CameraFilter, given: ExportInput, said: str, now: datetime) -> None:
    count = finding.count(wanted, now)
    told = {"cameras": count, "format": given.format, "filter": said or "all"}
    with transaction():
        audit.record(action, f"{count:,} camera{'' if count == 1 else 's'}", after=told, at=now)


def _require_readable(wanted: CameraFilter, now: datetime) -> None:
    """A file that leaves out some passwords without saying so would be taken for whole."""
    names = [camera.name for batch in finding.each(wanted, now, BATCH) for camera in batch if not _is_readable(camera)]
    if names:
        named = ", ".join(f"“{name}”" for name in names[:MOST_NAMED]) + (" and others" if names[MOST_NAMED:] else "")
        raise InvalidInput({"": [f"{UNREADABLE.format(count=len(names), names=named)} Nothing was exported."]})


def _is_readable(camera: Camera) -> bool:
    try:
        _password(camera)
    except CredentialUnreadable:
        return False
    return True


def _password(camera: Camera) -> str | None:
    sealed = camera.password_encrypted
    return Credentials(settings.CREDENTIAL_KEYS).decrypt(sealed, camera.id) if sealed else None


def _written(
    wanted: CameraFilter, given: ExportInput, now: datetime, columns: Sequence[Column], may_write: Scope
) -> Iterator[str]:
    rows = _rows(wanted, now, columns, may_write)
    return _as_json(rows) if given.format == "json" else _as_csv(rows, given, columns)


def _rows(wanted: CameraFilter, now: datetime, columns: Sequence[Column], may_write: Scope) -> Iterator[list[Row]]:
    """A batch at a time. What is read ends its transaction at once: downloads are slow, and SQLite's log grows as long
    as somebody reads."""
    for batch in finding.each(wanted, now, BATCH):
        paths = group_paths.read(wanted.scope)
        rows = [_row(camera, paths, columns, may_write.covers(camera.group_id)) for camera in batch]
        db.session.commit()
        yield rows


def _row(camera: Camera, paths: dict[str, Path], columns: Sequence[Column], is_whole: bool) -> Row:
    row = {column.name: _value(camera, column.name, paths) for column in columns}
    if is_whole:
        return row
    return row | {"username": None} | {name: row[name] and f"rtsp://{stream_address(row[name])}" for name in URLS}


def _value(camera: Camera, name: str, paths: dict[str, Path]) -> Any:
    if name == "group":
        return paths.get(camera.group_id or "")
    return _password(camera) if name == "password" else getattr(camera, name)


def _as_csv(batches: Iterator[list[Row]], given: ExportInput, columns: Sequence[Column]) -> Iterator[str]:
    delimiter = DELIMITERS[given.delimiter]
    mark = BYTE_ORDER_MARK if given.byte_order_mark else ""
    yield mark + _lines([[column.label for column in columns]], delimiter)
    for rows in batches:
        yield _lines([[to_cell(name, value) for name, value in row.items()] for row in rows], delimiter)


def _lines(cells: list[list[str]], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(cells)
    return text.getvalue()


def _as_json(batches: Iterator[list[Row]]) -> Iterator[str]:
    before = "[\n"
    for rows in batches:
        yield before + ",\n".join(json.dumps(_plain(row), ensure_ascii=False) for row in rows)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _plain(row: Row) -> Row:
    """A path as one text, as people write it into a file."""
    return row | {"group": join_path(row["group"]) if row["group"] else None}
