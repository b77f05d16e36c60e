"""HTML forms: labels, hints and widgets. The rules live in schemas.py, so that every door has the same."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from .models import Camera
from .schemas import CameraInput
from .services.groups import GroupTree

UNCHECKED = "n"
"""Sent beside every checkbox, so that "unticked" differs from "not on this form"."""
TICKS = ("is_active", "enable_detection", "clear_password")
TEXTS = (
    "name",
    "rtsp_url",
    "username",
    "password",
    "group_id",
    "location",
    "resolution",
    "fps",
    "codec",
    "detection_sensitivity",
)
CODECS = [
    SelectChoice("", "Not known"),
    SelectChoice("h264", "H.264"),
    SelectChoice("h265", "H.265"),
    SelectChoice("mjpeg", "MJPEG"),
]


def _tick(label: str, hint: str = "") -> BooleanField:
    return BooleanField(label, description=hint, false_values=(False, "false", "", UNCHECKED))


class CameraForm(FlaskForm):  # type: ignore[misc]
    name = StringField("Name", render_kw={"required": True, "maxlength": 255, "autocomplete": "off"})
    rtsp_url = StringField(
        "RTSP URL",
        description="Without user name and password, such as rtsp://192.168.1.100:554/stream1.",
        render_kw={
            "required": True,
            "maxlength": 2048,
            "inputmode": "url",
            "autocomplete": "off",
            "spellcheck": "false",
        },
    )
    username = StringField("User name", render_kw={"maxlength": 255, "autocomplete": "off"})
    password = PasswordField("Password", render_kw={"maxlength": 255, "autocomplete": "new-password"})
    clear_password = _tick("Forget the stored password")
    group_id = SelectField("Group", validate_choice=False)
    location = StringField("Location", render_kw={"maxlength": 255})
    resolution = StringField(
        "Resolution", description="What it should send, such as 1920x1080.", render_kw={"maxlength": 20}
    )
    fps = StringField(
        "Frames per second", description="Under half of it counts as degraded.", render_kw={"inputmode": "decimal"}
    )
    codec = SelectField("Codec", choices=CODECS, validate_choice=False)
    is_active = _tick("Check this camera", "Switched off, it keeps its history and counts nowhere.")
    enable_detection = _tick("Face detection may use it")
    detection_sensitivity = StringField(
        "Detection sensitivity", description="0 to 1.", render_kw={"inputmode": "decimal"}
    )
    version = HiddenField()


def camera_form(tree: GroupTree, camera: Camera | None = None, sent: MultiDict[str, str] | None = None) -> CameraForm:
    """The form as it was sent, else filled from the camera, else with the defaults of a new one."""
    stored: dict[str, Any] = {"is_active": True, "enable_detection": True, "detection_sensitivity": "0.7"}
    if camera:
        stored = {name: _text(getattr(camera, name)) for name in (*TEXTS, "version") if name != "password"}
        stored |= {name: getattr(camera, name) for name in TICKS if name != "clear_password"}
    form = CameraForm(formdata=_completed(sent, stored) if sent is not None else None, data=stored)
    groups = [SelectChoice(node.id, _path(tree, node.id)) for node in tree.flat()]
    form.group_id.choices = [SelectChoice("", "No group"), *groups]
    return form


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


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)


def differences(form: CameraForm, stored: Camera, given: CameraInput) -> list[tuple[str, str, str]]:
    """Label, what is stored now, what this person wrote: for every field in which the two differ."""
    names = [name for name in (*TEXTS, *TICKS) if hasattr(stored, name)]
    return [
        (form[name].label.text, _shown(form[name], getattr(stored, name)), _shown(form[name], getattr(given, name)))
        for name in names
        if getattr(stored, name) != getattr(given, name)
    ]


def _shown(field: Any, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    choices = {choice.value: choice.label for choice in getattr(field, "choices", ())}
    return str(choices.get(value or "", _text(value))) or "–"
