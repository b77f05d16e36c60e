"""The line that says where Camkeeper is, once it is really there."""

from __future__ import annotations

import time
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit


class Greeting:
    """What to say once the web server answers."""

    def __init__(self, url: str, more: str) -> None:
        self._address = urlsplit(url).netloc
        self.text = f"Camkeeper is ready: {url}{more}"
        self._is_said = False
        self._next_try = 0.0

    def is_due(self) -> bool:
        """True once."""
        if self._is_said or time.monotonic() < self._next_try:
            return False
        self._next_try = time.monotonic() + 0.5
        self._is_said = self._web_answers()
        return self._is_said

    def _web_answers(self) -> bool:
        connection = HTTPConnection(self._address, timeout=1)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
