"""Workers that start for a test and end with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from jobs import QueueName
from tests.jobs.workers import Worker
from tests.waiting import wait_for


@pytest.fixture
def start(app: Flask, overrides: dict[str, Any], redis_url: str) -> Iterator[Callable[..., Worker]]:
    """Start a worker and wait until it listens."""
    environ = os.environ | {
        "DATA_DIR": str(overrides["DATA_DIR"]),
        "REDIS_URL": app.extensions["camkeeper"].REDIS_URL,
        "CAMERA_ALLOWED_NETWORKS": "127.0.0.0/8",
        "CHECK_DEADLINE_SECONDS": "2",
    }
    workers: list[Worker] = []

    def start(queue: QueueName = QueueName.CHECKS, code: str = "") -> Worker:
        workers.append(Worker(queue, environ, code))
        wait_for(lambda: any("serves the queue" in line for line in workers[-1].said))
        return workers[-1]

    yield start
    for worker in workers:
        worker.end()
