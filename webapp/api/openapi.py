"""The OpenAPI document, made from the operations themselves, so that it cannot say anything else than they do."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from ..errors import NAMES
from . import identity
from .answers import Meta
from .operations import OPERATIONS, Operation

Json = dict[str, Any]

ABOUT = """Everything the pages of Camkeeper do, for programs.

Get a token with `POST /api/v1/auth/login`, or make one on the page *Tokens*, and send it as `Authorization: Bearer …`.

Every answer is an envelope: `{success, data, meta}`, or `{success, error}` with `code`, `message` and `details`, a
sentence for each `field`. Lists take `page` and `page_size`. Moments are UTC, as in `2026-11-22T06:00:00Z`.

Every answer carries `X-Request-ID`; requests are counted per token, see the headers `X-RateLimit-…`. A create with an
`Idempotency-Key` is done once, however often it is sent within a day. `ETag` and `If-Match` keep two programs from
undoing each other's changes.
"""
TAGS = {
    "auth": "Sign in",
    "cameras": "Cameras",
    "camera_checks": "Cameras",
    "camera_files": "Cameras",
    "groups": "Camera groups",
    "camera_past": "History",
    "problems": "Problems",
    "reports": "Reports",
    "snapshots": "Snapshots",
    "clips": "Clips",
    "imports": "Imports",
    "bulk": "Many cameras at once",
    "users": "People",
    "tokens": "Tokens",
    "audit": "Audit",
    "status": "Status",
}
MEANINGS = {
    202: "It takes longer; Location says where to follow it.",
    206: "The part that Range asks for.",
    400: "The request cannot be read.",
    401: "There is no token, or it opens nothing.",
    403: "The token or its person may not do this.",
    404: "It does not exist, was deleted, or is not yours to see.",
    409: "Something else was faster, or it is not its turn.",
    410: "It is not kept any more.",
    412: "Somebody changed it since the version that If-Match names.",
    413: "More than 10 MB.",
    415: "The body is not JSON.",
    416: "The file is shorter than the part that Range asks for.",
    422: "Something in it cannot be taken; the details name every field.",
    429: "Too many requests; Retry-After says how long to wait.",
    500: "Our mistake; it is logged under X-Request-ID.",
    503: "Something we need is away; nothing is lost.",
}
EVERYWHERE = (422, 429, 500, 503)
VERSIONED = ("cameras_update", "cameras_delete", "groups_update", "groups_delete", "groups_move")
BYTES: Json = {"type": "string", "format": "binary"}
SCHEMAS = "#/components/schemas/{model}"


@cache
def document() -> Json:
    shapes = _Shapes()
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(_path(operation), {})[operation.method.lower()] = _operation(operation, shapes)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Camkeeper", "version": "1", "description": ABOUT, "license": {"name": "MIT"}},
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(TAGS.values())],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(shapes.found.items())),
            "responses": {_response_name(code): _refusal(code) for code in (400, 401, 403, 413, 415, *EVERYWHERE)},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": identity.HOW}},
        },
    }


class _Shapes:
    """The schemas that were met so far, each once and by name."""

    def __init__(self) -> None:
        self.found: dict[str, Json] = {"Error": _error_schema()}
        self.of(Meta)

    def of(self, kind: Any, mode: Any = "serialization") -> Json:
        """A schema that refers to named ones; a type that has a name of its own becomes one of those."""
        schema = TypeAdapter(kind).json_schema(ref_template=SCHEMAS, mode=mode)
        self.found |= {name: _plain(found) for name, found in schema.pop("$defs", {}).items()}
        if "title" in schema and isinstance(kind, type):
            self.found[kind.__name__] = _plain(schema)
            return {"$ref": SCHEMAS.format(model=kind.__name__)}
        return _plain(schema)


def _plain(schema: Json) -> Json:
    """Without what pydantic says besides: titles that repeat the names of fields."""
    properties = schema.get("properties", {})
    for found in properties.values():
        found.pop("title", None)
    return schema


def _path(operation: Operation) -> str:
    return "/api/v1" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", operation.path)


def _operation(operation: Operation, shapes: _Shapes) -> Json:
    summary, _, more = operation.told.partition("\n")
    found: Json = {
        "operationId": operation.endpoint,
        "tags": [TAGS[operation.noun]],
        "summary": summary,
        "description": _description(operation, more),
        "parameters": [*_path_parameters(operation), *_query(operation, shapes), *_headers(operation)],
        "responses": _responses(operation, shapes),
        "security": [] if operation.needs == identity.OPEN else [{"token": _scopes(operation)}],
    }
    if operation.body:
        found["requestBody"] = _body(operation, shapes)
    elif operation.takes:
        found["requestBody"] = {"required": True, "content": {operation.takes: {"schema": BYTES}}}
    return found


def _description(operation: Operation, more: str) -> str:
    needs = "no token" if operation.needs == identity.OPEN else f"`{operation.needs}`"
    told = " ".join(more.split())
    return f"{told}\n\nNeeds {needs}.".strip()


def _scopes(operation: Operation) -> list[str]:
    return [operation.needs] if ":" in operation.needs else []


def _path_parameters(operation: Operation) -> list[Json]:
    names = re.findall(r"<(?:\w+:)?(\w+)>", operation.path)
    schema = {"type": "string", "format": "uuid"}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _query(operation: Operation, shapes: _Shapes) -> list[Json]:
    if operation.query is None:
        return []
    schema = operation.query.model_json_schema(ref_template=SCHEMAS)
    shapes.found |= {name: _plain(found) for name, found in schema.get("$defs", {}).items()}
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(found)}
        for name, found in _plain(schema)["properties"].items()
    ]


def _without_null(schema: Json) -> Json:
    """Nobody can say null in an address."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    rest = {name: value for name, value in schema.items() if name not in ("anyOf",) and value is not None}
    return rest | kinds[0] if len(kinds) == 1 else schema


def _headers(operation: Operation) -> list[Json]:
    found = {}
    if operation.endpoint in VERSIONED:
        found["If-Match"] = "The ETag that was read: the change is refused when somebody else was faster."
    if operation.is_repeatable:
        found["Idempotency-Key"] = "Sent again within a day with the same body, the first answer comes again."
    schema = {"type": "string", "pattern": r"^[!-~]{1,200}$"}
    return [{"name": name, "in": "header", "schema": schema, "description": told} for name, told in found.items()]


def _body(operation: Operation, shapes: _Shapes) -> Json:
    assert operation.body
    schema = shapes.of(operation.body, "validation")
    if operation.is_partial:
        name = operation.body.__name__ + "Changes"
        whole = shapes.found[operation.body.__name__]
        shapes.found[name] = {key: value for key, value in whole.items() if key not in ("required", "title")}
        schema = {"$ref": SCHEMAS.format(model=name)}
    content: Json = {"schema": schema}
    if operation.example:
        content["example"] = dict(operation.example)
    return {"required": "required" in shapes.found[operation.body.__name__], "content": {"application/json": content}}


def _responses(operation: Operation, shapes: _Shapes) -> Json:
    told = {str(operation.code): _success(operation, shapes, "Done.")}
    also = {202, 206} & {*operation.codes}
    told |= {str(code): _success(operation, shapes, MEANINGS[code]) for code in also}
    codes = {*operation.codes, *EVERYWHERE} - also
    codes |= {401, 403} if operation.needs != identity.OPEN else set()
    codes |= {400, 413, 415} if operation.body else set()
    for code in sorted(codes):
        name = _response_name(code)
        is_shared = code in (400, 401, 403, 413, 415, *EVERYWHERE)
        told[str(code)] = {"$ref": f"#/components/responses/{name}"} if is_shared else _refusal(code)
    return told


def _success(operation: Operation, shapes: _Shapes, meaning: str) -> Json:
    if isinstance(operation.answer, str):
        kinds = (operation.answer, "application/json") if operation.answer == "text/csv" else (operation.answer,)
        return {"description": meaning, "content": {kind: {} for kind in kinds}}
    data = shapes.of(operation.answer) if operation.answer else {"type": "null"}
    properties: Json = {"success": {"const": True}, "data": data}
    if operation.is_paged or operation.meta:
        properties["meta"] = shapes.of(operation.meta or Meta)
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"description": meaning, "content": {"application/json": {"schema": schema}}}


def _response_name(code: int) -> str:
    return NAMES[code]


def _refusal(code: int) -> Json:
    example = {"success": False, "error": {"code": NAMES[code], "message": MEANINGS[code], "details": []}}
    content = {"schema": {"$ref": SCHEMAS.format(model="Error")}, "example": example}
    return {"description": MEANINGS[code], "content": {"application/json": content}}


def _error_schema() -> Json:
    text = {"type": "string"}
    detail = {"type": "object", "properties": {"field": text, "message": text}, "required": ["field", "message"]}
    error = {
        "type": "object",
        "properties": {
            "code": {"enum": sorted(NAMES.values())},
            "message": text | {"description": "For people: what happened and what to do."},
            "details": {"type": "array", "items": detail},
        },
        "required": ["code", "message", "details"],
    }
    return {
        "type": "object",
        "properties": {"success": {"const": False}, "error": error},
        "required": ["success", "error"],
    }
