"""Two people at the form of one camera: what each of them changed, and a form that loses neither."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from .forms import UNCHECKED, CameraForm, stored_fields
from .models import Camera
from .schemas import CameraInput

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which what is stored now differs from what this person's form holds."""

    name: str
    stored: Any
    yours: Any
    is_untouched: bool
    """This person left the field alone, so it takes over what the other one stored."""


def differences(stored: Camera, given: CameraInput, sent: MultiDict[str, str]) -> list[Difference]:
    """Without what was in the form when it was opened, as a script may send it, every field counts as touched."""
    opened, now, yours = _opened(sent), stored_fields(stored), stored_fields(given)
    return [
        Difference(name, now[name], yours[name], name in opened and opened[name] == yours[name])
        for name in now
        if now[name] != yours[name] and (name not in opened or opened[name] != now[name])
    ]


def merged(sent: MultiDict[str, str], stored: Camera, found: Iterable[Difference]) -> MultiDict[str, str]:
    """The person's own text again, on top of the version that is stored now, with the other's changes beside it."""
    fields = MultiDict(sent)
    for difference in found:
        if difference.is_untouched:
            fields.setlist(difference.name, [_sent(difference.stored)])
    fields["version"], fields["base"] = str(stored.version), json.dumps(stored_fields(stored))
    return fields


def as_rows(form: CameraForm, found: Iterable[Difference]) -> list[tuple[str, str, str, bool]]:
    """Label, what is stored now, what this person wrote, whether the field takes over what is stored."""
    return [
        (form[d.name].label.text, _shown(form[d.name], d.stored), _shown(form[d.name], d.yours), d.is_untouched)
        for d in found
    ]


def _opened(sent: MultiDict[str, str]) -> Fields:
    try:
        opened = json.loads(sent.get("base") or "{}")
    except ValueError:
        return {}
    return opened if isinstance(opened, dict) else {}


def _sent(value: Any) -> str:
    if isinstance(value, bool):
        return "y" if value else UNCHECKED
    return str(value)


def _shown(field: Any, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    choices = {choice.value: choice.label for choice in getattr(field, "choices", None) or ()}
    return str(choices.get(value, value)) or "–"
