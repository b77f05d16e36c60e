"""The same request twice, because its answer was lost on the way, is done once: its answer is kept for a day."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ..extensions import redis_client

KEEP_S = 24 * 3600
AT_WORK_S = 120
"""A process that died lets the key go after so long."""


class OtherRequest(Exception):
    """The key was used for something else."""


class StillAtWork(Exception):
    """The first of the two has no answer yet."""


def claim(key: str, request: bytes) -> dict[str, Any] | None:
    """The answer given before, or None when this is the first: answer it, then keep() or release()."""
    digest = hashlib.sha256(request).hexdigest()
    if redis_client.set(_name(key), json.dumps({"request": digest}), nx=True, ex=AT_WORK_S):
        return None
    found: dict[str, Any] = json.loads(redis_client.get(_name(key)) or b"{}")
    if found.get("request") != digest:
        raise OtherRequest
    if "answer" not in found:
        raise StillAtWork
    answer: dict[str, Any] = found["answer"]
    return answer


def keep(key: str, request: bytes, answer: dict[str, Any]) -> None:
    kept = {"request": hashlib.sha256(request).hexdigest(), "answer": answer}
    redis_client.set(_name(key), json.dumps(kept), ex=KEEP_S)


def release(key: str) -> None:
    redis_client.delete(_name(key))


def _name(key: str) -> str:
    return "once:" + hashlib.sha256(key.encode()).hexdigest()
