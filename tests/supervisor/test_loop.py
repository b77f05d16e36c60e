"""The supervisor's loop with real processes: it restarts, obeys, stops, and leaves nobody behind."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.waiting import wait_for
from webapp.supervisor import member as member_module
from webapp.supervisor.control import Order
from webapp.supervisor.greeting import Greeting
from webapp.supervisor.loop import Supervisor
from webapp.supervisor.member import ROOT, Member

NOBODY = Greeting("http://127.0.0.1:1", "")


def member(name: str, command: str) -> Member:
    return Member(name, command, "36")


@contextmanager
def running(*members: Member, preparations: list[list[str]] | None = None) -> Iterator[Supervisor]:
    supervisor = Supervisor(members, os.environ, redis_answers=lambda: True)
    thread = threading.Thread(target=supervisor.run, args=(preparations or [], NOBODY))
    thread.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
        thread.join(10)
        assert not thread.is_alive()
        assert not any(member.is_running for member in members)


def lives(pid: int | None) -> bool:
    """Not gone and not a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def order(supervisor: Supervisor, text: str) -> str:
    given = Order(text)
    supervisor.orders.put(given)
    try:
        return given.answer.get(timeout=3)
    except queue.Empty:
        return "no answer"


def test_output_is_prefixed_with_the_name_of_its_process(capfd: pytest.CaptureFixture[str]) -> None:
    with running(member("web", "echo hello; exec sleep 60")) as supervisor:
        wait_for(lambda: supervisor.members[0].pid)
        time.sleep(0.3)
    assert "web | hello" in capfd.readouterr().out.replace("  ", " ")


def test_a_process_that_is_killed_is_started_again_and_the_others_live_on() -> None:
    killed, other = member("checks.1", "exec sleep 60"), member("web", "exec sleep 60")
    with running(killed, other):
        wait_for(lambda: killed.pid and other.pid)
        first, untouched = killed.pid, other.pid
        os.kill(first or 0, signal.SIGKILL)
        wait_for(lambda: killed.pid not in (None, first))
        assert other.pid == untouched


def test_a_process_that_dies_at_birth_is_started_ever_more_rarely() -> None:
    dying = member("web", "exit 3")
    with running(dying):
        wait_for(lambda: dying.deaths >= 2)
        assert 1.5 < dying.start_at - time.monotonic() <= 2


def test_one_that_lived_long_is_started_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member_module, "STEADY_SECONDS", 0.0)
    dying = member("web", "exec sleep 0.1")
    dying.deaths = 5
    with running(dying):
        wait_for(lambda: dying.pid)
        wait_for(lambda: dying.deaths == 0)


def test_an_operator_stops_and_starts_one_kind_of_process() -> None:
    checks = [member("checks.1", "exec sleep 60"), member("checks.2", "exec sleep 60")]
    web = member("web", "exec sleep 60")
    with running(*checks, web) as supervisor:
        wait_for(lambda: all(m.pid for m in (*checks, web)))
        assert order(supervisor, "stop checks") == "Stopping checks.1, checks.2."
        wait_for(lambda: not any(m.is_running for m in checks))
        time.sleep(0.3)
        assert not any(m.is_running for m in checks)
        assert web.is_running
        assert order(supervisor, "start checks") == "Starting checks.1, checks.2."
        wait_for(lambda: all(m.pid for m in checks))


@pytest.mark.parametrize("text", ["stop", "stop everything", "kill web", "", "start  "])
def test_an_order_it_does_not_understand_is_answered_with_what_it_does(text: str) -> None:
    with running(member("web", "exec sleep 60"), member("checks.1", "exec sleep 60")) as supervisor:
        assert order(supervisor, text) == "Say start or stop, and one of: web, checks."


def test_what_does_not_stop_when_asked_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member_module, "STOP_SECONDS", 0.3)
    deaf = member("web", "trap '' TERM; echo ready; while :; do sleep 0.1; done")
    with running(deaf):
        wait_for(lambda: deaf.pid)
        time.sleep(0.3)
        pid = deaf.pid
    assert not lives(pid)


def test_redis_stops_last() -> None:
    redis, web = (
        member("redis", "exec sleep 60"),
        member("web", "trap 'sleep 0.5; exit' TERM; while :; do sleep 0.1; done"),
    )
    with running(redis, web) as supervisor:
        wait_for(lambda: redis.pid and web.pid)
        time.sleep(0.2)
        supervisor.stop()
        time.sleep(0.3)
        assert redis.told_to_stop_at is None
        wait_for(lambda: not web.is_running)


def test_preparations_run_before_anything_but_redis_starts(capfd: pytest.CaptureFixture[str]) -> None:
    redis, web = member("redis", "exec sleep 60"), member("web", "echo web; exec sleep 60")
    with running(redis, web, preparations=[[sys.executable, "-c", "print('prepared')"]]):
        wait_for(lambda: web.pid)
        time.sleep(0.2)
    said = capfd.readouterr().out
    assert said.index("prepared") < said.index("| web")


def test_a_preparation_that_fails_ends_the_start(capfd: pytest.CaptureFixture[str]) -> None:
    web = member("web", "exec sleep 60")
    supervisor = Supervisor([web], os.environ, redis_answers=lambda: True)
    command = [sys.executable, "-c", "import sys; print('no space left'); sys.exit(4)"]
    assert supervisor.run([command], NOBODY) == 4
    said = capfd.readouterr().out
    assert "no space left" in said
    assert "does not start" in said
    assert not web.is_running


def test_nobody_is_left_behind_when_the_supervisor_itself_is_killed() -> None:
    script = (
        "import os, sys; from webapp.supervisor.loop import Supervisor; from webapp.supervisor.member import Member;"
        "from webapp.supervisor.greeting import Greeting;"
        "Supervisor([Member('web', 'echo pid $$; exec sleep 300', '36')], os.environ, lambda: True)"
        ".run([], Greeting('http://127.0.0.1:1', ''))"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "pid" in line)
        pid = int(line.split()[-1])
        assert lives(pid)
        process.kill()
    wait_for(lambda: not lives(pid), 3)
