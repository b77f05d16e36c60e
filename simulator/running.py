"""A farm in a thread of its own, for tests and benchmarks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from simulator.cameras import CameraSpec, video_key
from simulator.farm import Farm
from simulator.faults import Condition, Fault
from simulator.registry import FarmStats, Registry
from simulator.tls import self_signed_context
from simulator.videos import make_missing

_PATIENCE_SECONDS = 60
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class RunningFarm:
    host: str
    port: int
    tls_port: int
    """0 without TLS."""
    _registry: Registry = field(repr=False)
    _thread: _LoopThread = field(repr=False)

    @property
    def stats(self) -> FarmStats:
        """Live numbers, to be read only."""
        return self._registry.stats

    def url(self, path: str) -> str:
        return f"rtsp://{self.host}:{self.port}{path}"

    def tls_url(self, path: str) -> str:
        return f"rtsps://{self.host}:{self.tls_port}{path}"

    def set_fault(self, path: str, fault: Fault, number: int | None = None) -> None:
        """Breaks or mends a camera at once; raises KeyError when there is none at this path."""
        self._thread.run(self._registry.set_fault(path, Condition.of(fault, number)))


@contextmanager
def running_farm(
    specs: Iterable[CameraSpec] = (), host: str = "127.0.0.1", port: int = 0, *, tls: bool = False
) -> Iterator[RunningFarm]:
    """A farm with these cameras and every ad-hoc path; makes the videos of `specs` first where they are missing."""
    specs = list(specs)
    make_missing(video_key(spec, spec.condition) for spec in specs)
    registry = Registry(specs)
    farm = Farm(registry)
    with _loop_thread() as thread:
        try:
            port = thread.run(farm.listen(host, port))
            tls_port = thread.run(farm.listen(host, 0, self_signed_context())) if tls else 0
            yield RunningFarm(host, port, tls_port, registry, thread)
        finally:
            thread.run(farm.close())


class _LoopThread:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def run(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_PATIENCE_SECONDS)


@contextmanager
def _loop_thread() -> Iterator[_LoopThread]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="camera farm")
    thread.start()
    try:
        yield _LoopThread(loop)
    finally:
        # In its own thread: the caller's may run a loop already, as under Playwright.
        asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result(_PATIENCE_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
