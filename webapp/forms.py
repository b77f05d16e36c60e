"""HTML forms: labels, hints and widgets. The rules live in schemas.py, so that every door has the same."""

from __future__ import annotations

import json
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from .extensions import settings
from .models import Camera
from .schemas import MOST_TAGS, CameraInput
from .services.groups import GroupTree
from .services.inheritance import HANDED_DOWN
from .services.rights import Scope

UNCHECKED = "n"
"""Sent beside every checkbox, so that "unticked" differs from "not on this form"."""
TICKS = ("is_active", "clear_password")
TEXTS = (
    "name",
    "code",
    "tags",
    "group_id",
    "location",
    "rtsp_url",
    "username",
    "password",
    "stream",
    "sub_rtsp_url",
    *HANDED_DOWN,
    "resolution",
    "fps",
    "codec",
    "vendor",
    "model",
    "notes",
)
CODECS = [
    SelectChoice("", "Not known"),
    SelectChoice("h264", "H.264"),
    SelectChoice("h265", "H.265"),
    SelectChoice("mjpeg", "MJPEG"),
]
STREAMS = [SelectChoice("main", "Main stream"), SelectChoice("sub", "Sub stream")]
DETECTION = [SelectChoice("", "Inherited"), SelectChoice("true", "On"), SelectChoice("false", "Off")]
IMAGE_SENSITIVITY = [
    SelectChoice("", "Inherited"),
    SelectChoice("off", "Off"),
    SelectChoice("low", "Low"),
    SelectChoice("medium", "Medium"),
    SelectChoice("high", "High"),
]
URL = {"maxlength": 2048, "inputmode": "url", "autocomplete": "off", "spellcheck": "false"}


def _line(label: str, hint: str = "", longest: int = 255, **attributes: Any) -> StringField:
    return StringField(label, description=hint, render_kw={"maxlength": longest, "autocomplete": "off"} | attributes)


def _number(label: str, hint: str = "", inputmode: str = "numeric") -> StringField:
    return StringField(label, description=hint, render_kw={"inputmode": inputmode, "autocomplete": "off"})


class CameraForm(FlaskForm):  # type: ignore[misc]
    name = _line("Name", required=True)
    code = _line("Asset code", "Your own number for it; no two cameras share one.", 64)
    tags = _line("Tags", f"Words with commas between them, such as entrance, night; {MOST_TAGS} at most.", 1000)
    group_id = SelectField("Group", validate_choice=False)
    location = _line("Location")
    rtsp_url = StringField(
        "RTSP URL",
        description="Without user name and password, such as rtsp://192.168.1.100:554/stream1.",
        render_kw=URL | {"required": True},
    )
    username = _line("User name")
    password = PasswordField("Password", render_kw={"maxlength": 255, "autocomplete": "new-password"})
    clear_password = BooleanField("Forget the stored password", false_values=(False, "false", "", UNCHECKED))
    stream = SelectField("Checked stream", choices=STREAMS, validate_choice=False)
    sub_rtsp_url = StringField(
        "Sub stream URL", description="A smaller picture of the same camera; the login is the same.", render_kw=URL
    )
    is_active = BooleanField(
        "Check this camera",
        description="Switched off, it keeps its history and counts nowhere.",
        false_values=(False, "false", "", UNCHECKED),
    )
    enable_detection = SelectField("Face detection", choices=DETECTION, validate_choice=False)
    detection_sensitivity = _number("Detection sensitivity", "0 to 1.", "decimal")
    check_interval_seconds = _number("Check interval")
    image_sensitivity = SelectField(
        "Image health",
        description="How readily its picture is called black, blurred, blocked, moved …",
        choices=IMAGE_SENSITIVITY,
        validate_choice=False,
    )
    retention_days = _number("Retention", "Days that snapshots are kept.")
    resolution = _line("Resolution", "Such as 1920x1080.", 20)
    fps = _number("Frames per second", "Under half of it counts as degraded.", "decimal")
    codec = SelectField("Codec", choices=CODECS, validate_choice=False)
    vendor = _line("Vendor", longest=100)
    model = _line("Model", longest=100)
    notes = TextAreaField("Notes", render_kw={"maxlength": 4000, "rows": 5})
    version = HiddenField()
    base = HiddenField()
    """What the fields held when the form was opened: it tells what this person changed."""


def camera_form(
    tree: GroupTree, scope: Scope, camera: Camera | None = None, sent: MultiDict[str, str] | None = None
) -> CameraForm:
    """The form as it was sent, else filled from the camera, else with the defaults of a new one.

    Only groups within `scope`, where the person may write, can be chosen.
    """
    stored = stored_fields(camera) if camera else {"is_active": True, "stream": "main"}
    if camera:
        stored |= {"version": str(camera.version), "base": json.dumps(stored)}
    form = CameraForm(formdata=_completed(sent, stored) if sent is not None else None, data=stored)
    groups = [SelectChoice(node.id, _path(tree, node.id)) for node in tree.flat() if scope.covers(node.id)]
    form.group_id.choices = [SelectChoice("", "No group" if scope.is_everything else "Choose a group"), *groups]
    every = settings.CHECK_INTERVAL_SECONDS
    form.check_interval_seconds.description = f"Seconds. A sweep starts every {every} s: less than that is every sweep."
    return form


def stored_fields(camera: Camera | CameraInput) -> dict[str, Any]:
    """What the fields of the form hold for it, without the password, which no page ever learns."""
    texts = {name: text(getattr(camera, name)) for name in TEXTS if name != "password"}
    return texts | {"is_active": camera.is_active}


def camera_fields(camera: Camera | None, sent: MultiDict[str, str]) -> dict[str, Any]:
    """What a form sent, as schemas.CameraInput reads it; what the form did not hold stays as it is stored."""
    fields: dict[str, Any] = {name: sent[name] for name in TEXTS if name in sent}
    fields |= {name: sent.getlist(name)[0] != UNCHECKED for name in TICKS if name in sent}
    if sent.get("version"):
        fields["version"] = sent["version"]
    kept = {name: getattr(camera, name) for name in (*TEXTS, *TICKS) if hasattr(camera, name)}
    return kept | fields


def _completed(sent: MultiDict[str, str], stored: dict[str, Any]) -> MultiDict[str, str]:
    """With the ticks that were not on the form, so that drawing it again shows them as they are."""
    missing = {name: "y" for name in TICKS if stored.get(name) and name not in sent}
    return MultiDict([*sent.items(multi=True), *missing.items()])


def _path(tree: GroupTree, group_id: str) -> str:
    return " › ".join(node.name for node in tree.path(group_id))


def text(value: Any) -> str:
    """A value as a field holds it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)
