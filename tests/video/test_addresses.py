"""Where cameras may live, and the look-up in front of every connection."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest

from tests.video.conftest import LOOPBACK, target
from webapp.outcomes import Outcome
from webapp.video import addresses
from webapp.video.addresses import (
    DEFAULT_CAMERA_NETWORKS,
    AddressNotAllowed,
    NameNotFound,
    parse_networks,
    vet,
)
from webapp.video.rtsp import probe
from webapp.video.target import Limits

EVERYWHERE = parse_networks("0.0.0.0/0, ::/0")


@pytest.mark.parametrize("ip", ["10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.20", "fd12:3456::1"])
def test_cameras_live_in_private_networks(ip: str) -> None:
    assert vet(ip, 554, DEFAULT_CAMERA_NETWORKS, 1) == [ip]


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "8.8.8.8", "172.32.0.1", "2001:db8::1", "::ffff:8.8.8.8"])
def test_others_are_refused_until_they_are_allowed(ip: str) -> None:
    with pytest.raises(AddressNotAllowed) as refusal:
        vet(ip, 554, DEFAULT_CAMERA_NETWORKS, 1)
    assert refusal.value.outcome is Outcome.BLOCKED_BY_POLICY
    assert "outside the networks" in str(refusal.value)
    assert "10.0.0.0/8" in str(refusal.value)


@pytest.mark.parametrize(
    "ip",
    [
        *("0.0.0.0", "169.254.169.254", "169.254.1.1", "224.0.0.1", "255.255.255.255", "100.100.100.200"),
        *(
            "::",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
        ),
        *("127.0.0.1", "::1", "::ffff:127.0.0.1"),
    ],
)
def test_no_wide_network_opens_metadata_services_multicast_or_loopback(ip: str) -> None:
    with pytest.raises(AddressNotAllowed):
        vet(ip, 554, EVERYWHERE, 1)


def test_loopback_is_opened_by_a_network_of_its_own() -> None:
    assert vet("127.0.0.2", 554, LOOPBACK, 1) == ["127.0.0.2"]
    assert vet("::1", 554, LOOPBACK, 1) == ["::1"]


def test_an_ipv4_address_in_disguise_is_taken_for_what_it_is() -> None:
    assert vet("::ffff:10.0.0.1", 554, DEFAULT_CAMERA_NETWORKS, 1) == ["10.0.0.1"]


def test_it_resolves_a_name() -> None:
    assert "127.0.0.1" in vet("localhost", 554, LOOPBACK, 2)


def test_a_name_that_does_not_exist_is_told_apart() -> None:
    with pytest.raises(NameNotFound) as refusal:
        vet("no-such-camera.invalid", 554, DEFAULT_CAMERA_NETWORKS, 5)
    assert refusal.value.outcome is Outcome.DNS_ERROR


def _resolving_to(*ips: str) -> Any:
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 554)) for ip in ips]
    return lambda *_, **__: rows


def test_one_forbidden_address_among_allowed_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _resolving_to("10.0.0.1", "169.254.169.254"))
    with pytest.raises(AddressNotAllowed, match=r"169\.254\.169\.254"):
        vet("camera.example", 554, DEFAULT_CAMERA_NETWORKS, 1)


def test_a_name_that_changes_its_address_after_saving_is_refused_at_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _resolving_to("10.0.0.1"))
    assert vet("camera.example", 554, DEFAULT_CAMERA_NETWORKS, 1) == ["10.0.0.1"]
    monkeypatch.setattr(socket, "getaddrinfo", _resolving_to("127.0.0.1"))
    found = probe(target("rtsp://camera.example/x"), Limits())
    assert (found.outcome, found.ip) == (Outcome.BLOCKED_BY_POLICY, None)
    assert "connect" not in found.ms


def test_it_connects_to_the_address_it_checked_and_asks_no_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    real, answers = socket.getaddrinfo, iter(["127.0.0.1", "127.0.0.9"])

    def resolver(host: str, *more: Any, **options: Any) -> Any:
        return real(next(answers) if host == "camera.example" else host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        limits = Limits(networks=LOOPBACK, probe_s=0.3)
        assert probe(target(f"rtsp://camera.example:{port}/x"), limits).ip == "127.0.0.1"


def test_a_dead_name_server_costs_its_time_and_no_more_than_so_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()

    def never(*_: Any, **__: Any) -> list[Any]:
        is_over.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", never)
    tries = addresses.MAX_LOOKUPS_AT_ONCE + 5
    started = time.monotonic()
    for _ in range(tries):
        with pytest.raises(NameNotFound):
            vet("camera.example", 554, DEFAULT_CAMERA_NETWORKS, 0.02)
    took = time.monotonic() - started
    waiting = [thread for thread in threading.enumerate() if thread.name == "look-up"]
    is_over.set()
    for thread in waiting:
        thread.join(10)
    assert len(waiting) == addresses.MAX_LOOKUPS_AT_ONCE
    assert took < tries * 0.02 + 1


def test_look_ups_give_their_place_back() -> None:
    for _ in range(addresses.MAX_LOOKUPS_AT_ONCE + 5):
        vet("localhost", 554, LOOPBACK, 2)


def test_networks_are_read_from_one_line() -> None:
    assert [str(network) for network in parse_networks("10.0.0.0/8,fd00::/8  192.168.1.0/24")] == [
        "10.0.0.0/8",
        "fd00::/8",
        "192.168.1.0/24",
    ]


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "10.0.0.0/33", "camera.example", "10.0.0"])
def test_a_bad_network_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match=entry.replace(".", r"\.")):
        parse_networks(f"192.168.0.0/16, {entry}")


def test_no_network_at_all_is_an_error() -> None:
    with pytest.raises(ValueError, match="No network given"):
        parse_networks(" , ")
