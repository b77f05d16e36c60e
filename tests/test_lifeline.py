"""Processes that must not outlive their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

CHILD = """
import os, signal, sys, time
from webapp.lifeline import die_with_parent
die_with_parent(signal.SIGKILL, {parent})
print("alive", flush=True)
time.sleep(60)
"""
# The parent forks a child and waits; the child's id is the first thing said.
PARENT = """
import os, signal, time
from webapp.lifeline import die_with_parent
parent = os.getpid()
child = os.fork()
if child == 0:
    die_with_parent(signal.SIGKILL, parent)
    time.sleep(60)
print(child, flush=True)
time.sleep(60)
"""


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def start(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)


def test_a_child_lives_as_long_as_its_parent_does_whatever_the_parents_number() -> None:
    with start(CHILD.format(parent=os.getpid())) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "alive\n"
        child.kill()


def test_a_child_whose_parent_has_gone_already_ends_itself() -> None:
    with start(CHILD.format(parent=1 if os.getpid() != 1 else 2)) as child:
        assert child.wait(20) == -signal.SIGKILL


def test_a_child_ends_when_its_parent_is_killed() -> None:
    with start(PARENT) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.kill()
    give_up = time.monotonic() + 10
    while is_running(child) and time.monotonic() < give_up:
        time.sleep(0.02)
    assert not is_running(child)
