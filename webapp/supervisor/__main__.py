"""python -m webapp.supervisor [--demo]; beside it, in a second terminal: python -m webapp.supervisor stop checks."""

from __future__ import annotations

import argparse
import fcntl
import os
import shlex
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import redis
from honcho.colour import get_colours
from honcho.environ import parse_procfile

from .. import config, demo
from ..embedded_redis import NoEmbeddedRedis, redis_command
from . import control
from .greeting import Greeting
from .loop import REDIS, Supervisor
from .member import ROOT, Member

REDIS_SECONDS = 15.0


def members_of(settings: config.Settings, with_simulator: bool) -> list[Member]:
    """One member per process: the lines of the Procfile, and what only the embedded mode needs."""
    commands = parse_procfile((ROOT / "Procfile").read_text()).processes
    if _has_own_redis(settings):
        own = redis_command(settings.DATA_DIR / "redis.sock", settings.DATA_DIR)
        commands = {REDIS: f"exec {shlex.join(own)}"} | commands
    if with_simulator:
        commands["cameras"] = f"exec python -m simulator --port {demo.simulator_port()}"
    names = [(name, kind) for kind in commands for name in _names(kind, settings)]
    return [Member(name, commands[kind], colour) for (name, kind), colour in zip(names, get_colours(), strict=False)]


def _names(kind: str, settings: config.Settings) -> list[str]:
    return [f"checks.{n + 1}" for n in range(settings.CHECK_WORKERS)] if kind == "checks" else [kind]


def _has_own_redis(settings: config.Settings) -> bool:
    return settings.REDIS_URL.startswith(f"unix://{settings.DATA_DIR / 'redis.sock'}")


def _redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as connection:
            return bool(connection.ping())
    except redis.RedisError:
        return False


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Keep a second supervisor off the same data; the kernel lets go when this one ends, however it ends."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "supervisor.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            sys.exit(
                f"Camkeeper runs on {data_dir} already, as process {file.read().strip() or '?'}. "
                "Stop it there with Ctrl-C, or choose another DATA_DIR."
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def require_free_port(what: str, host: str, port: int, settings: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        reason = (error.strerror or "").partition(" (while")[0]  # not os.strerror: it knows no errors of look-ups
        sys.exit(f"{what} cannot listen on {host}:{port}: {reason}. Set another {settings}.")


def serve(settings: config.Settings, environ: Mapping[str, str], is_demo: bool) -> int:
    """Run everything until SIGINT or SIGTERM."""
    require_free_port("The web server", settings.HOST, settings.PORT, "HOST or PORT")
    if is_demo:
        require_free_port("The simulated fleet", "127.0.0.1", demo.simulator_port(), "SIMULATOR_PORT")
    try:
        members = members_of(settings, is_demo)
    except NoEmbeddedRedis as error:
        sys.exit(str(error))
    _wait_for_earlier_redis(settings)
    supervisor = Supervisor(members, environ, lambda: _redis_answers(settings.REDIS_URL))
    control.listen(control.socket_path(settings.DATA_DIR), supervisor.orders)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, supervisor.stop)
    preparations = [[sys.executable, "-m", "flask", "--app", "wsgi", "prepare"]]
    if is_demo:
        preparations.append([sys.executable, "-m", "webapp.demo"])
    more = demo.greeting(settings) if is_demo else ""
    return supervisor.run(preparations, Greeting(settings.url, more))


def _wait_for_earlier_redis(settings: config.Settings) -> None:
    """A Redis whose supervisor was killed still saves its data; it would take our socket with it when it goes."""
    give_up = time.monotonic() + REDIS_SECONDS
    while _has_own_redis(settings) and _redis_answers(settings.REDIS_URL):
        if time.monotonic() > give_up:
            sys.exit(f"A Redis that is not ours runs in {settings.DATA_DIR}. Stop it, or choose another DATA_DIR.")
        time.sleep(0.2)


def environment(settings: config.Settings) -> dict[str, str]:
    """What every process gets: our own environment, our Python first, and the data folder wherever it runs."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    ours = {"PATH": path, "PYTHONUNBUFFERED": "1", "DATA_DIR": str(settings.DATA_DIR)}
    return {name: value for name, value in os.environ.items() if name != "DATA_DIR_FILE"} | ours


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m webapp.supervisor", description="Run Camkeeper in one command.")
    parser.add_argument("--demo", action="store_true", help="with a simulated fleet of cameras")
    parser.add_argument("verb", nargs="?", choices=["start", "stop"], help="tell a running Camkeeper")
    parser.add_argument("kind", nargs="?", default="", help="which of its processes: web, checks, scheduler …")
    given = parser.parse_args(arguments)
    os.umask(0o077)  # for the processes, too: database, pictures and what Redis keeps are nobody else's
    if given.demo:
        os.environ.update(demo.environment(os.environ))
    settings = config.load()
    if given.verb:
        return tell(settings.DATA_DIR, f"{given.verb} {given.kind}")
    with only_one(settings.DATA_DIR):
        environ = environment(settings) | (demo.admin(settings) if given.demo else {})
        return serve(settings, environ, given.demo)


def tell(data_dir: Path, order: str) -> int:
    try:
        print(control.ask(control.socket_path(data_dir), order))
    except OSError:
        print(f"No Camkeeper runs on {data_dir}. Start it with `make run` or `make demo`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
