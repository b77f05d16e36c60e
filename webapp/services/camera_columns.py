"""The columns of a file of cameras, for import and export alike: their names, and how a value is written and read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PATH_SIGNS = ">›"
"""Between the groups of a path, the first one in files; within a name they and the backslash follow a backslash."""
FORMULA_SIGNS = "=+-@\t\r"
"""A spreadsheet runs a cell that begins with one of these."""
YES = frozenset({"1", "yes", "y", "true", "t", "on", "x", "active", "enabled", "ja", "j", "wahr", "an", "ein", "aktiv"})
NO = frozenset({"0", "no", "n", "false", "f", "off", "inactive", "disabled", "nein", "falsch", "aus", "inaktiv"})
CODECS = {"h264": "h264", "avc": "h264", "h265": "h265", "hevc": "h265", "mjpeg": "mjpeg", "mjpg": "mjpeg"}

_NEUTRALISED = re.compile(f"'+[{re.escape(FORMULA_SIGNS)}]")
_DANGEROUS = re.compile(f"'*[{re.escape(FORMULA_SIGNS)}]")
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_SIZE = re.compile(r"(\d+)\s*[x×*]\s*(\d+)", re.IGNORECASE)
_PATH_SIGN = re.compile(r"[\\>›]")
_PARTS = re.compile(r"(?:[^\\>›]|\\.?)+", re.DOTALL)
_TAGS = re.compile(r"(?:[^\\,]|\\.?)+", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_REMARK = re.compile(r"[(\[].*")
_OWNER_WORDS = re.compile(r"^(camera|kamera|cam|device|gerat)(?=.)")


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it stands in the first line of a file; `name` is the field of schemas.CameraInput, but for `group`,
    which is a path from the top of the tree."""

    name: str
    label: str
    synonyms: tuple[str, ...]
    """What others call it, best first, each as `key` gives it."""
    is_secret: bool


def _column(name: str, label: str, synonyms: str, is_secret: bool = False) -> Column:
    return Column(name, label, tuple(synonyms.split()), is_secret)


COLUMNS = (
    _column("name", "Name", "bezeichnung title titel cameraname kameraname kamera camera nom"),
    _column("code", "Code", "assetcode assettag asset inventarnummer inventarnr kennung externalid"),
    _column(
        "rtsp_url",
        "RTSP URL",
        "rtsp url rtspadresse rtspaddress streamurl streamadresse streamaddress stream1 mainstream hauptstream "
        "address adresse ipaddress ipadresse ip host hostname",
    ),
    _column("sub_rtsp_url", "Sub stream URL", "suburl subrtsp substream substreamurl stream2 nebenstream zweitstream"),
    _column("stream", "Checked stream", "streampreference streamtype bevorzugterstream"),
    _column("username", "User name", "user login benutzer benutzername nutzer anmeldename account"),
    _column(
        "password", "Password", "pass pwd passwort kennwort secret pin passwd motdepasse credentials", is_secret=True
    ),
    _column("group", "Group path", "grouppath gruppe gruppenpfad site standort building gebaude"),
    _column("location", "Location", "ort place raum room position einbauort montageort lage"),
    _column("vendor", "Vendor", "hersteller manufacturer make brand marke"),
    _column("model", "Model", "modell type typ modelnumber geratetyp"),
    _column("notes", "Notes", "note notiz notizen bemerkung bemerkungen comment kommentar remark"),
    _column("tags", "Tags", "tag labels label schlagworte schlagworter stichworte"),
    _column("resolution", "Resolution", "auflosung bildgrosse"),
    _column("fps", "Frames per second", "framerate bildrate bilders bilderprosekunde"),
    _column("codec", "Codec", "encoding videocodec kodierung kompression compression"),
    _column("is_active", "Checked", "active enabled aktiv uberwacht"),
    _column("enable_detection", "Face detection", "detection erkennung gesichtserkennung"),
    _column("detection_sensitivity", "Detection sensitivity", "sensitivity empfindlichkeit"),
    _column("check_interval_seconds", "Check interval, seconds", "checkinterval interval intervall prufintervall"),
    _column("image_sensitivity", "Image health", "imagehealth bildprufung bildqualitat picturehealth"),
    _column("retention_days", "Retention, days", "retention aufbewahrung keepdays"),
)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}
NAMES = tuple(BY_NAME)
SECRETS = frozenset(column.name for column in COLUMNS if column.is_secret)


def key(text: str) -> str:
    """A heading without case, accents, spaces and signs, as the synonyms are written."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if sign.isalnum())


def guess(headings: Sequence[str]) -> list[str | None]:
    """For each heading the column it most likely is, or None; no column twice, the better synonym wins."""
    ranked = sorted(
        (rank, place, name)
        for place, text in enumerate(headings)
        if (found := _meaning(text))
        for name, rank in [found]
    )
    guessed: list[str | None] = [None] * len(headings)
    for _rank, place, name in ranked:
        if name not in guessed:
            guessed[place] = name
    for place, text in enumerate(headings):
        other = _SECOND_MEANINGS.get(key(text))
        if other and other[1] not in guessed and (guessed[place] is None or other[0] == guessed[place] == "stream"):
            guessed[place] = other[1]
    return guessed


_SECOND_MEANINGS = {"stream": ("stream", "rtsp_url"), "standort": ("group", "location")}
"""What a heading means when its first meaning is another column's, and what a stream is where there is no URL."""
_MEANINGS = {
    key(text): (column.name, rank)
    for column in reversed(COLUMNS)
    for rank, text in reversed(list(enumerate((column.name, column.label, *column.synonyms))))
}


def _meaning(heading: str) -> tuple[str, int] | None:
    """The column and how far down its synonyms the heading stands."""
    whole = key(heading)
    shorter = key(_REMARK.sub("", heading))
    return _MEANINGS.get(whole) or _MEANINGS.get(shorter) or _MEANINGS.get(_OWNER_WORDS.sub("", shorter))


def looks_secret(heading: str) -> bool:
    """Whether what stands below such a heading is not for showing."""
    meaning = _meaning(heading)
    return bool(meaning and meaning[0] in SECRETS) or any(word in key(heading) for word in ("passw", "kennw", "secret"))


def neutralised(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula; `restored` gives it back exactly."""
    return f"'{text}" if _DANGEROUS.match(text) else text


def restored(text: str) -> str:
    return text[1:] if _NEUTRALISED.match(text) else text


def join_path(names: Sequence[str]) -> str:
    """('Site A', 'Gate') → 'Site A > Gate'."""
    return f" {PATH_SIGNS[0]} ".join(_PATH_SIGN.sub(r"\\\g<0>", name) for name in names)


def split_path(text: str) -> tuple[str, ...]:
    """The names of a path; blank ones between two signs are left out."""
    return tuple(name for part in _PARTS.findall(text) if (name := _unescaped(part).strip()))


def to_cell(name: str, value: Any) -> str:
    """A value of the column as the text of a CSV cell; `group` is the names of its path."""
    return neutralised(_to_text(name, value))


def from_cell(name: str, text: str) -> Any:
    """What a CSV cell says, as schemas.CameraInput takes it; None for a blank one. What makes no sense stays as it is,
    for the contract to refuse in its own words."""
    if name in SECRETS:
        return restored(text) or None
    text = restored(text).strip()
    return from_text(name, text) if text else None


def from_json(name: str, value: Any) -> Any:
    """The same of a value from JSON: a text is read as people write it, a path may also be a list of names."""
    if isinstance(value, str):
        text = value if name in SECRETS else value.strip()
        return from_text(name, text) if text else None
    if name == "group" and isinstance(value, list):
        return tuple(str(part) for part in value) or None
    return value


def _to_text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if name == "group":
        return join_path(value)
    if name == "tags":
        return ", ".join(tag.replace("\\", "\\\\").replace(",", "\\,") for tag in value)
    return str(value)


def from_text(name: str, text: str) -> Any:
    """As from_cell, for a text that is trimmed, not blank, and was never a spreadsheet's."""
    return _READERS.get(name, str)(text)


def _unescaped(part: str) -> str:
    return _ESCAPED.sub(r"\1", part)


def _switch(text: str) -> bool | str:
    word = text.casefold()
    return True if word in YES else False if word in NO else text


def _decimal(text: str) -> str:
    """With a point, also where people write 0,7."""
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text


def _codec(text: str) -> str:
    return CODECS.get(key(text), text)


def _resolution(text: str) -> str:
    size = _SIZE.fullmatch(text)
    return f"{size[1]}x{size[2]}" if size else text


def _tags(text: str) -> list[str]:
    return [_unescaped(part) for part in _TAGS.findall(text)]


_READERS: dict[str, Callable[[str], Any]] = {
    "group": split_path,
    "tags": _tags,
    "codec": _codec,
    "resolution": _resolution,
    "stream": str.casefold,
    "image_sensitivity": str.casefold,
    "fps": _decimal,
    "detection_sensitivity": _decimal,
    "is_active": _switch,
    "enable_detection": _switch,
}
