"""The supervisor's loop: hear what the processes say, obey an operator, start and stop."""

from __future__ import annotations

import queue
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from honcho.printer import Message, Printer

from .control import Order
from .greeting import Greeting
from .member import ROOT, Member

REDIS = "redis"


class Supervisor:
    """Everything happens in one thread, round by round: hear, obey, start and stop."""

    def __init__(
        self, members: Sequence[Member], environ: Mapping[str, str], redis_answers: Callable[[], bool]
    ) -> None:
        self.members = members
        self.environ = environ
        self.redis_answers = redis_answers
        self.events: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self.is_stopping = False
        self._said_so = False
        self._printer = Printer(sys.stdout, width=max(len(member.name) for member in members))

    def say(self, text: str) -> None:
        self._printer.write(Message("line", text, datetime.now(), "camkeeper", None))

    def run(self, preparations: Sequence[Sequence[str]], greeting: Greeting) -> int:
        """Until told to stop; the exit status is that of a preparation that failed, or 0."""
        status = self._prepare(preparations)
        for member in self.members:
            member.is_wanted = not self.is_stopping
        while not self.is_stopping or any(member.is_running for member in self.members):
            self.step()
            if self.is_stopping:
                self._wind_down()
            elif greeting.is_due():
                self.say(greeting.text)
        return status

    def step(self) -> None:
        self._hear()
        self._obey()
        for member in self.members:
            if member.is_running and not member.is_wanted:
                member.see_to_its_end()
            elif member.is_wanted and not member.is_running and time.monotonic() >= member.start_at:
                member.start(self.environ, self.events)

    def _prepare(self, commands: Sequence[Sequence[str]]) -> int:
        """Redis first, then what must be done before the others start, one after the other."""
        for member in self.members:
            member.is_wanted = member.kind == REDIS
        while not self.is_stopping and not self.redis_answers():
            self.step()
        for command in commands:
            if not self.is_stopping and (status := self._run_once(command)):
                self.say(f"Camkeeper does not start, because `{shlex.join(command[1:])}` failed.")
                self.is_stopping = True
                return status
        return 0

    def _run_once(self, command: Sequence[str]) -> int:
        with subprocess.Popen(  # noqa: S603
            command, env=self.environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            for line in process.stdout or ():
                self.say(line)
        return process.returncode

    def _hear(self) -> None:
        """Wait a moment for something to happen, then take in all that has."""
        with suppress(queue.Empty):
            message = self.events.get(timeout=0.1)
            while True:
                self._take_in(message)
                message = self.events.get_nowait()

    def _take_in(self, message: Message) -> None:
        if message.type == "line":
            self._printer.write(message)
            return
        member = next(member for member in self.members if member.name == message.name)
        if message.type == "start":
            member.pid = message.data["pid"]
            return
        pause = member.ended()
        if member.is_wanted:
            self.say(f"{member.name} has ended ({message.data['returncode']}) and is started again in {pause:.0f} s.")
        else:
            self.say(f"{member.name} has stopped.")

    def _obey(self) -> None:
        with suppress(queue.Empty):
            order = self.orders.get_nowait()
            order.answer.put(self._answer(*order.text.split()))

    def _answer(self, verb: str = "", kind: str = "", *_: str) -> str:
        chosen = [member for member in self.members if kind in (member.name, member.kind)]
        if verb not in ("start", "stop") or not chosen or self.is_stopping:
            kinds = dict.fromkeys(member.kind for member in self.members)
            return f"Say start or stop, and one of: {', '.join(kinds)}."
        for member in chosen:
            member.is_wanted, member.start_at = verb == "start", 0.0
        names = ", ".join(member.name for member in chosen)
        return f"{'Starting' if verb == 'start' else 'Stopping'} {names}."

    def _wind_down(self) -> None:
        """Redis goes last: the others finish with its help."""
        if not self._said_so:
            self._said_so = True
            self.say("Stopping.")
        others_run = any(member.is_running for member in self.members if member.kind != REDIS)
        for member in self.members:
            member.is_wanted = member.kind == REDIS and others_run

    def stop(self, *_: object) -> None:
        """Also a signal handler, so it does nothing but this."""
        self.is_stopping = True
