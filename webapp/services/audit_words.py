"""How an audit entry reads: acts, fields and values in the words people use. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from .audit import HIDDEN, SECRET

VERBS = {
    "create": "added",
    "update": "changed",
    "delete": "deleted",
    "move": "moved",
    "rename": "renamed",
    "invite": "invited",
    "join": "joined",
    "enable": "switched on",
    "disable": "switched off",
    "reset": "reset",
    "reset_password": "chose a new password",
    "change_password": "changed the password",
    "maintain": "put in maintenance",
    "resume": "taken out of maintenance",
    "revoke": "revoked",
    "sign_in": "signed in",
    "sign_in_failed": "failed to sign in",
    "sign_out_everywhere": "signed out everywhere",
    "import": "imported",
    "export": "exported",
    "export_credentials": "exported with passwords",
    "upload": "uploaded",
    "start": "started",
    "apply": "applied",
    "cancel": "cancelled",
    "undo": "undone",
    "tag": "tagged",
    "share": "shared",
    "check": "checked now",
    "acknowledge": "acknowledged",
    "unacknowledge": "no longer acknowledged",
    "mute": "muted",
    "unmute": "counted again",
    "snapshot": "snapshot taken",
    "delete_snapshot": "snapshot deleted",
    "record_clip": "clip recorded",
    "delete_clip": "clip deleted",
    "convert": "converted",
}
ACTS = {
    "housekeeping.run": "Clean-up started",
    "housekeeping.dry_run": "Clean-up tried out",
    "user.enable": "Person let in again",
    "user.disable": "Person shut out",
    "user.reset": "Person given a new link",
    "camera.view_right": "View of a camera called right",
    "window.end": "Maintenance window ended early",
    "camera.export_refused": "Export with passwords refused",
}
"""What noun and verb cannot say by themselves."""
NOUNS = {
    "user": "Person",
    "token": "API token",
    "view": "Saved view",
    "bulk": "Bulk action",
    "role": "Right",
    "window": "Maintenance window",
}
FIELDS = {
    "rtsp_url": "RTSP URL",
    "sub_rtsp_url": "Sub stream URL",
    "stream": "Checked stream",
    "username": "User name",
    "password_encrypted": "Password",
    "password_hash": "Password",
    "token_hash": "Token",
    "group_id": "Group",
    "parent_id": "Within",
    "fps": "Frames per second",
    "is_active": "Checked",
    "is_enabled": "May sign in",
    "is_shared": "Shared",
    "enable_detection": "Face detection",
    "check_interval_seconds": "Check interval, seconds",
    "image_sensitivity": "Image health",
    "retention_days": "Retention, days",
    "maintenance_until": "Maintenance until",
    "email": "E-mail",
    "act": "What was started",
    "end": "How it ended",
    "created": "New cameras",
    "updated": "Changed cameras",
    "error": "Rows left out",
    "undone": "Rows taken back",
    "left": "Rows that stay",
}
VALUES = {
    "act": {"import": "storing its rows", "undo": "taking them back"},
    "end": {"done": "all is stored", "cancelled": "stopped on the way", "failed": "came to a halt"},
}
"""Field → what its codes mean."""
MOMENTS = ("_at", "_until")
"""How the fields end that hold a moment."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an entry. Without `before` and `after` it is a secret, of which `act` says all there is to say."""

    label: str
    before: str
    after: str
    act: str = ""


def act(action: str) -> str:
    """camera.update → Camera changed."""
    noun, _, verb = action.partition(".")
    if noun == "bulk":
        return f"Bulk action: {verb.replace('_', ' ')}"
    return ACTS.get(action) or f"{NOUNS.get(noun, _spoken(noun))} {VERBS.get(verb, verb.replace('_', ' '))}".strip()


def by_noun(actions: Iterable[str]) -> dict[str, tuple[str, dict[str, str]]]:
    """Noun → what it is called, and its actions in words."""
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for action in actions:
        noun = action.partition(".")[0]
        found.setdefault(noun, (NOUNS.get(noun, _spoken(noun)), {}))[1][action] = act(action)
    return found


def field(name: str) -> str:
    return FIELDS.get(name) or _spoken(name)


def told(changes: Mapping[str, Any], zone: tzinfo = UTC) -> list[Change]:
    return [_change(name, before, after, zone) for name, (before, after) in changes.items()]


def _change(name: str, before: Any, after: Any, zone: tzinfo) -> Change:
    if SECRET.search(name):
        return Change(field(name), "", "", _act_on_secret(before, after))
    return Change(field(name), value(name, before, zone), value(name, after, zone))


def _act_on_secret(before: Any, after: Any) -> str:
    if before == HIDDEN and after == HIDDEN:
        return "changed"
    return "set" if after == HIDDEN else "cleared"


def value(name: str, stored: Any, zone: tzinfo = UTC) -> str:
    if stored is None or stored == "":
        return "–"
    if isinstance(stored, bool):
        return "yes" if stored else "no"
    if isinstance(stored, float):
        return repr(stored).removesuffix(".0")
    if name.endswith(MOMENTS):
        return _moment(str(stored), zone)
    return VALUES.get(name, {}).get(str(stored), str(stored))


def _moment(text: str, zone: tzinfo) -> str:
    try:
        return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
    except (ValueError, OverflowError):
        return text


def _spoken(name: str) -> str:
    return name.replace("_", " ").capitalize()
