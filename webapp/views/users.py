"""People for administrators: who there is, inviting, rights, disabling, a new password."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from .. import access
from ..models import User, utc_now
from ..schemas import InvalidInput, InvitationInput, Problems, RightsInput, parse
from ..services import group_paths, users
from ..services.one_time_links import OneTimeLink
from .page import draw

pages = Blueprint("users", __name__, url_prefix="/users")

ROLES = {
    "admin": "Administrator",
    "operator": "Operator",
    "viewer": "Viewer",
    "none": "Nothing everywhere",
}
"""Roles as people read them, the strongest first."""
MEANINGS = {
    "admin": "May do everything: cameras, people, audit.",
    "operator": "Sees all cameras, adds, changes and deletes them.",
    "viewer": "Sees all cameras, changes nothing.",
    "none": "Sees only what the roles on groups below allow.",
}
ON_GROUPS = {"viewer": "Viewer", "operator": "Operator"}


@pages.app_context_processor
def _words() -> dict[str, object]:
    return {"ROLES": ROLES, "ON_GROUPS": ON_GROUPS}


@dataclass(frozen=True, slots=True)
class Draft:
    """A form about a person, as it stands in the browser."""

    name: str = ""
    role: str = "none"
    groups: tuple[tuple[str, str], ...] = field(default=())
    """Path as typed, and role; the empty rows have no path."""
    email: str = ""
    seen: str = ""
    """What the rights were when the form was first drawn."""

    @classmethod
    def sent(cls) -> Draft:
        rows = zip(request.form.getlist("group"), request.form.getlist("group_role"), strict=False)
        said = {name: request.form.get(name, "") for name in ("name", "role", "email", "seen")}
        return cls(groups=tuple(rows), **said)

    @classmethod
    def stored(cls, user: User) -> Draft:
        return cls(user.name, user.role, tuple(users.group_roles(user).items()), user.email, users.digest(user))

    def fields(self, *names: str) -> dict[str, Any]:
        """What a contract reads."""
        groups = [{"group": group, "role": role} for group, role in self.groups if group.strip()]
        return {name: getattr(self, name) for name in ("name", "role", *names)} | {"groups": groups}

    def rearranged(self, act: str) -> Draft:
        """With one more row, or without the one that was taken away."""
        taken = int(act) if act.isdecimal() else None
        rows = tuple(row for index, row in enumerate(self.groups) if index != taken)
        return replace(self, groups=rows if act.isdecimal() else (*rows, ("", "viewer")))


@pages.get("")
@access.requires("users:write")
def index() -> Response:
    return draw("users/index.html", people=users.everybody())


@pages.route("/invite", methods=["GET", "POST"])
@access.requires("users:write")
def invite() -> Response:
    if request.method == "GET":
        return _draw_form(Draft())
    draft = Draft.sent()
    if "row" in request.form:
        return _draw_form(draft.rearranged(request.form["row"]))
    try:
        user, link = users.invite(parse(InvitationInput, draft.fields("email")), utc_now())
    except InvalidInput as error:
        return _draw_form(draft, problems=error.problems)
    return _draw_link(user, link)


@pages.route("/<user_id>", methods=["GET", "POST"])
@access.requires("users:write")
def edit(user_id: str) -> AnyResponse:
    user = access.person(user_id)
    if request.method == "GET":
        return _draw_form(Draft.stored(user), user)
    draft = Draft.sent()
    if "row" in request.form:
        return _draw_form(draft.rearranged(request.form["row"]), user)
    try:
        users.update(user, parse(RightsInput, draft.fields("seen")), utc_now())
    except InvalidInput as error:
        return _draw_form(replace(draft, seen=users.digest(user)), user, error.problems)
    flash(f"{user.display_name} is saved. It holds from now on.")
    return redirect(url_for("users.index"), 303)


@pages.post("/<user_id>/disable")
@access.requires("users:write")
def disable(user_id: str) -> AnyResponse:
    user = access.person(user_id)
    try:
        users.disable(user, utc_now())
    except InvalidInput as error:
        return _draw_form(Draft.stored(user), user, error.problems)
    flash(f"{user.display_name} is disabled: signed out everywhere, and let in no more.")
    return redirect(url_for("users.index"), 303)


@pages.post("/<user_id>/enable")
@access.requires("users:write")
def enable(user_id: str) -> AnyResponse:
    user = access.person(user_id)
    users.enable(user, utc_now())
    flash(f"{user.display_name} may sign in again.")
    return redirect(url_for("users.index"), 303)


@pages.post("/<user_id>/link")
@access.requires("users:write")
def new_link(user_id: str) -> Response:
    user = access.person(user_id)
    return _draw_link(user, users.new_link(user, utc_now()))


def _draw_link(user: User, link: OneTimeLink) -> Response:
    """The answer is the only page that ever holds the link."""
    url = url_for("join.show", token=link.token, _external=True)
    return draw("users/link.html", 201, person=user, url=url, link=link)


def _draw_form(draft: Draft, user: User | None = None, problems: Problems | None = None) -> Response:
    known = sorted(map(group_paths.told, group_paths.read().values()), key=str.casefold)
    context = {"draft": draft, "person": user, "known": known, "meanings": MEANINGS, "me": current_user}
    code = 200 if problems is None else 422
    return draw("users/edit.html", code, problems=problems or {}, **context)
