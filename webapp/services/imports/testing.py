"""Trying out the streams of an import's new cameras before they are stored: the check of the sweep, result by row."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial

from sqlalchemy import bindparam, select, update

from ...extensions import db, settings
from ...models import ImportRow, WorkState
from ...outcomes import Outcome
from ...schemas import InvalidInput, StreamInput, parse
from ...video.check import check
from ...video.stream_url import parse_stream_url
from ...video.target import Limits, Target
from . import course
from .candidates import Candidate
from .course import Cancelled, Failed
from .work import Work, begin, fair_transaction, own_faults, pieces

LONGEST_S = 600.0
"""What has not been tried out by then stays so: nobody waits longer for an answer of which most is there."""
ROUNDS = 2
"""Of streams in one piece: as many as are asked at once, so often."""

lines = ImportRow.__table__
Clock = Callable[[], datetime]


def run(import_id: str, clock: Clock) -> None:
    """Try out what is left of the new cameras. An end that is asked for leaves the rest as it is."""
    import_ = course.claim(import_id, [WorkState.TESTING], clock())
    if import_ is None:
        return
    problem = None
    with suppress(Cancelled):
        try:
            with own_faults():
                _test_all(begin(import_), clock)
        except Failed as error:
            problem = str(error)
    course.go(import_id, [WorkState.TESTING], WorkState.CHECKED, clock(), problem=problem)


def _test_all(work: Work, clock: Clock) -> None:
    import_id = work.import_.id
    wanted = select(lines.c.line, lines.c.outcome).where(lines.c.import_id == import_id, lines.c.action == "create")
    rows = db.session.execute(wanted).all()
    left = {row.line for row in rows if row.outcome is None}
    done = len(rows) - len(left)
    with fair_transaction():
        work.import_.total = len(rows)
        course.advance(import_id, done, clock())
    give_up = time.monotonic() + LONGEST_S
    candidates = (candidate for chunk in work.chunks(200) for candidate in chunk if candidate.line in left)
    for piece in pieces(candidates, settings.CHECK_THREADS * ROUNDS):
        if time.monotonic() > give_up:
            return
        outcomes = _test(piece, clock())
        done += len(piece)
        with fair_transaction():
            _note(import_id, piece, outcomes)
            course.advance(import_id, done, clock())


def _test(piece: Sequence[Candidate], now: datetime) -> list[Outcome]:
    """One outcome per row; no database connection is held meanwhile."""
    db.session.commit()
    limits = Limits(networks=settings.CAMERA_ALLOWED_NETWORKS, deadline_s=settings.CHECK_DEADLINE_SECONDS)
    with ThreadPoolExecutor(settings.CHECK_THREADS, "test") as pool:
        return list(pool.map(partial(_test_one, limits=limits, now=now), piece))


def _test_one(candidate: Candidate, limits: Limits, now: datetime) -> Outcome:
    """Of the stream that is going to be checked: the main one, unless the row says otherwise."""
    fields = candidate.fields
    name = "sub_rtsp_url" if fields.get("stream") == "sub" else "rtsp_url"
    said = {"rtsp_url": fields.get(name), "username": fields.get("username"), "password": fields.get("password")}
    try:
        stream = parse(StreamInput, said)
        target = Target(parse_stream_url(stream.rtsp_url), stream.username, stream.password)
    except (InvalidInput, ValueError):
        return Outcome.INTERNAL_ERROR
    return check(target, limits, now).outcome


def _note(import_id: str, piece: Sequence[Candidate], outcomes: Sequence[Outcome]) -> None:
    of_line = lines.c.import_id == import_id, lines.c.line == bindparam("b_line")
    found = [{"b_line": c.line, "outcome": str(outcome)} for c, outcome in zip(piece, outcomes, strict=True)]
    db.session.connection().execute(update(lines).where(*of_line), found)
