"""What answers look like: the types that are documented, and the rows and results that become them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NotRequired

from flask import url_for
from typing_extensions import TypedDict

from ..services.finding import ToldCamera
from ..services.groups import GroupNode, GroupTree
from ..services.handed_down import Ways
from ..services.inheritance import HANDED_DOWN
from ..services.rights import Scope
from ..services.shown import shown_status
from ..video.stream_url import stream_address
from .answers import moment


class Person(TypedDict):
    id: str
    email: str
    name: str
    role: str


class Login(TypedDict):
    accessToken: str
    tokenType: str
    expiresAt: datetime
    scopes: list[str]
    user: Person


class TokenSaid(TypedDict):
    name: str
    expiresAt: datetime | None
    scopes: list[str]


class Identity(Person):
    token: TokenSaid


class CameraShape(TypedDict):
    """A camera. Of the stream whoever may only read sees host and port, and no user name."""

    id: str
    name: str
    code: str | None
    rtsp_url: str
    sub_rtsp_url: str | None
    stream: str
    username: str | None
    has_password: bool
    status: str
    status_since: datetime
    outcome: str | None
    detail: str | None
    findings: list[str]
    is_flapping: bool
    is_active: bool
    maintenance_until: datetime | None
    group_id: str | None
    location: str | None
    vendor: str | None
    model: str | None
    notes: str | None
    tags: list[str]
    resolution: str | None
    fps: float | None
    codec: str | None
    enable_detection: bool
    detection_sensitivity: float
    check_interval_seconds: int
    retention_days: int
    image_sensitivity: str
    inherited: list[str]
    """Of the last five those that its group says, or nobody."""
    latency_ms: float | None
    actual_resolution: str | None
    actual_fps: float | None
    actual_codec: str | None
    checked_at: datetime | None
    last_connected: datetime | None
    picture_at: datetime | None
    picture_url: str | None
    version: int
    createdAt: datetime
    updatedAt: datetime


PLAIN = (
    "id",
    "name",
    "code",
    "stream",
    "outcome",
    "detail",
    "is_active",
    "group_id",
    "location",
    "vendor",
    "model",
    "notes",
    "resolution",
    "fps",
    "codec",
    "latency_ms",
    "actual_resolution",
    "actual_fps",
    "actual_codec",
    "version",
)
MOMENTS = {
    "status_since": "status_since",
    "maintenance_until": "maintenance_until",
    "checked_at": "checked_at",
    "last_connected": "last_connected",
    "picture_at": "picture_at",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
}


def camera_shape(camera: ToldCamera, ways: Ways, may_write: Scope, now: datetime) -> dict[str, Any]:
    values, inherited = ways.holding(camera)
    shape = {name: getattr(camera, name) for name in PLAIN}
    shape |= _stream(camera, may_write) | values | _moments(camera, MOMENTS)
    return shape | {
        "status": shown_status(camera, now).value,
        "inherited": inherited,
        "tags": list(camera.tags),
        "findings": list(camera.findings),
        "is_flapping": camera.flapping_since is not None,
        "picture_url": f"/api/v1/cameras/{camera.id}/picture" if camera.picture_hash else None,
    }


def _stream(camera: ToldCamera, may_write: Scope) -> dict[str, Any]:
    """As the export tells it: a path may hold a secret."""
    has_password = {"has_password": camera.password_encrypted is not None}
    urls = {"rtsp_url": camera.rtsp_url, "sub_rtsp_url": camera.sub_rtsp_url}
    if may_write.covers(camera.group_id):
        return urls | has_password | {"username": camera.username}
    told = {name: url and f"rtsp://{stream_address(url)}" for name, url in urls.items()}
    return told | has_password | {"username": None}


def _moments(thing: Any, names: Mapping[str, str]) -> dict[str, str | None]:
    return {shown: moment(at) if (at := getattr(thing, name)) else None for shown, name in names.items()}


class GroupShape(TypedDict):
    """A group of the tree. `cameras` counts the whole sub-tree by status."""

    id: str
    name: str
    location: str | None
    parent_id: str | None
    path: list[str]
    enable_detection: bool
    detection_sensitivity: float
    check_interval_seconds: int
    retention_days: int
    image_sensitivity: str
    inherited: list[str]
    cameras: dict[str, int]
    version: int
    createdAt: datetime
    updatedAt: datetime


def group_shape(node: GroupNode, tree: GroupTree, ways: Ways) -> dict[str, Any]:
    group = ways.groups[node.id]
    return {
        "id": node.id,
        "name": node.name,
        "location": node.location,
        "parent_id": node.parent_id if node.parent_id in tree.nodes else None,
        "path": [step.name for step in tree.path(node.id)],
        **ways.handed_down(node.id),
        "inherited": [name for name in HANDED_DOWN if getattr(group, name) is None],
        "cameras": {"total": node.total} | dict(sorted(node.counts.items())),
        "version": group.version,
        **_moments(group, {"createdAt": "created_at", "updatedAt": "updated_at"}),
    }


class Deleted(TypedDict):
    id: str
    deleted: bool
    moved_cameras: NotRequired[int]
    moved_groups: NotRequired[int]


def address(endpoint: str, **values: Any) -> str:
    """Of another operation."""
    return url_for(f"api.{endpoint}", **values)
