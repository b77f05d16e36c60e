"""What changed on an open page since its last poll, from what the poll carries: nothing is kept per page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ..models import Camera
from . import finding, group_paths, groups, live, matrix, timeline
from .finding import HEAD_LENGTH
from .grid import STRIP, Banner, GridQuery, Watch, counts_for, filter_of, read_banner, stale_from, unpack
from .group_paths import Path as GroupPath
from .groups import Counts, GroupTree
from .matrix import Cell
from .rights import Scope
from .shown import turned_between
from .timeline import Interval

MOST_CELLS = 300
"""Changed cells beyond which a matrix is better opened anew."""
WRITTEN_WITHIN = timedelta(minutes=5)
"""How long after a check its result, with the check's own time, may reach the database."""
CATCH_UP = 300
"""Changes on other pages after which a page moves its number on, so that no poll has to read a long history."""


@dataclass(frozen=True, slots=True)
class News:
    """What a poll learns without SQL."""

    seq: int
    touched: frozenset[str]
    """Ids of cameras on the page that somebody changed."""
    is_due: bool
    """Time alone has changed something."""
    recount: bool
    """Counts may have moved."""
    reset: bool
    """The sequence was lost, or nobody could add to it for a while: every tile is to be drawn anew."""
    is_behind: bool
    redis_ok: bool

    @property
    def is_calm(self) -> bool:
        return not (self.touched or self.recount or self.is_behind)


@dataclass(frozen=True, slots=True)
class Delta:
    """What an open page has to change. None: as it was."""

    watch: Watch
    banner: Banner | None = None
    tree: GroupTree | None = None
    counts: Counts | None = None
    """Of what the page's filter shows in each status; they may differ though the tree's do not."""
    cameras: list[Camera] = field(default_factory=list)
    strips: dict[str, list[Interval]] = field(default_factory=dict)
    places: dict[str, GroupPath] = field(default_factory=dict)
    unmatched: frozenset[str] = frozenset()
    """Those cameras, or keys of cells, that the page's filter no longer shows."""
    deleted: frozenset[str] = frozenset()
    """How the ids of those begin that are gone: the whole id, or as much of it as the page told us."""
    newly: int | None = None
    """Cameras beyond this page that match now and did not when it was opened."""
    worse: int | None = None
    """Cameras beyond this page that got problems since."""
    cells: list[Cell] = field(default_factory=list)
    """What may have changed in a matrix. Those it does not have it ignores."""
    fewer: int = 0
    """Cells of a matrix whose camera no longer matches or is gone."""
    is_much: bool = False
    """So many cells changed that none are told."""


def changes(query: GridQuery, watch: Watch, now: datetime, scope: Callable[[], Scope]) -> Delta | None:
    """None when there is nothing to change, found out in one round trip to Redis and without SQL.

    `scope` is asked for what the reader may see only when there is something: for some people that takes a query.
    """
    news = look(watch, now)
    banner = changed_banner(news, watch, now)
    if news.is_calm and banner is None:
        return None
    sight = scope()
    delta = Delta(_moved_on(watch, news, banner), banner)
    tree = groups.tree(now, sight) if news.recount or query.needs_tree else None
    if query.view != "matrix":
        delta = _with_tiles(delta, query, news, watch, tree, sight, now)
    elif news.recount:
        delta = _with_cells(delta, query, tree, sight, now)
    return _with_counts(delta, query, tree, sight, now) if tree and news.recount else delta


def look(watch: Watch, now: datetime) -> News:
    found = live.changes_since(watch.since, limit=live.KEEP)
    on_page = unpack(watch.heads) if found.ids else set()
    is_due = now.timestamp() >= watch.stale_at
    # While Redis did not answer, nothing could be published: what it holds now leaves out all that happened.
    reset = found.reset or (watch.banner == "redis" and found.redis_ok)
    return News(
        seq=found.seq,
        touched=frozenset(camera_id for camera_id in found.ids if camera_id[:HEAD_LENGTH] in on_page),
        is_due=is_due,
        recount=is_due or found.status_changed or reset,
        reset=reset,
        is_behind=len(found.ids) > CATCH_UP,
        redis_ok=found.redis_ok,
    )


def changed_banner(news: News, watch: Watch, now: datetime) -> Banner | None:
    """The banner when it differs from the one the page shows; asked only when it can have changed."""
    may_differ = news.is_due or news.recount or watch.banner or not news.redis_ok
    banner = read_banner(news.redis_ok, now) if may_differ else None
    return banner if banner and (banner.kind != watch.banner or news.is_due) else None


def _moved_on(watch: Watch, news: News, banner: Banner | None) -> Watch:
    return replace(watch, since=news.seq, banner=banner.kind if banner else watch.banner)


def _with_tiles(
    delta: Delta, query: GridQuery, news: News, watch: Watch, tree: GroupTree | None, sight: Scope, now: datetime
) -> Delta:
    shown = _changed_cameras(news, watch, sight, now)
    ids = frozenset(camera.id for camera in shown)
    unmatched: frozenset[str] = frozenset()
    if query.is_narrow and shown:
        unmatched = ids - finding.matching(filter_of(query, tree, sight), list(ids), now)
    strips = timeline.strips(shown, now - STRIP, now) if shown and query.view == "tiles" else {}
    places = group_paths.read(sight) if shown and query.view == "table" else {}
    found = replace(delta, cameras=shown, strips=strips, places=places)
    return replace(found, unmatched=unmatched, deleted=_gone(news, watch, ids))


def _with_cells(delta: Delta, query: GridQuery, tree: GroupTree | None, sight: Scope, now: datetime) -> Delta:
    """A sweep touches every camera: only those are told whose status, name or group may be another."""
    since = datetime.fromtimestamp(delta.watch.told, UTC) - WRITTEN_WITHIN
    found = finding.changed_cells(sight, since, now, MOST_CELLS + 1)
    watch = replace(delta.watch, told=int(now.timestamp()))
    if len(found) > MOST_CELLS:
        return replace(delta, watch=watch, is_much=True)
    ids = [row.id for row in found]
    cells = matrix.cells(found, sight)
    shown = finding.matching(filter_of(query, tree, sight), ids, now)
    unmatched = frozenset(cell.key for cell, row in zip(cells, found, strict=True) if row.id not in shown)
    return replace(delta, watch=watch, cells=cells, unmatched=unmatched)


def _gone(news: News, watch: Watch, found: frozenset[str]) -> frozenset[str]:
    if news.reset:
        return frozenset(unpack(watch.heads)) - {camera_id[:HEAD_LENGTH] for camera_id in found}
    return news.touched - found


def _changed_cameras(news: News, watch: Watch, sight: Scope, now: datetime) -> list[Camera]:
    """Those that somebody changed, and those that time alone has changed since the page was told."""
    if not (news.is_due or news.reset):
        return finding.by_ids(list(news.touched), sight) if news.touched else []
    told = datetime.fromtimestamp(watch.stale_at, UTC)
    return [
        camera
        for camera in finding.beginning_with(unpack(watch.heads), sight)
        if news.reset or camera.id in news.touched or turned_between(camera, told, now)
    ]


def _with_counts(delta: Delta, query: GridQuery, tree: GroupTree, sight: Scope, now: datetime) -> Delta:
    watch = delta.watch
    elsewhere, worse = finding.beyond(filter_of(query, tree, sight), unpack(watch.heads), now)
    stale_at = stale_from(tree, delta.banner) if delta.banner else watch.stale_at
    return replace(
        delta,
        tree=tree if tree.digest != watch.counts else None,
        counts=counts_for(query, tree, sight, now) if query.is_filtered or tree.digest != watch.counts else None,
        newly=max(0, elsewhere - watch.elsewhere),
        fewer=max(0, watch.elsewhere - elsewhere) if query.view == "matrix" else 0,
        worse=max(0, worse - watch.worse) if query.hides_problems else 0,
        watch=replace(watch, counts=tree.digest, stale_at=stale_at),
    )
