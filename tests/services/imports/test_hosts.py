"""Addresses of ten thousand rows: every name is looked up once, and a dead name server holds nobody up."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from typing import Any

import pytest
from flask import Flask

from webapp.services.imports import hosts
from webapp.services.imports.candidates import Candidate
from webapp.services.imports.hosts import Hosts


def candidates(*urls: str) -> list[Candidate]:
    return [Candidate(line, {"rtsp_url": url}) for line, url in enumerate(urls, 2)]


@pytest.fixture
def asked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What the name server was asked for; it knows good.example and bad.example."""
    found: Counter[str] = Counter()

    def answer(host: str, port: int, **_: Any) -> list[Any]:
        found[host] += 1
        ip = {"good.example": "10.0.0.1", "bad.example": "192.0.2.1"}.get(host)
        if ip is None:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return found


def test_every_name_is_looked_up_once(asked: Counter[str]) -> None:
    rules = Hosts()
    rules.learn(candidates(*[f"rtsp://{name}.example/{n}" for n in range(50) for name in ("good", "bad", "none")]))
    rules.learn(candidates("rtsp://good.example/again"))
    assert rules.problem("rtsp://good.example/1") is None
    assert "bad.example has the address 192.0.2.1" in (rules.problem("rtsp://bad.example/1") or "")
    assert rules.problem("rtsp://none.example/1") == "No address is known for this host name."
    assert asked == {"good.example": 1, "bad.example": 1, "none.example": 1}


def test_an_ip_address_needs_no_name_server(asked: Counter[str]) -> None:
    rules = Hosts()
    rules.learn(candidates("rtsp://10.0.0.1/a", "rtsp://[fd00::1]/a", "rtsp://192.0.2.1/a", "rtsp://cam1/a"))
    assert rules.problem("rtsp://10.0.0.1/a") is None
    assert "outside the networks" in (rules.problem("rtsp://192.0.2.1/a") or "")
    assert asked == {"cam1": 1}


def test_a_name_server_that_never_answers_holds_nobody_up(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    awake = threading.Event()

    def never(*_: Any, **__: Any) -> list[Any]:
        awake.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", never)
    monkeypatch.setattr(hosts, "ALL_SECONDS", 0.3)
    monkeypatch.setattr(hosts, "VET_SECONDS", 0.2)
    rules = Hosts()
    began = time.monotonic()
    rules.learn(candidates(*[f"rtsp://camera-{n}.example/a" for n in range(200)]))
    took = time.monotonic() - began
    awake.set()
    assert took < 3
    assert "The name server did not answer in time." in (rules.problem("rtsp://camera-7.example/a") or "")
