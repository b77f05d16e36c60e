"""Runs a farm in the foreground: `python -m simulator [--host 127.0.0.1] [--port 8554] [--fleet demo]`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys

from simulator.farm import Farm
from simulator.fleet import demo_specs
from simulator.registry import Registry
from simulator.tls import self_signed_context

_FLEETS = {"demo": demo_specs, "none": list}


def main() -> int:
    given = _arguments()
    registry = Registry(_FLEETS[given.fleet]())
    try:
        asyncio.run(_serve(registry, given.host, given.port, given.tls_port))
    except OSError as error:
        print(f"The camera farm cannot listen on {given.host}:{given.port}: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulator", description="A farm of simulated RTSP cameras.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8554, help="port for rtsp (default: 8554)")
    parser.add_argument("--tls-port", type=int, help="a second port, for rtsps; none by default")
    parser.add_argument("--fleet", choices=sorted(_FLEETS), default="demo", help="registered cameras (default: demo)")
    return parser.parse_args()


async def _serve(registry: Registry, host: str, port: int, tls_port: int | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as open_things:
        farm = Farm(registry)
        open_things.push_async_callback(farm.close)
        port = await farm.listen(host, port)
        print(f"{len(list(registry))} cameras on rtsp://{host}:{port}", flush=True)
        if tls_port is not None:
            tls_port = await farm.listen(host, tls_port, self_signed_context())
            print(f"the same on rtsps://{host}:{tls_port}", flush=True)
        await stop.wait()


if __name__ == "__main__":
    sys.exit(main())
