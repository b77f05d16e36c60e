"""The camera grid as it opens: one page of tiles with all that surrounds it, in a fixed number of queries."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..extensions import settings
from ..models import Camera, Status
from ..outcomes import Outcome
from ..video.quality.finding import Finding
from . import finding, group_paths, groups, live, matrix, timeline
from .finding import CameraFilter, Page
from .group_paths import Path as GroupPath
from .groups import Counts, GroupTree
from .matrix import MatrixRow
from .rights import Scope
from .shown import patience, shown_status
from .timeline import Interval

STRIP = timedelta(hours=24)
PROBLEMS = (Status.OFFLINE, Status.DEGRADED)
EMBEDDED_CAMERAS = 500
"""As many as SQLite and one machine are good for."""


@dataclass(frozen=True, slots=True)
class GridQuery:
    """A page of the grid as its address says it."""

    statuses: tuple[Status, ...] = ()
    reasons: tuple[Outcome | Finding, ...] = ()
    search: str = ""
    group_id: str | None = None
    """The group whose page it is; with all beneath it."""
    groups: tuple[str, ...] = ()
    """Groups it is filtered by besides, with all beneath them."""
    tags: tuple[str, ...] = ()
    is_active: bool | None = None
    is_detecting: bool | None = None
    in_maintenance: bool | None = None
    sort: str = "worst"
    view: str = "tiles"
    """tiles, table or matrix."""
    number: int = 1
    size: int = 60

    @property
    def is_filtered(self) -> bool:
        switches = (self.is_active, self.is_detecting, self.in_maintenance)
        lists = (self.statuses, self.reasons, self.search, self.groups, self.tags)
        return any(lists) or any(switch is not None for switch in switches)

    @property
    def is_narrow(self) -> bool:
        return bool(self.group_id) or self.is_filtered

    @property
    def needs_tree(self) -> bool:
        return bool(self.group_id or self.groups)

    @property
    def hides_problems(self) -> bool:
        """Worst first and not narrowed: a camera that fails on a later page belongs on the first one."""
        return self.sort == "worst" and self.view != "matrix" and not self.is_filtered


@dataclass(frozen=True, slots=True)
class Banner:
    """What is wrong with ourselves, the worst of it: 'redis' live updates are interrupted, 'stale' no sweep finishes,
    'workers' nobody serves a queue, 'storage' pictures cannot be stored, '' nothing."""

    kind: str
    since: datetime | None
    look_again_at: datetime
    """When it has to be read anew though nothing is reported; never later than shown.patience() from now."""
    unserved: tuple[str, ...] = ()
    """Queues without a worker."""
    is_scheduler_silent: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds the content on every page: the tree, the banner, and the number live updates start from."""

    tree: GroupTree
    banner: Banner
    since: int

    @property
    def has_outgrown_embedded(self) -> bool:
        return settings.is_embedded and self.tree.total > EMBEDDED_CAMERAS


@dataclass(frozen=True, slots=True)
class Watch:
    """What an open page knows; it travels to the browser and comes back with every poll."""

    since: int
    stale_at: int
    """Epoch second from which something may change by the passing of time alone."""
    counts: str
    """Digest of the tree and all its counts."""
    banner: str
    heads: str = ""
    """The cameras on the page, 8 characters each, see pack()."""
    elsewhere: int = 0
    """Cameras that matched but stood on other pages when this one was opened."""
    worse: int = 0
    """Of those: with problems."""
    told: int = 0
    """Epoch second from which on the cells of a matrix may have changed."""


@dataclass(frozen=True, slots=True)
class Grid:
    frame: Frame
    page: Page
    """In a matrix it knows only how many cameras there are."""
    strips: dict[str, list[Interval]]
    rows: list[MatrixRow]
    places: dict[str, GroupPath]
    """Group id → path, for a table."""
    counts: Counts
    """Of what the page shows, and of what it would show in other statuses."""
    watch: Watch


class NoSuchGroup(LookupError):
    """The group of this address does not exist (any more)."""


def read_frame(now: datetime, scope: Scope) -> Frame:
    """Read it before anything else, so that a change in between is told again rather than lost."""
    sequence = live.changes_since(0, limit=0)
    return Frame(groups.tree(now, scope), read_banner(sequence.redis_ok, now), sequence.seq)


def read_banner(redis_ok: bool, now: datetime) -> Banner:
    if not redis_ok:
        return Banner("redis", None, now + patience())
    state = live.sweep_state(now)
    unserved = tuple(sorted(state.unserved))
    if state.stale_since:
        return Banner("stale", state.stale_since, now + patience(), unserved, state.is_scheduler_silent(now))
    look_again_at = (state.done_at or now) + patience()
    if unserved:
        return Banner("workers", min(state.unserved.values()), look_again_at, unserved)
    return Banner("" if state.storage_ok else "storage", None, look_again_at)


def open_grid(query: GridQuery, now: datetime, scope: Scope) -> Grid:
    """Everything the page shows; NoSuchGroup when its group is gone."""
    frame = read_frame(now, scope)
    wanted = filter_of(query, frame.tree, scope)
    counts = counts_for(query, frame.tree, scope, now)
    page, rows = _open_matrix(wanted, frame, now) if query.view == "matrix" else (_page(query, wanted, counts, now), [])
    strips = timeline.strips(page.cameras, now - STRIP, now) if query.view == "tiles" else {}
    places = group_paths.read(scope) if query.view == "table" else {}
    return Grid(frame, page, strips, rows, places, counts, _watch(query, frame, page, now))


def _page(query: GridQuery, wanted: CameraFilter, counts: Counts, now: datetime) -> Page:
    total = sum(counts[status] for status in query.statuses or counts)
    return finding.find(wanted, query.number, query.size, now, total)


def _open_matrix(wanted: CameraFilter, frame: Frame, now: datetime) -> tuple[Page, list[MatrixRow]]:
    found = finding.cells(wanted, now)
    return Page([], 1, max(1, len(found)), len(found)), matrix.rows(found, frame.tree, wanted.scope)


def _watch(query: GridQuery, frame: Frame, page: Page, now: datetime) -> Watch:
    return Watch(
        since=frame.since,
        stale_at=stale_from(frame.tree, frame.banner),
        counts=frame.tree.digest,
        banner=frame.banner.kind,
        heads=pack(page.cameras),
        elsewhere=page.total - len(page.cameras),
        worse=_problems_beyond(query, frame.tree, page, now),
        told=int(now.timestamp()) if query.view == "matrix" else 0,
    )


def watch_frame(frame: Frame, *shown: Camera) -> Watch:
    """What a page without a grid needs to follow its surroundings, and the cameras it shows."""
    stale_at = stale_from(frame.tree, frame.banner)
    return Watch(frame.since, stale_at, frame.tree.digest, frame.banner.kind, pack(shown))


def stale_from(tree: GroupTree, banner: Banner) -> int:
    return int(min(tree.turns_at or banner.look_again_at, banner.look_again_at).timestamp())


def filter_of(query: GridQuery, tree: GroupTree | None, scope: Scope) -> CameraFilter:
    """What a page shows, as a filter; `tree` as the scope covers it, None only when the query names no group.

    NoSuchGroup when the page's own group is gone. A group that it is filtered by and that is gone holds no cameras:
    whoever acts on all that match must not find everything instead.
    """
    return CameraFilter(
        scope=scope,
        statuses=query.statuses,
        reasons=query.reasons,
        search=query.search,
        group_ids=_group_ids(query, tree) if query.needs_tree else None,
        tags=query.tags,
        is_active=query.is_active,
        is_detecting=query.is_detecting,
        in_maintenance=query.in_maintenance,
        sort=query.sort,
    )


def _group_ids(query: GridQuery, tree: GroupTree | None) -> tuple[str, ...]:
    if tree is None or (query.group_id and query.group_id not in tree.nodes):
        raise NoSuchGroup(query.group_id)
    chosen = {inner for group_id in query.groups for inner in tree.subtree_ids(group_id)}
    here = tree.subtree_ids(query.group_id) if query.group_id else chosen
    return tuple(group_id for group_id in here if not query.groups or group_id in chosen)


def counts_of(tree: GroupTree, group_id: str | None) -> Counts:
    """The counts of a group with all beneath it, or of the fleet."""
    return tree.nodes[group_id].counts if group_id in tree.nodes else tree.counts


def counts_for(query: GridQuery, tree: GroupTree, scope: Scope, now: datetime) -> Counts:
    """What the chips say: how many cameras of each status match all that is asked for besides statuses. The tree knows
    it where nothing is.
    """
    others = replace(query, statuses=())
    if others.is_filtered:
        return finding.count_by_status(filter_of(others, tree, scope), now)
    return counts_of(tree, query.group_id)


def _problems_beyond(query: GridQuery, tree: GroupTree, page: Page, now: datetime) -> int:
    if not query.hides_problems:
        return 0
    everywhere = sum(counts_of(tree, query.group_id)[status] for status in PROBLEMS)
    return everywhere - sum(shown_status(camera, now) in PROBLEMS for camera in page.cameras)


def pack(shown: Sequence[Camera]) -> str:
    """The cameras of a page in 8 characters each: what a poll can carry in its address."""
    heads = "".join(camera.id[: finding.HEAD_LENGTH].replace("-", "") for camera in shown)
    return base64.urlsafe_b64encode(bytes.fromhex(heads)).decode()


def unpack(packed: str) -> set[str]:
    """The first HEAD_LENGTH characters of the ids that pack() packed."""
    data = base64.urlsafe_b64decode(packed)
    heads = (data[at : at + 6].hex() for at in range(0, len(data), 6))
    return {f"{text[:8]}-{text[8:]}" for text in heads}
