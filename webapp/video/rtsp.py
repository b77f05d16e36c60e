"""The probe: finds out over a plain socket what a camera answers, and says precisely why it is not a stream."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from webapp.outcomes import Outcome
from webapp.video import addresses, messages
from webapp.video.connection import Connection, HungUp
from webapp.video.failure import CheckFailed, Deadline
from webapp.video.login import Login
from webapp.video.messages import Head, Response
from webapp.video.sdp import Description, parse_description
from webapp.video.target import Limits, OnStep, Target

_ANSWERS: dict[int, tuple[Outcome, str]] = {
    403: (Outcome.FORBIDDEN, "The camera answers 403: this user may not watch this stream."),
    404: (Outcome.NOT_FOUND, "The camera answers 404: there is no stream at this path."),
    405: (Outcome.UNSUPPORTED, "The camera answers 405: this method is not allowed for this path."),
    406: (Outcome.UNSUPPORTED, "The camera answers 406: it does not describe its stream as SDP."),
    410: (Outcome.NOT_FOUND, "The camera answers 410: the stream at this path is gone."),
    453: (Outcome.BUSY, "The camera answers 453: not enough bandwidth for another viewer."),
    454: (Outcome.PROTOCOL_ERROR, "The camera answers 454 (session not found) although no session was asked for."),
    461: (Outcome.UNSUPPORTED, "The camera answers 461: it does not send RTSP over TCP."),
    501: (Outcome.UNSUPPORTED, "The camera answers 501: not implemented."),
    503: (Outcome.BUSY, "The camera answers 503: service unavailable."),
    505: (Outcome.UNSUPPORTED, "The camera answers 505: it does not speak RTSP 1.0."),
    551: (Outcome.UNSUPPORTED, "The camera answers 551: option not supported."),
}
_SESSION = re.compile(r"[!#-:<-~]{1,128}")
_URL = re.compile(r"rtsps?://[!#-;=?-~]{1,2048}")


@dataclass(slots=True)
class Probe:
    """What the probe found. `outcome` is online when DESCRIBE was answered with a stream that we can decode."""

    outcome: Outcome = Outcome.ONLINE
    detail: str = ""
    ip: str | None = None
    """The vetted address that accepted the connection."""
    description: Description | None = None
    ms: dict[str, float] = field(default_factory=dict)
    """Milliseconds by phase: dns, connect, options, describe; only those that were reached."""

    @property
    def answered(self) -> bool:
        return self.outcome is Outcome.ONLINE


def probe(target: Target, limits: Limits, on_step: OnStep | None = None) -> Probe:
    """vet → connect → OPTIONS → DESCRIBE. Ends within limits.probe_s; every failure of the camera is in the outcome."""
    found = Probe()
    try:
        _talk(target, limits, found, Steps(found.ms, on_step))
    except CheckFailed as failure:
        found.outcome, found.detail = failure.outcome, failure.detail
    return found


def why_refused(target: Target, ip: str, limits: Limits, deadline: Deadline) -> CheckFailed | None:
    """Why the decoder could not open a stream that the probe found in order; None when the camera now agrees."""
    try:
        with Dialogue(target, limits.connect_s, deadline) as dialogue:
            dialogue.connect([ip])
            dialogue.describe()
            dialogue.setup()
    except CheckFailed as failure:
        return failure
    return None


class Steps:
    """Times each phase and shows it to whoever watches."""

    def __init__(self, ms: dict[str, float], on_step: OnStep | None) -> None:
        self._ms = ms
        self._show: OnStep = on_step or (lambda *_: None)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self._show(name, "running", None, "")
        started = time.monotonic()
        try:
            yield
        except CheckFailed as failure:
            self._show(name, "failed", self._took(name, started), failure.detail)
            raise
        self._show(name, "done", self._took(name, started), "")

    def _took(self, name: str, started: float) -> float:
        self._ms[name] = round((time.monotonic() - started) * 1000, 3)
        return self._ms[name]


def _talk(target: Target, limits: Limits, found: Probe, steps: Steps) -> None:
    deadline = Deadline.after(min(limits.probe_s, limits.deadline_s))
    url = target.url
    with steps.step("dns"):
        patience = min(limits.resolve_s, deadline.left())
        ips = addresses.vet(url.host, url.port, limits.networks, patience)
    with Dialogue(target, limits.connect_s, deadline) as dialogue:
        with steps.step("connect"):
            found.ip = dialogue.connect(ips)
        with steps.step("options"):
            dialogue.options()
        with steps.step("describe"):
            found.description = dialogue.describe()


class Dialogue:
    """Requests and answers; connects anew, once, when the camera hangs up after an answer, as some do after a 401."""

    def __init__(self, target: Target, connect_s: float, deadline: Deadline) -> None:
        self._url = target.url
        self._login = Login(target)
        self._connect_s = connect_s
        self._deadline = deadline
        self._ips: list[str] = []
        self._connection: Connection | None = None
        self._cseq = 0
        self._reconnected = False
        self._track = ""
        self._session: str | None = None

    def __enter__(self) -> Dialogue:
        return self

    def __exit__(self, *_: object) -> None:
        self._hang_up()

    def connect(self, ips: list[str]) -> str:
        """Returns the address that accepted; a second connection goes there, too."""
        self._connection, ip = Connection.open(self._url, ips, self._connect_s, self._deadline)
        self._ips = [ip]
        return ip

    def options(self) -> None:
        """A courtesy many cameras expect. Its only answers that matter are a redirect and a challenge."""
        head = self._ask("OPTIONS").head
        _refuse_redirect(head)
        if head.status == 401:
            self._login.take(head)

    def describe(self) -> Description:
        response = self._ask("DESCRIBE")
        while response.head.status == 401:
            self._login.take(response.head)
            response = self._ask("DESCRIBE")
        _refuse(response.head, "DESCRIBE")
        description = parse_description(response.body)
        self._login.refuse_what_the_decoder_cannot_answer()
        self._track = _track(response.head.first("content-base"), self._url.text, description.control)
        return description

    def setup(self) -> None:
        """Asks for the described video over TCP, and leaves at once. Raises CheckFailed when the camera refuses."""
        head = self._ask("SETUP", self._track).head
        _refuse(head, "SETUP")
        session = _SESSION.match(head.first("session"))
        if session:
            self._session = session[0]
            self._ask("TEARDOWN")

    def _ask(self, method: str, url: str | None = None) -> Response:
        url = url or self._url.text
        authorization = self._login.answer(method, url)
        try:
            response = self._send(method, url, authorization)
        except HungUp:
            if self._reconnected or self._cseq == 1:
                raise
            self._reconnect()
            response = self._send(method, url, authorization)
        if response.head.closes:
            self._hang_up()
        return response

    def _send(self, method: str, url: str, authorization: str | None) -> Response:
        connection = self._connection or self._reconnect()
        self._cseq += 1
        return connection.ask(messages.request(method, url, self._cseq, authorization, self._session))

    def _reconnect(self) -> Connection:
        self._hang_up()
        self._reconnected = True
        self._login.on_new_connection()
        self._connection, _ = Connection.open(self._url, self._ips, self._connect_s, self._deadline)
        return self._connection

    def _hang_up(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None


def _refuse_redirect(head: Head) -> None:
    if head.is_redirect:
        raise CheckFailed(Outcome.REDIRECTED, f"The camera answers {head.status} and names another address.")


def _refuse(head: Head, method: str) -> None:
    if head.status == 200:
        return
    _refuse_redirect(head)
    unknown = (Outcome.PROTOCOL_ERROR, f"The camera answers {method} with {head.status}.")
    raise CheckFailed(*_ANSWERS.get(head.status, unknown))


def _track(content_base: str, url: str, control: str) -> str:
    """The URL for SETUP, put together as cameras expect it: appended, not resolved as on the web."""
    if control.startswith(("rtsp://", "rtsps://")):
        return control
    base = content_base if _URL.fullmatch(content_base) else url
    return base if control in ("", "*") else f"{base.removesuffix('/')}/{control}"
