"""Lost updates: ETag says which version was read, If-Match which one is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import request

from ..models import Camera, CameraGroup
from ..services import cameras, groups
from .answers import Refused

SHAPE = re.compile(r'(?:W/)?"?(\d{1,9})"?')
HIDDEN = frozenset({"password", "clear_password", "version"})


def etag(thing: Camera | CameraGroup) -> dict[str, str]:
    return {"ETag": f'"{thing.version}"'}


def wanted() -> dict[str, int]:
    """The version If-Match names, as the contracts take it; empty without one, and for any version."""
    said = request.headers.get("If-Match", "*").strip()
    if said == "*":
        return {}
    found = SHAPE.fullmatch(said)
    if not found:
        raise Refused(412, 'Nothing has this ETag. Send what the header ETag said, such as If-Match: "3".')
    return {"version": int(found[1])}


def require(thing: Camera | CameraGroup) -> None:
    """For what is not edited field by field."""
    if wanted().get("version", thing.version) != thing.version:
        sentence = f"Somebody changed this meanwhile: it is version {thing.version} by now."
        raise Refused(412, sentence, headers=etag(thing))


@contextmanager
def told(sent: Mapping[str, Any]) -> Iterator[None]:
    """An edit on top of an older version is refused, with what is stored now: 412 for If-Match, 409 for the field."""
    try:
        yield
    except (cameras.EditedMeanwhile, groups.EditedMeanwhile) as error:
        stored = error.camera if isinstance(error, cameras.EditedMeanwhile) else error.group
        code = 412 if wanted() else 409
        sentence = f"{error} It is version {stored.version} by now; the details say what differs. Nothing was changed."
        raise Refused(code, sentence, _differences(stored, sent), etag(stored)) from None


def _differences(stored: Camera | CameraGroup, sent: Mapping[str, Any]) -> dict[str, list[str]]:
    found = {name: getattr(stored, name) for name in sent if name not in HIDDEN and hasattr(stored, name)}
    return {name: [f"It is {_text(value)} by now."] for name, value in found.items() if not _is_same(value, sent[name])}


def _is_same(stored: Any, sent: Any) -> bool:
    return bool(stored == (tuple(sent) if isinstance(sent, list) else sent))


def _text(value: Any) -> str:
    return "empty" if value is None or value == () else f"“{value}”"
