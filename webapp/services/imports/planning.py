"""What each row of a file would do: the one planner behind the dry run and the real one. It writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from ...credentials import Credentials, CredentialUnreadable
from ...extensions import settings
from ...schemas import CameraInput, ImportOptions, InvalidInput, parse
from .. import audit
from ..camera_record import PLAIN_FIELDS, described, require_known_addresses
from ..cameras import code_taken
from ..group_paths import Path, told
from .candidates import HIDDEN, URLS, Candidate, Problem, Reader
from .hosts import Hosts
from .known import Known
from .matching import Matcher, NoMatch

KEPT_WHEN_BLANK = ("password", "is_active")
"""A blank cell never clears these: it is too easily left blank."""


@dataclass(slots=True)
class Plan:
    """What one row is to do, or all that is wrong with it."""

    line: int
    action: str
    name: str | None
    stored: Row[Any] | None = None
    given: CameraInput | None = None
    """With group_id None where `path` is to be made first."""
    path: Path | None = None
    """Of the group the camera is to be in, as far as the row moves it."""
    problems: list[Problem] = field(default_factory=list)
    changes: dict[str, list[Any]] = field(default_factory=dict)
    """As an audit entry tells them."""
    told: dict[str, list[Any]] = field(default_factory=dict)
    """The same as whoever imports may know it: without the groups above their own."""

    @property
    def writes(self) -> bool:
        return self.action in ("create", "update")

    def let_go(self) -> None:
        """Of what has been written out: twenty thousand plans may be held at once."""
        self.changes = {}
        if self.stored is None:
            self.given = None


class Planner:
    """Plans the rows of one file from the first to the last: it remembers what earlier rows took."""

    def __init__(self, reader: Reader, options: ImportOptions, hosts: Hosts, word: str) -> None:
        self._reader, self._options, self._hosts = reader, options, hosts
        self._credentials = Credentials(settings.CREDENTIAL_KEYS)
        self._matcher = Matcher(options, word)

    def plan(self, candidates: Iterable[Candidate], known: Known) -> list[Plan]:
        return [self._plan(candidate, known) for candidate in candidates]

    def _plan(self, candidate: Candidate, known: Known) -> Plan:
        try:
            stored = self._matcher.match(candidate, known)
        except NoMatch as error:
            return self._unmatched(error, candidate, known)
        if stored is not None and self._options.existing == "skip":
            return self._taken(Plan(candidate.line, "skip", stored.name, stored), candidate)
        plan = Plan(candidate.line, "update" if stored else "create", candidate.name, stored)
        plan.problems += candidate.problems
        group_id = self._group(plan, candidate, known)
        self._fill(plan, candidate, group_id)
        self._judge(plan, candidate, known)
        if plan.problems or plan.given is None:
            plan.action, plan.problems = "error", self._reader.in_order(plan.problems)
            return plan
        return self._taken(self._compared(plan, plan.given, known), candidate)

    def _unmatched(self, error: NoMatch, candidate: Candidate, known: Known) -> Plan:
        """With whatever else is wrong with what it says; what it leaves out a stored camera might have."""
        plan = Plan(candidate.line, "error", candidate.name)
        plan.problems = [*candidate.problems, self._problem(candidate, error.field, error.sentence)]
        if candidate.path is not None:
            self._group(plan, candidate, known)
        self._fill(plan, candidate, None)
        self._judge_network(plan, candidate)
        plan.problems = self._reader.in_order(plan.problems)
        return plan

    def remember(self, candidate: Candidate, camera_id: str | None) -> None:
        """This row is done with already, and what it took is taken."""
        self._matcher.note(candidate, camera_id)

    def _taken(self, plan: Plan, candidate: Candidate) -> Plan:
        self._matcher.note(candidate, plan.stored.id if plan.stored else None)
        return plan

    def _group(self, plan: Plan, candidate: Candidate, known: Known) -> str | None:
        """The id of the group the camera is to be in; None for no group, and for one that is yet to be made."""
        stored, path = plan.stored, candidate.path
        is_cleared = self._options.existing == "overwrite" and "group" in candidate.fields
        if path is None:
            group_id: str | None = stored.group_id if stored else self._options.group_id
            group_id = None if stored and is_cleared else group_id
            if problem := _problem_without_path(group_id, known):
                plan.problems.append(self._reader.problem("group", None, problem))
            return group_id
        problem = known.paths.problem(path)
        if not problem and path not in known.paths.ids and not self._options.creates_groups:
            problem = "There is no such group. Correct the path, or have missing groups made."
        if problem:
            plan.problems.append(self._reader.problem("group", path, problem))
        plan.path = path
        return known.paths.ids.get(path)

    def _fill(self, plan: Plan, candidate: Candidate, group_id: str | None) -> None:
        said = {name: value for name, value in candidate.fields.items() if name != "group"}
        if plan.stored is None or self._options.existing == "fill":
            said = {name: value for name, value in said.items() if value is not None}
        else:
            blank = {name for name in KEPT_WHEN_BLANK if said.get(name, "") is None}
            said = {name: value for name, value in said.items() if name not in blank}
        kept = {"name": None, "rtsp_url": None}  # blank, where the row does not say them
        if plan.stored is not None:
            kept = {name: getattr(plan.stored, name) for name in PLAIN_FIELDS}
        try:
            plan.given = parse(CameraInput, kept | said | {"group_id": group_id})
        except InvalidInput as error:
            self._note_all(plan, candidate, error)

    def _judge(self, plan: Plan, candidate: Candidate, known: Known) -> None:
        """What only the stored cameras and the network can say: also of a row that is wrong elsewhere."""
        stored, given = plan.stored, plan.given
        self._judge_network(plan, candidate)
        code = (given.code or "").lower() if given else candidate.code
        holder = known.codes.get(code) if code else None
        if holder is not None and (stored is None or holder.id != stored.id):
            sentence = code_taken(holder.name if known.covers(holder) else None)
            plan.problems.append(self._problem(candidate, "code", sentence))
        try:
            if stored is not None and given is not None:
                require_known_addresses(given, stored)
        except InvalidInput as error:
            self._note_all(plan, candidate, error)

    def _judge_network(self, plan: Plan, candidate: Candidate) -> None:
        for name in URLS:
            url = getattr(plan.given, name) if plan.given else candidate.stream(name)
            if url and url != getattr(plan.stored, name, None) and (problem := self._hosts.problem(url)):
                plan.problems.append(self._problem(candidate, name, problem))

    def _compared(self, plan: Plan, given: CameraInput, known: Known) -> Plan:
        """With what changes; a row that changes nothing is unchanged."""
        if plan.stored is not None:
            given = plan.given = self._without_known_password(given, plan.stored)
        before = described(plan.stored) if plan.stored is not None else {}
        after = {name: getattr(given, name) for name in PLAIN_FIELDS}
        plan.changes = audit.changes(before | {"password_encrypted": None}, after)
        if given.password is not None:
            plan.changes |= audit.changes(before, {**before, "password_encrypted": given.password})
        if plan.path is not None and given.group_id is None:
            plan.changes["group_id"] = [plan.changes.get("group_id", [None])[0], told(plan.path)]
        plan.changes |= {name: _veiled(plan.changes[name]) for name in self._reader.veiled & plan.changes.keys()}
        plan.told = self._told(plan, given, known)
        plan.name = given.name
        plan.action = plan.action if plan.changes else "unchanged"
        return plan

    def _told(self, plan: Plan, given: CameraInput, known: Known) -> dict[str, list[Any]]:
        if "group_id" not in plan.changes:
            return plan.changes
        was = known.ids.get(plan.stored.group_id) if plan.stored is not None else None
        is_to_be = plan.path or known.ids.get(given.group_id or "")
        return plan.changes | {"group_id": [told(was) if was else None, told(is_to_be) if is_to_be else None]}

    def _without_known_password(self, given: CameraInput, stored: Row[Any]) -> CameraInput:
        """A password that is stored already stays as it is sealed, unless it is said anew for another address."""
        if given.password is None or not self._is_stored(given.password, stored):
            return given
        bare = given.model_copy(update={"password": None})
        try:
            require_known_addresses(bare, stored)
        except InvalidInput:
            return given
        return bare

    def _is_stored(self, password: str, stored: Row[Any]) -> bool:
        if stored.password_encrypted is None:
            return False
        try:
            return self._credentials.decrypt(stored.password_encrypted, stored.id) == password
        except CredentialUnreadable:
            return False

    def _problem(self, candidate: Candidate, name: str, sentence: str) -> Problem:
        value = candidate.texts.get(name, candidate.fields.get(name))
        return self._reader.problem(name, value, sentence)

    def _note_all(self, plan: Plan, candidate: Candidate, error: InvalidInput) -> None:
        for path, sentences in error.problems.items():
            name = path.partition(".")[0]
            if plan.action != "error" or candidate.fields.get(name) is not None:
                plan.problems += [self._problem(candidate, name, sentence) for sentence in sentences]


def _veiled(change: list[Any]) -> list[Any]:
    return [HIDDEN if value else value for value in change]


def _problem_without_path(group_id: str | None, known: Known) -> str | None:
    if group_id is None and not known.scope.is_everything:
        return "Name one of your groups: you may not keep cameras outside of them."
    if group_id is not None and group_id not in known.ids:
        return "The group for rows without one is not there any more. Choose another."
    return None
