"""The rules for addresses, for ten thousand at once: every host name is looked up once, all within one deadline."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait

from ...extensions import settings
from ...video.addresses import AddressNotAllowed, NameNotFound, vet
from ...video.stream_url import InvalidStreamUrl, StreamUrl, parse_stream_url
from .candidates import URLS, Candidate

THREADS = 16
VET_SECONDS = 3.0
ALL_SECONDS = 15.0
TOO_LATE = "The name server did not answer in time. Try again, or write the IP address."


class Hosts:
    """What may be said against the host of a URL, remembered for the whole import."""

    def __init__(self) -> None:
        self._networks = settings.CAMERA_ALLOWED_NETWORKS
        self._problems: dict[str, str | None] = {}
        self._give_up = time.monotonic() + ALL_SECONDS

    def learn(self, candidates: Iterable[Candidate]) -> None:
        """Look up every host of these rows that is not known yet; ends in time whatever the name server does."""
        named = (_parsed(candidate.fields.get(name)) for candidate in candidates for name in URLS)
        new = {url.host: url for url in named if url and url.host not in self._problems}
        literal = [host for host, url in new.items() if _is_literal(url)]
        self._problems |= {host: self._vet(new.pop(host)) for host in literal}
        if new:
            self._look_up(new)

    def _look_up(self, new: Mapping[str, StreamUrl]) -> None:
        pool = ThreadPoolExecutor(THREADS, "host")
        running = {pool.submit(self._vet, url): host for host, url in new.items()}
        done, late = wait(running, timeout=max(0.0, self._give_up + VET_SECONDS - time.monotonic()))
        pool.shutdown(wait=False, cancel_futures=True)
        self._problems |= {running[future]: future.result() for future in done}
        self._problems |= {running[future]: TOO_LATE for future in late}

    def problem(self, url: str) -> str | None:
        """Why no camera may live there; None when one may."""
        parsed = parse_stream_url(url)
        if parsed.host not in self._problems:
            self._problems[parsed.host] = self._vet(parsed)
        return self._problems[parsed.host]

    def _vet(self, url: StreamUrl) -> str | None:
        left = self._give_up - time.monotonic()
        if left <= 0 and not _is_literal(url):
            return TOO_LATE
        try:
            vet(url.host, url.port, self._networks, min(VET_SECONDS, left))
        except (NameNotFound, AddressNotAllowed) as error:
            return str(error)
        return None


def _is_literal(url: StreamUrl) -> bool:
    """An IP address, which needs no name server: the parser lets no name end in a number, nor hold a colon."""
    return ":" in url.host or url.host.rpartition(".")[2].isdigit()


def _parsed(text: object) -> StreamUrl | None:
    try:
        return parse_stream_url(text) if isinstance(text, str) else None
    except InvalidStreamUrl:
        return None
