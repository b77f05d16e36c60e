"""The server: puts a registry of cameras behind ports and counts who comes."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from simulator import rtsp
from simulator.connection import Connection
from simulator.registry import Registry

_BACKLOG = 4096


class Farm:
    """Serves the registry's cameras on the ports it is told to listen on, until closed."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Opens one more port (0: any free one) and returns its number; with a context it speaks rtsps."""
        server = await asyncio.start_server(
            self._accept, host, port, ssl=tls, backlog=_BACKLOG, limit=rtsp.MAX_HEADER, reuse_address=True
        )
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stats = self._registry.stats
        stats.connections += 1
        stats.open_connections += 1
        # A viewer may vanish at any moment: then nobody is left to tell.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                await Connection(self._registry, reader, writer).serve()
                writer.close()
                await writer.wait_closed()
            finally:
                stats.open_connections -= 1
                writer.transport.abort()
                await writer.wait_closed()
