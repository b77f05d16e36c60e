"""The camera grid as it opens: one page of tiles with all that surrounds it, in a fixed number of queries."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..extensions import settings
from ..models import Camera, Status
from . import cameras, groups, live, timeline
from .cameras import CameraFilter, Page
from .groups import Counts, GroupTree
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
    search: str = ""
    group_id: str | None = None
    sort: str = "worst"
    number: int = 1
    size: int = 60

    @property
    def is_narrow(self) -> bool:
        return bool(self.statuses or self.search or self.group_id)

    @property
    def hides_problems(self) -> bool:
        """Worst first and not narrowed: a camera that fails on a later page belongs on the first one."""
        return self.sort == "worst" and not (self.statuses or self.search)


@dataclass(frozen=True, slots=True)
class Banner:
    """What is wrong with ourselves, the worst of it: 'redis' live updates are interrupted, 'stale' no sweep finishes,
    'storage' pictures cannot be stored, '' nothing."""

    kind: str
    since: datetime | None
    look_again_at: datetime
    """When it has to be read anew though nothing is reported; never later than shown.patience() from now."""


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


@dataclass(frozen=True, slots=True)
class Grid:
    frame: Frame
    page: Page
    strips: dict[str, list[Interval]]
    watch: Watch


class NoSuchGroup(LookupError):
    """The group of this address does not exist (any more)."""


def read_frame(now: datetime) -> Frame:
    """Read it before anything else, so that a change in between is told again rather than lost."""
    sequence = live.changes_since(0, limit=0)
    return Frame(groups.tree(now), read_banner(sequence.redis_ok, now), sequence.seq)


def read_banner(redis_ok: bool, now: datetime) -> Banner:
    if not redis_ok:
        return Banner("redis", None, now + patience())
    state = live.sweep_state(now)
    if state.stale_since:
        return Banner("stale", state.stale_since, now + patience())
    return Banner("" if state.storage_ok else "storage", None, (state.done_at or now) + patience())


def open_grid(query: GridQuery, now: datetime) -> Grid:
    """Everything the page shows; NoSuchGroup when its group is gone."""
    frame = read_frame(now)
    wanted, total = filter_of(query, frame.tree), _counted(query, frame.tree)
    page = cameras.find(wanted, query.number, query.size, now, total)
    watch = Watch(
        since=frame.since,
        stale_at=stale_from(frame.tree, frame.banner),
        counts=frame.tree.digest,
        banner=frame.banner.kind,
        heads=pack(page.cameras),
        elsewhere=page.total - len(page.cameras),
        worse=_problems_beyond(query, frame.tree, page, now),
    )
    return Grid(frame, page, timeline.strips(page.cameras, now - STRIP, now), watch)


def watch_frame(frame: Frame, *shown: Camera) -> Watch:
    """What a page without a grid needs to follow its surroundings, and the cameras it shows."""
    stale_at = stale_from(frame.tree, frame.banner)
    return Watch(frame.since, stale_at, frame.tree.digest, frame.banner.kind, pack(shown))


def stale_from(tree: GroupTree, banner: Banner) -> int:
    return int(min(tree.turns_at or banner.look_again_at, banner.look_again_at).timestamp())


def filter_of(query: GridQuery, tree: GroupTree | None) -> CameraFilter:
    if query.group_id is None:
        return CameraFilter(query.statuses, query.search, None, query.sort)
    if tree is None or query.group_id not in tree.nodes:
        raise NoSuchGroup(query.group_id)
    return CameraFilter(query.statuses, query.search, tuple(tree.subtree_ids(query.group_id)), query.sort)


def counts_of(tree: GroupTree, group_id: str | None) -> Counts:
    """The counts of a group with all beneath it, or of the fleet."""
    return tree.nodes[group_id].counts if group_id in tree.nodes else tree.counts


def _counted(query: GridQuery, tree: GroupTree) -> int | None:
    """How many cameras match, where the tree's counts say so; they know nothing of a search."""
    counts = counts_of(tree, query.group_id)
    return None if query.search else sum(counts[status] for status in query.statuses or counts)


def _problems_beyond(query: GridQuery, tree: GroupTree, page: Page, now: datetime) -> int:
    if not query.hides_problems:
        return 0
    everywhere = sum(counts_of(tree, query.group_id)[status] for status in PROBLEMS)
    return everywhere - sum(shown_status(camera, now) in PROBLEMS for camera in page.cameras)


def pack(shown: Sequence[Camera]) -> str:
    """The cameras of a page in 8 characters each: what a poll can carry in its address."""
    heads = "".join(camera.id[: cameras.HEAD_LENGTH].replace("-", "") for camera in shown)
    return base64.urlsafe_b64encode(bytes.fromhex(heads)).decode()


def unpack(packed: str) -> set[str]:
    """The first HEAD_LENGTH characters of the ids that pack() packed."""
    data = base64.urlsafe_b64decode(packed)
    heads = (data[at : at + 6].hex() for at in range(0, len(data), 6))
    return {f"{text[:8]}-{text[8:]}" for text in heads}
