"""The document says what the operations do, and is a valid one."""

from __future__ import annotations

import json
import re

import jsonschema_rs
import pytest
from flask.testing import FlaskClient

from webapp.api import openapi
from webapp.api.operations import OPERATIONS
from webapp.schemas import CameraInput, LoginInput, parse


@pytest.fixture(scope="module")
def document() -> openapi.Json:
    return openapi.document()


def test_it_is_served_as_3_1(client: FlaskClient) -> None:
    answer = client.get("/openapi.json")
    assert answer.json
    assert answer.json["openapi"] == "3.1.0"
    for page in ("/docs", "/redoc"):
        found = client.get(page)
        assert found.status_code == 200
        assert "script-src 'self';" in found.headers["Content-Security-Policy"]
        for url in re.findall(r'(?:src|href)="([^"]+)"', found.text):
            assert url.startswith("/"), url
            assert client.get(url).status_code == 200, url
    assert b"cdn." not in client.get("/docs/redoc.js").data
    assert client.get("/docs/nothing.js").status_code == 404


def test_every_operation_is_there_with_its_right_and_its_refusals(document: openapi.Json) -> None:
    told = {
        (method.upper(), path): found for path, found in document["paths"].items() for method, found in found.items()
    }
    assert len(told) == len(OPERATIONS)
    for operation in OPERATIONS:
        found = told[operation.method, "/api/v1" + re.sub(r"<uuid:(\w+)>", r"{\1}", operation.path)]
        assert found["summary"].endswith((".", "…")), operation
        assert {"422", "429", "500"} <= set(found["responses"])
        if ":" in operation.needs:
            assert found["security"] == [{"token": [operation.needs]}]


def test_every_reference_leads_somewhere_and_every_schema_is_one(document: openapi.Json) -> None:
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        place = document
        for step in reference.split("/"):
            place = place[step]
    for name, schema in document["components"]["schemas"].items():
        assert jsonschema_rs.validator_for({"components": document["components"]} | schema), name


def test_every_example_is_one(document: openapi.Json) -> None:
    for operation in OPERATIONS:
        if operation.body and not operation.is_partial:
            assert operation.example or operation.body is LoginInput, operation.endpoint
            parse(operation.body, dict(operation.example))
        if operation.body is CameraInput and operation.is_partial:
            parse(CameraInput, {"name": "A", "rtsp_url": "rtsp://10.0.0.1/a"} | operation.example)
