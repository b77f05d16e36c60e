"""A report as CSV: the whole, its groups and its cameras in rows of one kind, so that a spreadsheet can filter them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from ...models import Report
from ..camera_columns import neutralised
from .asking import period_of

HEADINGS = (
    "Row",
    "Name",
    "Code",
    "Group",
    "Period",
    "Cameras",
    "Uptime %",
    "Measured %",
    "Uptime before %",
    "Outages",
    "Longest outage (s)",
    "Down (s)",
    "Unknown (s)",
    "Excluded (s)",
    "Mean time to repair (s)",
)


def as_csv(report: Report) -> str:
    """With the mark that Excel needs to take it for UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    for cells in _rows(report):
        writer.writerow([neutralised(cell) for cell in cells])
    return "\ufeff" + text.getvalue()


def _rows(report: Report) -> Iterator[list[str]]:
    found, period = report.result or {}, period_of(report).title
    if not found:
        return
    before = found["before"]["uptime"]
    yield ["total", report.name, "", "", period, str(found["cameras"]), *_cells(found["total"], before)]
    for group in found["groups"]:
        cells = _cells(group["figures"], group["before"]["uptime"])
        yield ["group", group["name"], "", group["name"], period, str(group["cameras"]), *cells]
    for camera in found["each"]:
        cells = _cells(camera["figures"], camera["uptime_before"])
        yield ["camera", camera["name"], camera["code"] or "", camera["group"], period, "1", *cells]


def _cells(told: Mapping[str, Any], before: float | None) -> list[str]:
    seconds = ("longest", "down", "unknown", "excluded", "mean_time_to_repair")
    shares = [_percent(told["uptime"]), _percent(told["measured"]), _percent(before)]
    return [*shares, str(told["outages"]), *(_whole(told[name]) for name in seconds)]


def _percent(share: float | None) -> str:
    """Empty where nothing was measured: a spreadsheet must not take it for 0 %."""
    return "" if share is None else f"{share * 100:.3f}"


def _whole(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.0f}"
