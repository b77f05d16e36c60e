"""One viewer's connection: reads its requests and answers as the camera it asks for would."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass

from simulator import control, misbehaviour, rtsp, sdp, streaming
from simulator.faults import REFUSALS, Condition, Fault
from simulator.login import missing_login
from simulator.registry import Camera, Registry

_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER, SET_PARAMETER"
_SESSION_SECONDS = 60


@dataclass(frozen=True, slots=True)
class _Session:
    number: str
    camera: Camera
    condition: Condition
    channel: int

    @property
    def header(self) -> tuple[str, str]:
        return "Session", f"{self.number};timeout={_SESSION_SECONDS}"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request, the camera it is for, and what is wrong with that camera at this moment."""

    request: rtsp.Request
    camera: Camera
    condition: Condition


class Connection:
    def __init__(self, registry: Registry, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._registry = registry
        self._reader = reader
        self._writer = writer
        self._session: _Session | None = None
        self._streaming: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Until the viewer hangs up, or the camera does."""
        try:
            while not self._writer.is_closing() and (request := await rtsp.read_request(self._reader)):
                await self._answer(request)
                await self._writer.drain()
        except rtsp.BadRequest:
            self._writer.write(rtsp.response(400, "0"))
        finally:
            await self._stop_streaming()

    async def _answer(self, request: rtsp.Request) -> None:
        if request.path == control.PATH:
            await self._answer_control(request)
            return
        camera = self._registry.camera(request.path)
        if camera is None:
            self._registry.stats.of(request.path).requests[request.method] += 1
            self._refuse(request, 404)
            return
        camera.stats.requests[request.method] += 1
        asked = _Asked(request, camera, camera.condition.at(time.time()))
        if wild := misbehaviour.takeover(asked.condition.fault, request.method):
            await wild(self._reader, self._writer, request)
            self._writer.close()
            return
        await self._answer_camera(asked)

    async def _answer_control(self, request: rtsp.Request) -> None:
        status, body = await control.answer(self._registry, request, self._writer.get_extra_info("peername")[0])
        self._reply(request, [("Content-Type", "text/parameters")] if body else [], body, status)

    async def _answer_camera(self, asked: _Asked) -> None:
        request, fault = asked.request, asked.condition.fault
        if fault is Fault.SLOW:
            await asyncio.sleep(asked.condition.number / 1000)
        if request.method == "OPTIONS":
            self._reply(request, [("Public", _METHODS)])
        elif challenges := missing_login(asked.camera, request, fault, time.time()):
            self._refuse(request, 401, challenges)
            if fault is Fault.CLOSE_AFTER_401:
                self._writer.close()
        elif status := REFUSALS.get((fault, request.method)):
            self._refuse(request, status)
        else:
            await self._handle(asked)

    async def _handle(self, asked: _Asked) -> None:
        match asked.request.method:
            case "DESCRIBE":
                await self._describe(asked)
            case "SETUP":
                self._set_up(asked)
            case "PLAY":
                await self._play(asked)
            case "TEARDOWN":
                await self._stop_streaming()
                self._reply(asked.request)
            case "GET_PARAMETER" | "SET_PARAMETER":
                self._reply(asked.request, [self._session.header] if self._session else [])
            case _:
                self._refuse(asked.request, 405, [("Allow", _METHODS)])

    async def _describe(self, asked: _Asked) -> None:
        if asked.condition.fault is Fault.REDIRECT:
            self._refuse(asked.request, 302, [("Location", self._redirect_target(asked))])
            return
        if asked.condition.fault is Fault.NO_SDP:
            self._reply(asked.request)
            return
        video = await self._registry.video(asked.camera, asked.condition)
        spec = asked.camera.spec
        body = sdp.description(video, spec.fps if spec.claims_fps else None)
        base = asked.request.uri.partition("?")[0].rstrip("/") + "/"
        self._reply(asked.request, [("Content-Base", base), ("Content-Type", "application/sdp")], body)

    def _redirect_target(self, asked: _Asked) -> str:
        target = asked.camera.spec.redirect_to
        if not target.startswith("/"):
            return target
        return asked.request.uri.partition(asked.request.path)[0] + target

    def _set_up(self, asked: _Asked) -> None:
        channel = rtsp.interleaved_channel(asked.request.headers.get("transport", ""))
        if channel is None:
            self._refuse(asked.request, 461)
            return
        self._session = _Session(str(secrets.randbelow(10**9)), asked.camera, asked.condition, channel)
        transport = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        self._reply(asked.request, [("Transport", transport), self._session.header])

    async def _play(self, asked: _Asked) -> None:
        session = self._session
        if session is None or session.camera is not asked.camera:
            self._refuse(asked.request, 454)
            return
        await self._stop_streaming()
        video = await self._registry.video(session.camera, session.condition)
        start = streaming.live_position(session.camera.spec, video, time.time())
        stream = streaming.Stream(session.camera, session.condition, video, session.channel, self._writer, start)
        track = f"{asked.request.uri.rstrip('/')}/{sdp.CONTROL}"
        self._reply(asked.request, [session.header, ("RTP-Info", f"url={track};{stream.rtp_info}")])
        self._streaming = asyncio.create_task(stream.run())

    async def _stop_streaming(self) -> None:
        if self._streaming is None:
            return
        self._streaming.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._streaming
        self._streaming = None

    def _reply(
        self, request: rtsp.Request, headers: Iterable[tuple[str, str]] = (), body: bytes = b"", status: int = 200
    ) -> None:
        self._writer.write(rtsp.response(status, request.sequence, headers, body))

    def _refuse(self, request: rtsp.Request, status: int, headers: Iterable[tuple[str, str]] = ()) -> None:
        self._reply(request, headers, status=status)
