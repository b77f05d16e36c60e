"""An import as a worker goes through it: its rows in chunks, each a short transaction, so that others can write too."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError

from ...extensions import settings, transaction
from ...models import Import, new_id
from ...schemas import ImportOptions
from ...storage import StorageError
from ..group_paths import Path
from ..rights import Scope
from . import course, file
from .candidates import Candidate, Reader
from .course import Cancelled, Failed, OutOfTurn
from .drafts import found_of, options_of
from .hosts import Hosts
from .planning import Planner
from .reading import rows
from .table import Found, Unreadable

log = logging.getLogger(__name__)

T = TypeVar("T")
LONGEST_REST_S = 0.2
NO_RIGHTS = "Whoever started this import may not change cameras any more."


@dataclass(slots=True)
class Work:
    """Everything needed to go through the rows of an import, on behalf of whoever started it."""

    import_: Import
    scope: Scope
    found: Found
    options: ImportOptions
    data: bytes
    reader: Reader
    hosts: Hosts
    planner: Planner
    group_ids: defaultdict[Path, str] = field(default_factory=lambda: defaultdict(new_id))
    """Of the groups that it is to make."""

    @property
    def by_name(self) -> bool:
        return self.options.match == "name"

    def chunks(self, size: int) -> Iterator[list[Candidate]]:
        return pieces((self.reader.candidate(row) for row in rows(self.data, self.found)), size)


def begin(import_: Import) -> Work:
    """Raises Failed when the file is gone, or the rights are.

    The paths in the file begin at the groups of who uploaded it, whoever has it stored: both need the right.
    """
    who = course.uploader(import_)
    if not (who.may and course.starter(import_).may):
        raise Failed(NO_RIGHTS)
    try:
        data = file.load(import_.id)
    except (Unreadable, StorageError) as error:
        raise Failed(str(error)) from None
    found, options = found_of(import_), options_of(import_)
    reader, hosts = Reader(found, options.mapping), Hosts()
    planner = Planner(reader, options, hosts, found.word)
    return Work(import_, who.scope, found, options, data, reader, hosts, planner)


@contextmanager
def own_faults() -> Iterator[None]:
    """A fault of ours ends the import with a sentence, instead of being tried again every minute.

    A database that is away is no such fault: the import goes on when it is back.
    """
    try:
        yield
    except (Failed, Cancelled, OutOfTurn, OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("An import failed on our side.")
        raise Failed(f"This failed on our side ({type(error).__name__}); it is in the log. Try again.") from None


def pieces(items: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(items)
    while piece := list(islice(left, size)):
        yield piece


@contextmanager
def fair_transaction() -> Iterator[None]:
    """A transaction after which others get as long as it took: SQLite's one lock goes to whoever asks first."""
    began = time.monotonic()
    with transaction():
        yield
    if settings.is_embedded:
        time.sleep(min(time.monotonic() - began, LONGEST_REST_S))
