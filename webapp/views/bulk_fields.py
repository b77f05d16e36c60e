"""The fields of a bulk action: read from the bar above the grid, written into the form that confirms it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ..models import utc_now
from ..schemas import BULK_FIELDS, BulkInput, MaintenanceInput, parse
from .wording import own_zone

Sent = Mapping[str, str]
SWITCH = {"on": True, "off": False, "inherited": None}
INHERITED = "inherited"


def from_bar(sent: Sent) -> dict[str, Any]:
    """As schemas.BulkInput reads it. What was not chosen is not there. May raise InvalidInput."""
    action = sent.get("action", "")
    read = READERS.get(action)
    return {"action": action, **(read(sent) if read else {})}


def from_confirmed(sent: Sent) -> dict[str, Any]:
    """What written() wrote."""
    action = sent.get("action", "")
    fields = {name: sent[name] for name in BULK_FIELDS.get(action, ()) if name in sent}
    return {"action": action, **fields}


def written(given: BulkInput) -> dict[str, str]:
    return {"action": given.action} | {name: _text(getattr(given, name)) for name in sorted(given.given)}


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)


def _group(sent: Sent) -> dict[str, Any]:
    chosen = sent.get("group_id", "")
    return {"group_id": None if chosen == "none" else chosen} if chosen else {}


def _tags(sent: Sent) -> dict[str, Any]:
    return {"tags": sent.get("tags", "")}


def _until(sent: Sent) -> dict[str, Any]:
    """InvalidInput when a moment is wanted and none is given."""
    fields = {name: sent.get(name, "") for name in MaintenanceInput.model_fields}
    zone = {"zone": str(own_zone())} if own_zone() else {}
    return {"until": parse(MaintenanceInput, fields | zone).end(utc_now()).replace(second=0, microsecond=0)}


def _detection(sent: Sent) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if sent.get("detection") in SWITCH:
        found["enable_detection"] = SWITCH[sent["detection"]]
    if sent.get("sensitivity_from") == INHERITED:
        found["detection_sensitivity"] = None
    elif sent.get("sensitivity"):
        found["detection_sensitivity"] = sent["sensitivity"]
    return found


def _interval(sent: Sent) -> dict[str, Any]:
    if sent.get("interval_from") == INHERITED:
        return {"check_interval_seconds": None}
    return {"check_interval_seconds": sent["interval"]} if sent.get("interval") else {}


READERS: dict[str, Callable[[Sent], dict[str, Any]]] = {
    "move": _group,
    "tag": _tags,
    "untag": _tags,
    "maintenance": _until,
    "detection": _detection,
    "interval": _interval,
}
