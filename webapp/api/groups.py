"""The group tree: /cameras/groups."""

from __future__ import annotations

from typing import Any

from .. import access
from ..models import CameraGroup, utc_now
from ..schemas import TOP, GroupInput, GroupListQuery, GroupMove, GroupRemoval, parse
from ..services import groups, handed_down
from ..services.handed_down import Ways
from ..services.inheritance import HANDED_DOWN
from . import versions
from .answers import Answer, Refused, page_meta
from .operations import operation
from .shapes import Deleted, GroupShape, address, group_shape

SAID = ("name", "location", "parent_id", *HANDED_DOWN)


@operation("GET", "/cameras/groups", "cameras:read", query=GroupListQuery, answer=list[GroupShape], is_paged=True)
def list_(query: GroupListQuery) -> Answer:
    """List the groups that the token may see, each after the one it lies in."""
    tree, ways = groups.tree(utc_now(), access.scope("cameras:read")), _ways()
    nodes = list(tree.flat())
    start = (query.page - 1) * query.page_size
    shapes = [group_shape(node, tree, ways) for node in nodes[start : start + query.page_size]]
    return Answer(shapes, page_meta(query.page, query.page_size, len(nodes)))


@operation(
    "POST",
    "/cameras/groups",
    "cameras:write",
    body=GroupInput,
    answer=GroupShape,
    code=201,
    is_repeatable=True,
    example={"name": "Building 1", "location": "Main Street 5", "parent_id": None},
)
def create(given: GroupInput) -> Answer:
    """Add a group: in another one, or at the top of the tree."""
    group = groups.create(given, utc_now(), access.scope("cameras:write"))
    return _told(group, {"Location": address("groups_show", group_id=group.id)})


@operation("GET", "/cameras/groups/<uuid:group_id>", "cameras:read", answer=GroupShape, codes=(404,))
def show(group_id: str) -> Answer:
    """Get one group. The header ETag names its version, for If-Match."""
    return _told(_group(group_id, "cameras:read"))


@operation(
    "PUT",
    "/cameras/groups/<uuid:group_id>",
    "cameras:write",
    body=GroupInput,
    is_partial=True,
    answer=GroupShape,
    codes=(404, 409, 412),
    example={"location": "Main Street 7"},
)
def update(group_id: str, given: dict[str, Any]) -> Answer:
    """Change a group. What the body does not say stays as it is; null clears a field, or lets it be inherited."""
    group = _group(group_id, "cameras:write")
    kept = {name: getattr(group, name) for name in SAID}
    wanted = parse(GroupInput, kept | given | versions.wanted())
    with versions.told(given):
        return _told(groups.update(group, wanted, utc_now(), access.scope("cameras:write")))


@operation(
    "POST",
    "/cameras/groups/<uuid:group_id>/move",
    "cameras:write",
    body=GroupMove,
    answer=GroupShape,
    codes=(404, 412),
    example={"parent_id": TOP},
)
def move(group_id: str, given: GroupMove) -> Answer:
    """Hang a group, with all it holds, into another one, or with "top" at the top of the tree."""
    group = _group_to_move(group_id)
    parent_id = None if given.parent_id == TOP else given.parent_id
    return _told(groups.move(group, parent_id, utc_now(), access.scope("cameras:write")))


@operation(
    "DELETE",
    "/cameras/groups/<uuid:group_id>",
    "cameras:write",
    query=GroupRemoval,
    answer=Deleted,
    codes=(404, 412),
)
def delete(group_id: str, query: GroupRemoval) -> Answer:
    """Delete a group. Its cameras stay: target_id says where they go, "top" being no group at all."""
    removed = groups.delete(_group_to_move(group_id), query, utc_now(), access.scope("cameras:write"))
    told = {"moved_cameras": removed.cameras, "moved_groups": removed.moved_groups}
    return Answer({"id": group_id, "deleted": True} | told)


def _group(group_id: str, permission: str) -> CameraGroup:
    found = groups.load(group_id, access.scope("cameras:read"))
    if found is None:
        raise Refused(404, "There is no such group, or it is not yours to see.")
    if not access.scope(permission).covers(found.id):
        raise Refused(403, "Your rights do not reach this group.")
    return found


def _group_to_move(group_id: str) -> CameraGroup:
    found = _group(group_id, "cameras:write")
    versions.require(found)
    if not groups.is_movable(found, access.scope("cameras:write")):
        raise Refused(403, "Your rights begin at this group: only somebody with rights above it may move or delete it.")
    return found


def _told(group: CameraGroup, headers: dict[str, str] | None = None) -> Answer:
    tree = groups.tree(utc_now(), access.scope("cameras:read"))
    shape = group_shape(tree.nodes[group.id], tree, _ways())
    return Answer(shape, headers=versions.etag(group) | (headers or {}))


def _ways() -> Ways:
    return handed_down.read(CameraGroup.version, CameraGroup.created_at, CameraGroup.updated_at)
