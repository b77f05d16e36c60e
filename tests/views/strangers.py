"""A fleet of which some is one's own and the rest a stranger's, marked so that it is recognised wherever it leaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conftest import PASSWORD_HASH
from tests.views.conftest import give_clip, give_picture, give_reference, give_snapshot
from webapp.extensions import db
from webapp.models import (
    ApiToken,
    AuditEntry,
    BulkAction,
    Camera,
    CameraGroup,
    ConnectionTest,
    GroupRole,
    MaintenanceWindow,
    Report,
    Role,
    SavedView,
    StatusChange,
    User,
    new_id,
    utc_now,
)
from webapp.services.grid import pack
from webapp.services.imports import drafts as imports
from webapp.services.reports.periods import Kind, last_over
from webapp.services.reports.result import Places, Told, assemble

CAMERA_MARK = "xanadu"
"""Stands in every text of the cameras and groups that are not one's own."""
PERSON_MARK = "yggdrasil"
"""Stands in every text about other people and of what is theirs alone."""

Values = dict[str, str]
"""Argument of a route → what stands in the address."""


@dataclass(frozen=True)
class Person:
    """Somebody who asks: a role everywhere, and maybe one on the group Yard."""

    name: str
    role: Role
    on_yard: Role | None = None

    def has(self, permission: str) -> bool:
        """Anywhere at all."""
        return any(User(role=role).may(permission) for role in (self.role, self.on_yard) if role)

    @property
    def sees_all(self) -> bool:
        return self.role is not Role.NONE

    @property
    def sees_yard(self) -> bool:
        return self.sees_all or self.on_yard is not None


ADMIN = Person("admin", Role.ADMIN)
OPERATOR = Person("operator", Role.OPERATOR)
VIEWER = Person("viewer", Role.VIEWER)
NOBODY = Person("nobody", Role.NONE)
YARD_OPERATOR = Person("operator of the yard", Role.NONE, Role.OPERATOR)
YARD_VIEWER = Person("viewer of the yard", Role.NONE, Role.VIEWER)
SCOPED = (NOBODY, YARD_OPERATOR, YARD_VIEWER)
EVERYBODY = (ADMIN, OPERATOR, VIEWER, *SCOPED)


@dataclass(frozen=True)
class Fleet:
    """Gate, in Yard, in Xanadu, holds one's own camera; all the rest is a stranger's."""

    yard: CameraGroup
    own: Values
    foreign: Values

    def enter(self, person: Person) -> User:
        """The person, with what everybody has of their own: a test, a view, a token …"""
        user = _user(person.name.replace(" ", "."), person.role)
        if person.on_yard:
            db.session.add(GroupRole(user_id=user.id, group_id=self.yard.id, role=person.on_yard))
        self.own.update(_belongings(user, "own"))
        db.session.commit()
        return user


def make_fleet(make_camera: Callable[..., Camera]) -> Fleet:
    above = _group("Xanadu")
    yard = _group("Yard", above)
    gate, annex, elsewhere = _group("Gate", yard), _group("Xanadu annex", above), _group("Xanadu east")
    own = make_camera(name="Barrier", group_id=gate.id, code="Y-1", **_status("live"))
    strange = [_foreign_camera(make_camera, n, group) for n, group in enumerate((annex, above, elsewhere, None))]
    stranger = _user(PERSON_MARK, Role.OPERATOR)
    foreign = _about(strange[0], annex, stranger) | _belongings(stranger, PERSON_MARK)
    colleague = _user(f"{PERSON_MARK}.colleague", Role.VIEWER)
    return Fleet(yard, _about(own, gate, colleague), foreign)


def _foreign_camera(make_camera: Callable[..., Camera], number: int, group: CameraGroup | None) -> Camera:
    texts = dict.fromkeys(("name", "location", "vendor", "model", "notes", "detail"), f"Xanadu {number}")
    address = f"rtsp://10.66.0.{number}:554/xanadu"
    camera = make_camera(
        **texts,
        code=f"Z-{number}",
        rtsp_url=address,
        tags=("xanadu",),
        group_id=group.id if group else None,
        **_status("offline"),
    )
    now = datetime.now(UTC)
    db.session.add(StatusChange(camera_id=camera.id, at=now, old="live", new="offline", reason="timeout"))
    entry = {"action": "camera.update", "changes": {"location": ["Xanadu", "Xanadu east"]}}
    db.session.add(AuditEntry(at=now, actor="Camkeeper", camera_id=camera.id, subject=camera.name, **entry))
    return camera


def _status(status: str) -> dict[str, object]:
    now = datetime.now(UTC)
    due = {"checked_at": now, "tried_at": now, "next_due_at": now + timedelta(minutes=5)}
    return {"status": status, "outcome": "online" if status == "live" else "timeout"} | due


def _group(name: str, parent: CameraGroup | None = None) -> CameraGroup:
    group = CameraGroup(name=name, parent_id=parent.id if parent else None)
    db.session.add(group)
    db.session.flush()
    return group


def _user(name: str, role: Role) -> User:
    user = User(email=f"{name}@example.com", name=name, role=role, password_hash=PASSWORD_HASH)
    db.session.add(user)
    db.session.flush()
    return user


def _about(camera: Camera, group: CameraGroup, user: User) -> Values:
    change = StatusChange(id=new_id(), camera_id=camera.id, at=utc_now(), old="live", new="offline", reason="timeout")
    later, work = utc_now() + timedelta(days=1), f"Work on {camera.name}"
    window = MaintenanceWindow(id=new_id(), group_id=group.id, reason=work, starts_at=later, minutes=60)
    db.session.add_all([change, window])
    return {
        "change_id": change.id,
        "window_id": window.id,
        "camera_id": camera.id,
        "head": camera.id[:13],
        "group_head": group.id[:13],
        "picture_hash": give_picture(camera),
        "snapshot_id": give_snapshot(camera).id,
        "clip_id": give_clip(camera).id,
        "reference_id": give_reference(camera).id,
        "group_id": group.id,
        "user_id": user.id,
        "token": "x",
        "task": "snapshots",
    }


def _belongings(user: User, mark: str) -> Values:
    test = ConnectionTest(user_id=user.id, rtsp_url=f"rtsp://10.66.0.9/{mark}", steps=[])
    view = SavedView(user_id=user.id, name=f"View {mark}", address="/cameras?status=offline")
    hash_ = (new_id() + new_id()).replace("-", "")
    token = ApiToken(
        user_id=user.id, name=f"Token {mark}", beginning="ck_12345", token_hash=hash_, scopes=[], session_version=1
    )
    bulk = BulkAction(user_id=user.id, action="tag", params={"tags": [mark]}, state="done")
    report = _report(user, mark)
    db.session.add_all([test, view, token, bulk, report])
    db.session.commit()
    imported = imports.create(user, f"{mark}.csv", f"name,rtsp_url\nA {mark},rtsp://10.66.8.8/\n".encode(), utc_now())
    found = {"test_id": test, "view_id": view, "token_id": token, "bulk_id": bulk, "import_id": imported}
    return {name: thing.id for name, thing in (found | {"report_id": report}).items()}


def _report(user: User, mark: str) -> Report:
    """Of last week, and over no group, so that whoever made it may still read it."""
    period = last_over(Kind.WEEK, utc_now(), "UTC")
    there = Places({}, {}, is_whole=True)
    return Report(
        user_id=user.id,
        name=f"Report {mark}",
        scope=[],
        period="week",
        starts_at=period.start,
        ends_at=period.end,
        state="done",
        result=assemble(Told((), (), there, period, utc_now())),
    )


BULK_ACTS = ("tag", "move", "delete", "disable", "check")
TEXTS = {
    "name": "Forged",
    "email": "forged@example.com",
    "rtsp_url": "rtsp://10.66.9.9:554/a",
    "code": "z-0",
    "tags": "forged",
    "password": "x",
    "role": "admin",
    "scopes": "users:write",
    "subgroups": "move",
    "agreed": "1",
    "typed": "1",
}
"""Fields that forms have; the code is a stranger's in another case."""


def forged(endpoint: str, method: str, foreign: Values, own: Values | None = None) -> list[dict[str, Any]]:
    """Requests with what is a stranger's in every field that anything asks for, but never with its name.

    With `own` also one that names one's own places and goes far enough to meet what a stranger has already.
    """
    group = foreign["group_id"]
    if method == "GET":
        return [{"query_string": {}}, {"query_string": _asked(foreign)}]
    places = dict.fromkeys(("group_id", "parent_id", "target_id", "group", "target"), group)
    cameras = dict.fromkeys(("camera", "camera_id"), foreign["camera_id"])
    sent = TEXTS | places | cameras | {"list": f"/cameras?group={group}", "address": f"/groups/{group}"}
    if endpoint in ("bulk.ask", "bulk.start"):
        return [{"data": sent | {"action": act} | more} for act in BULK_ACTS for more in ({}, {"all": "1"})]
    within = [{"data": sent | {"group_id": own["group_id"], "parent_id": own["group_id"]}}] if own else []
    return [{"data": sent}, *within]


def _asked(foreign: Values) -> dict[str, str]:
    group, heads = foreign["group_id"], pack([Camera(id=foreign["camera_id"])])
    listed = {"group": group, "parent_id": group, "camera": foreign["camera_id"], "status": "offline"}
    polled = {"since": "0", "stale_at": "1", "heads": heads, "counts": "none", "elsewhere": "0"}
    return listed | polled | {"q": CAMERA_MARK[:4]}
