"""Answers that give a part of a video: what players ask for when somebody jumps in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

Read = Callable[[int, int], Iterator[bytes]]
"""From byte … to before byte …."""


def video(read: Read, size: int, etag: str, name: str) -> Response:
    """The whole, or the one part that was asked for (206); RequestedRangeNotSatisfiable (416) beyond the end."""
    start, stop = asked_part(size, etag) or (0, size)
    is_part = asked_part(size, etag) is not None
    answer = Response(read(start, stop), 206 if is_part else 200, mimetype="video/mp4")
    answer.content_length = stop - start
    answer.headers["Accept-Ranges"] = "bytes"
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    answer.headers.set("Content-Disposition", "attachment" if "download" in request.args else "inline", filename=name)
    answer.set_etag(etag)
    if is_part:
        answer.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return answer


def asked_part(size: int, etag: str) -> tuple[int, int] | None:
    """None where the whole is to be given: no range, several, one we cannot read, or If-Range names another video."""
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    if request.if_range.etag not in (None, etag) or request.if_range.date:
        return None
    part = asked.range_for_length(size)
    if part is None:
        raise RequestedRangeNotSatisfiable(size)
    return part
