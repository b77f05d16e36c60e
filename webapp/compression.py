"""HTML travels compressed, and so that the length of an answer tells nothing of what is in it.

Words of an address stand on the page beside its secrets, so that whoever can measure many answers might find a secret
out letter by letter, because repetitions compress well (BREACH). Against that every answer gets a random length, as in
"Heal the Breach"; the only secret on such a page is the CSRF token, whose signature is another one every second, and
what is shown once is never in the answer to a plain GET.
"""

from __future__ import annotations

import gzip
import io
import secrets

from flask import Flask, Response, request

SMALLEST = 1400
"""Bytes that fit into one packet anyway."""
LEVEL = 6
MOST_PADDING = 100


def register(app: Flask) -> None:
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if response.mimetype != "text/html" or response.is_streamed:
        return response
    response.vary.add("Accept-Encoding")
    if _is_worth_it(response):
        response.set_data(_gzipped(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _is_worth_it(response: Response) -> bool:
    is_plain = request.method == "GET" and response.status_code == 200 and "Content-Encoding" not in response.headers
    return is_plain and request.accept_encodings["gzip"] > 0 and (response.content_length or 0) >= SMALLEST


def _gzipped(data: bytes) -> bytes:
    """The padding is the file name of gzip's header, which every reader skips."""
    packed = io.BytesIO()
    padding = "x" * secrets.randbelow(MOST_PADDING + 1)
    with gzip.GzipFile(padding, "wb", LEVEL, packed, mtime=0) as file:
        file.write(data)
    return packed.getvalue()
