"""The dry run: every row is planned as it would be applied, and nothing of the fleet is touched."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert

from ...extensions import db, transaction
from ...models import ImportRow, WorkState
from ..group_paths import Path, told
from . import course
from .candidates import Candidate
from .course import Cancelled, Failed
from .known import Marks, known_for
from .planning import Plan
from .work import Work, begin, fair_transaction, own_faults

CHUNK = 400
"""Rows."""
Kind = tuple[str, str]
"""Column and sentence of a problem, without what differs from row to row."""
KINDS_TOLD, LINES_TOLD, GROUPS_TOLD = 40, 12, 40

_PARTICULARS = re.compile(
    r"“[^”]*”|^\S+(?= (?:lies|has the address))|has the address \S+|(?:line|item) \d+|\d+ cameras"
)


def run(import_id: str, clock: Callable[[], datetime]) -> None:
    """Plan every row and write down what it would do; one that a dead worker began starts anew."""
    import_ = course.claim(import_id, [WorkState.CHECKING], clock())
    if import_ is None:
        return
    summary = Summary()
    try:
        with own_faults():
            _check(begin(import_), summary, clock)
    except Failed as error:
        course.go(import_id, [WorkState.CHECKING], WorkState.DRAFT, clock(), problem=str(error))
    except Cancelled:
        course.go(import_id, [WorkState.CHECKING], WorkState.DRAFT, clock())
    else:
        target = WorkState.TESTING if _is_to_test(summary, import_.options) else WorkState.CHECKED
        begin_again = {"started_at": None, "done": 0} | course.STILL_WANTED
        course.go(import_id, [WorkState.CHECKING], target, clock(), counts=summary.counts(), **begin_again)


def _is_to_test(summary: Summary, options: dict[str, Any]) -> bool:
    return bool(options.get("tests_streams") and summary.actions["create"])


def _check(work: Work, summary: Summary, clock: Callable[[], datetime]) -> None:
    import_id = work.import_.id
    with transaction():
        db.session.execute(delete(ImportRow).where(ImportRow.import_id == import_id))
    done = 0
    for chunk in work.chunks(CHUNK):
        work.hosts.learn(chunk)
        known = known_for(Marks.of(chunk, work.by_name), work.scope)
        plans = work.planner.plan(chunk, known)
        summary.add(chunk, plans, known.paths.ids)
        done += len(chunk)
        with fair_transaction():
            db.session.execute(insert(ImportRow.__table__), [row_of(import_id, plan) for plan in plans])
            course.advance(import_id, done, clock())


def row_of(import_id: str, plan: Plan) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "line": plan.line,
        "action": plan.action,
        "camera_id": plan.stored.id if plan.stored is not None else None,
        "name": plan.name,
        "problems": plan.problems or None,
        "changes": plan.told or None,
        "is_applied": False,
    }


@dataclass(slots=True)
class Summary:
    """What the rows come to together."""

    actions: Counter[str] = field(default_factory=Counter)
    lines: dict[Kind, list[int]] = field(default_factory=dict)
    """Kind of problem → the rows that have it."""
    sentences: dict[Kind, str] = field(default_factory=dict)
    """Its first one stands for all of a kind."""
    groups: dict[Path, None] = field(default_factory=dict)
    """To be made."""
    logins: int = 0

    def add(self, chunk: Iterable[Candidate], plans: Iterable[Plan], groups: Iterable[Path]) -> None:
        for candidate, plan in zip(chunk, plans, strict=True):
            self.actions[plan.action] += 1
            self.logins += candidate.had_login and plan.writes
            for problem in plan.problems:
                kind = (problem["column"], _PARTICULARS.sub("…", problem["sentence"]))
                self.lines.setdefault(kind, []).append(plan.line)
                self.sentences.setdefault(kind, problem["sentence"])
            if plan.writes and plan.path and plan.given and plan.given.group_id is None:
                steps = (plan.path[:depth] for depth in range(1, len(plan.path) + 1))
                self.groups |= dict.fromkeys(step for step in steps if step not in groups)

    def counts(self) -> dict[str, Any]:
        """As Import.counts keeps them."""
        kinds = sorted(self.lines.items(), key=lambda item: -len(item[1]))
        told_kinds = [
            {"column": kind[0], "sentence": self.sentences[kind], "number": len(lines), "lines": lines[:LINES_TOLD]}
            for kind, lines in kinds[:KINDS_TOLD]
        ]
        return {
            **self.actions,
            "logins": self.logins,
            "problems": told_kinds,
            "more_problems": len(kinds) - len(told_kinds),
            "groups": len(self.groups),
            "new_groups": [told(path) for path in list(self.groups)[:GROUPS_TOLD]],
        }
