"""HTML travels compressed where the browser takes it, and never twice of one length."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

LONG = "<p>long</p>" * 500
ASKED = {"Accept-Encoding": "gzip, br"}


@pytest.fixture
def answer(app: Flask, client: FlaskClient) -> Callable[..., Any]:
    """What comes of a view that gives this response."""

    def ask(response: Response, headers: dict[str, str] = ASKED, method: str = "GET") -> Any:
        app.view_functions["health.serving"] = lambda: response
        return client.open("/healthz", headers=headers, method=method)

    return ask


def test_a_long_page_is_compressed(answer: Callable[..., Any]) -> None:
    got = answer(Response(LONG, mimetype="text/html"))
    assert got.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(got.data).decode() == LONG
    assert len(got.data) < 400
    assert int(got.headers["Content-Length"]) == len(got.data)
    assert "Accept-Encoding" in got.headers["Vary"]


def test_the_same_page_has_many_lengths(answer: Callable[..., Any]) -> None:
    lengths = {len(answer(Response(LONG, mimetype="text/html")).data) for _ in range(40)}
    assert len(lengths) > 10


@pytest.mark.parametrize(
    ("response", "headers"),
    [
        (Response(LONG, mimetype="text/html"), {}),
        (Response(LONG, mimetype="text/html"), {"Accept-Encoding": "gzip;q=0"}),
        (Response("<p>short</p>", mimetype="text/html"), ASKED),
        (Response(LONG, mimetype="text/csv"), ASKED),
        (Response(LONG, 201, mimetype="text/html"), ASKED),
        (Response(iter([LONG]), mimetype="text/html"), ASKED),
    ],
    ids=["not asked for", "refused", "short", "no page", "shown once", "streamed"],
)
def test_the_rest_travels_as_it_is(answer: Callable[..., Any], response: Response, headers: dict[str, str]) -> None:
    got = answer(response, headers)
    assert "Content-Encoding" not in got.headers
    assert got.data in (LONG.encode(), b"<p>short</p>")
