"""The forms about groups: labels and hints, the places to choose from, what was sent."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from ..forms import IMAGE_SENSITIVITY
from ..models import CameraGroup
from ..schemas import TOP, GroupInput
from ..services import inheritance
from ..services.group_paths import told
from ..services.groups import GroupTree
from ..services.inheritance import HANDED_DOWN
from ..services.rights import Scope

NAMES = ("name", "location", "parent_id", *HANDED_DOWN)
SETTINGS = {
    "enable_detection": "Detection",
    "detection_sensitivity": "Sensitivity",
    "check_interval_seconds": "Checks every",
    "image_sensitivity": "Image health",
    "retention_days": "Pictures kept for",
}
"""As a line says them, before the value."""
AT_THE_TOP = "At the top of the tree"
NO_GROUP = "No group, at the top of the tree"


SWITCH = [SelectChoice("", "Inherited"), SelectChoice("true", "On"), SelectChoice("false", "Off")]


class GroupForm(FlaskForm):  # type: ignore[misc]
    name = StringField("Name", render_kw={"required": True, "maxlength": 255, "autocomplete": "off"})
    location = StringField("Location", render_kw={"maxlength": 255})
    parent_id = SelectField("Lies in", validate_choice=False)
    enable_detection = SelectField("Face detection", choices=SWITCH, validate_choice=False)
    detection_sensitivity = StringField("Detection sensitivity, 0 to 1", render_kw={"inputmode": "decimal"})
    check_interval_seconds = StringField("Seconds between checks", render_kw={"inputmode": "numeric"})
    image_sensitivity = SelectField("Image health", choices=IMAGE_SENSITIVITY, validate_choice=False)
    retention_days = StringField("Days to keep pictures", render_kw={"inputmode": "numeric"})
    version = HiddenField()


class MoveForm(FlaskForm):  # type: ignore[misc]
    parent_id = SelectField("Move it to", validate_choice=False)


class RemovalForm(FlaskForm):  # type: ignore[misc]
    target_id = SelectField("Its cameras go to", validate_choice=False)
    subgroups = RadioField(
        "Its sub-groups",
        choices=[
            SelectChoice("keep", "move there too, with their cameras"),
            SelectChoice("dissolve", "are deleted too; their cameras go to the same place"),
        ],
        validate_choice=False,
    )


def group_form(
    tree: GroupTree, scope: Scope, group: CameraGroup | None, sent: MultiDict[str, str] | None, parent_id: str = ""
) -> GroupForm:
    """The form as it was sent, else filled from the group, else for a new one in `parent_id`."""
    stored = {name: _text(getattr(group, name)) for name in (*NAMES, "version")} if group else {"parent_id": parent_id}
    form = GroupForm(formdata=sent, data=stored)
    form.parent_id.choices = places(tree, scope, "", AT_THE_TOP)
    way = tree.handing_down(group.parent_id if group else form.parent_id.data)
    found = inheritance.all_effective(None, way)
    for name in HANDED_DOWN:
        form[name].description = _hint(name, group, found[name])
    return form


def move_form(tree: GroupTree, scope: Scope, group: CameraGroup, sent: MultiDict[str, str] | None) -> MoveForm:
    form = MoveForm(formdata=sent)
    outside = places(tree, scope, TOP, AT_THE_TOP, without={*tree.subtree_ids(group.id), group.parent_id or TOP})
    form.parent_id.choices = outside
    return form


def removal_form(tree: GroupTree, scope: Scope, group: CameraGroup, sent: MultiDict[str, str] | None) -> RemovalForm:
    form = RemovalForm(formdata=sent, data={"target_id": group.parent_id or "", "subgroups": "keep"})
    form.target_id.choices = places(tree, scope, TOP, NO_GROUP, without=set(tree.subtree_ids(group.id)))
    return form


def places(tree: GroupTree, scope: Scope, top: str, word: str, without: Collection[str] = ()) -> list[SelectChoice]:
    """Every group that something may be put into, by its path; for those who may, also the top of the tree."""
    top_choice = [SelectChoice(top, word)] if scope.is_everything else []
    found = [node.id for node in tree.flat() if scope.covers(node.id)]
    choices = top_choice + [SelectChoice(group_id, path_of(tree, group_id)) for group_id in found]
    return [choice for choice in choices if choice.value not in without]


def path_of(tree: GroupTree, group_id: str) -> str:
    return told(tuple(node.name for node in tree.path(group_id)))


def sent_group(group: CameraGroup | None, sent: MultiDict[str, str]) -> dict[str, Any]:
    """What a form sent, as schemas.GroupInput reads it; what it did not hold stays as it is stored."""
    fields: dict[str, Any] = {name: getattr(group, name) for name in NAMES} if group else {}
    fields |= {name: sent[name] for name in NAMES if name in sent}
    return fields | ({"version": sent["version"]} if sent.get("version") else {})


def differences(form: GroupForm, stored: CameraGroup, given: GroupInput) -> list[tuple[str, str, str]]:
    """Label, what is stored now, what this person wrote: for every field in which the two differ."""
    return [
        (form[name].label.text, _shown(name, getattr(stored, name)), _shown(name, getattr(given, name)))
        for name in ("name", "location", *HANDED_DOWN)
        if getattr(stored, name) != getattr(given, name)
    ]


def said(name: str, found: inheritance.Effective) -> str:
    return f"{inheritance.words(name, found.value)}, {inheritance.origin(found)}"


def _hint(name: str, group: CameraGroup | None, inherited: inheritance.Effective) -> str:
    own = getattr(group, name, None)
    if own is None:
        return f"Inherited: {said(name, inherited)}."
    return f"Set here: {inheritance.words(name, own)}. Left empty, inherited: {said(name, inherited)}."


def _shown(name: str, value: Any) -> str:
    if name in HANDED_DOWN:
        return "inherited" if value is None else inheritance.words(name, value)
    return value or "–"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)
