"""A file to begin with: every column, and two cameras to write over. Pure."""

from __future__ import annotations

import csv
import io
from typing import Any

from ..camera_columns import NAMES, to_cell

EXAMPLES: tuple[dict[str, Any], ...] = (
    {
        "name": "Gate 1",
        "code": "CAM-0001",
        "rtsp_url": "rtsp://192.168.1.20:554/stream1",
        "sub_rtsp_url": "rtsp://192.168.1.20:554/stream2",
        "stream": "main",
        "username": "viewer",
        "password": "change me",
        "group": ("Site A", "Building 1", "Gate"),
        "location": "Above the turnstile",
        "vendor": "Axis",
        "model": "P3245",
        "tags": ("entrance", "night"),
        "resolution": "1920x1080",
        "fps": 15.0,
        "codec": "h264",
        "is_active": True,
        "enable_detection": True,
        "detection_sensitivity": 0.7,
        "check_interval_seconds": 60,
        "image_sensitivity": "medium",
        "retention_days": 30,
    },
    {"name": "Lobby", "rtsp_url": "rtsp://192.168.1.21/stream1", "group": ("Site A", "Building 1"), "notes": "New."},
)


def template() -> bytes:
    """CSV in UTF-8, with the mark by which a spreadsheet knows it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(NAMES)
    writer.writerows([[to_cell(name, example.get(name)) for name in NAMES] for example in EXAMPLES])
    return out.getvalue().encode("utf-8-sig")
