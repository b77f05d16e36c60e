"""The dialogue with one camera, from OPTIONS to the flowing stream and its TEARDOWN; every refusal has its outcome."""

from __future__ import annotations

import re
from dataclasses import dataclass

from webapp.outcomes import Outcome
from webapp.video import messages
from webapp.video.connection import Connection, HungUp
from webapp.video.failure import CheckFailed, Deadline
from webapp.video.login import Login
from webapp.video.messages import Head, Response
from webapp.video.sdp import Description, parse_description
from webapp.video.target import Target

_ANSWERS: dict[int, tuple[Outcome, str]] = {
    403: (Outcome.FORBIDDEN, "The camera answers 403: this user may not watch this stream."),
    404: (Outcome.NOT_FOUND, "The camera answers 404: there is no stream at this path."),
    405: (Outcome.UNSUPPORTED, "The camera answers 405: this method is not allowed for this path."),
    406: (Outcome.UNSUPPORTED, "The camera answers 406: it does not describe its stream as SDP."),
    410: (Outcome.NOT_FOUND, "The camera answers 410: the stream at this path is gone."),
    453: (Outcome.BUSY, "The camera answers 453: not enough bandwidth for another viewer."),
    454: (Outcome.PROTOCOL_ERROR, "The camera answers 454: it knows no such session."),
    461: (Outcome.UNSUPPORTED, "The camera answers 461: it does not send RTSP over TCP."),
    501: (Outcome.UNSUPPORTED, "The camera answers 501: not implemented."),
    503: (Outcome.BUSY, "The camera answers 503: service unavailable."),
    505: (Outcome.UNSUPPORTED, "The camera answers 505: it does not speak RTSP 1.0."),
    551: (Outcome.UNSUPPORTED, "The camera answers 551: option not supported."),
}
_SESSION = re.compile(r"[!#-:<-~]{1,128}")
_CHANNELS = re.compile(r"interleaved=(\d{1,3}-\d{1,3})\b", re.IGNORECASE)
_URL = re.compile(r"rtsps?://[!#-;=?-~]{1,2048}")


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream that flows: interleaved packets, and now and then a message, come from the camera's connection."""

    connection: Connection
    description: Description
    channels: str
    """Of picture and report, as in 0-1."""


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
        self._description: Description | None = None
        self._base = self._url.text
        self._session: str | None = None

    def __enter__(self) -> Dialogue:
        return self

    def __exit__(self, *_: object) -> None:
        if self._session and self._connection:
            url = self._base
            self._cseq += 1
            authorization = self._login.answer("TEARDOWN", url)
            self._connection.say(messages.request("TEARDOWN", url, self._cseq, authorization, self._session))
        self._hang_up()

    def connect(self, ips: list[str]) -> str:
        """Returns the address that accepted; a second connection goes there, too."""
        self._connection, ip = Connection.open(self._url, ips, self._connect_s, self._deadline)
        self._ips = [ip]
        return ip

    def options(self) -> None:
        """A courtesy many cameras expect. Its only answers that matter are a redirect and a challenge."""
        head = self._ask("OPTIONS", self._url.text).head
        _refuse_redirect(head)
        if head.status == 401:
            self._login.take(head)

    def describe(self) -> Description:
        response = self._demand("DESCRIBE", self._url.text)
        self._description = parse_description(response.body)
        base = response.head.first("content-base")
        self._base = _joined(base if _URL.fullmatch(base) else self._url.text, self._description.session_control)
        return self._description

    def play(self) -> Stream:
        """Has the described video sent over this connection, alone. Raises CheckFailed when the camera refuses."""
        description = self._description or self.describe()
        head = self._demand("SETUP", _joined(self._base, description.control)).head
        transport = head.first("transport")
        if "/tcp" not in transport.lower():
            raise CheckFailed(Outcome.UNSUPPORTED, "The camera does not send its stream over TCP.")
        channels = _CHANNELS.search(transport)
        session = _SESSION.match(head.first("session"))
        self._session = session[0] if session else None
        self._demand("PLAY", self._base)
        if self._connection is None:
            raise HungUp
        return Stream(self._connection, description, channels[1] if channels else "0-1")

    def play_from(self, ip: str) -> Stream:
        """The whole dialogue with the vetted address, up to the flowing stream."""
        self.connect([ip])
        self.options()
        self.describe()
        return self.play()

    def _demand(self, method: str, url: str) -> Response:
        """Logs in where it must. Raises CheckFailed for every answer but 200."""
        response = self._ask(method, url)
        while response.head.status == 401:
            self._login.take(response.head)
            response = self._ask(method, url)
        _refuse(response.head, method)
        return response

    def _ask(self, method: str, url: str) -> Response:
        try:
            response = self._send(method, url)
        except HungUp:
            if self._reconnected or self._cseq == 1 or self._session:
                raise
            self._reconnect()
            response = self._send(method, url)
        if response.head.closes and method in ("OPTIONS", "DESCRIBE"):  # else there is a session to lose
            self._hang_up()
        return response

    def _send(self, method: str, url: str) -> Response:
        connection = self._connection or self._reconnect()
        self._cseq += 1
        authorization = self._login.answer(method, url)
        request = messages.request(method, url, self._cseq, authorization, self._session)
        return connection.ask(request, among_packets=method == "PLAY")

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


def _joined(base: str, control: str) -> str:
    """The URL of a track, put together as cameras expect it: appended, not resolved as on the web.

    It may name any host: it is only ever written into a request to this camera, and cameras behind a router name an
    address of their own.
    """
    if control.startswith(("rtsp://", "rtsps://")):
        return control
    return base if control in ("", "*") else f"{base.removesuffix('/')}/{control}"
