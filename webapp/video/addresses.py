"""Where cameras may live: networks, and the bounded look-up that every save and every probe goes through."""

from __future__ import annotations

import ipaddress
import queue
import re
import socket
import threading
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from webapp.outcomes import Outcome
from webapp.video.failure import CheckFailed, Deadline

Networks = tuple[IPv4Network | IPv6Network, ...]

MAX_ADDRESSES = 4
MAX_LOOKUPS_AT_ONCE = 32

# getaddrinfo cannot be interrupted: a dead resolver holds its thread, so the number of threads is what must be bounded.
_lookups = threading.BoundedSemaphore(MAX_LOOKUPS_AT_ONCE)


class NameNotFound(CheckFailed):
    def __init__(self, detail: str) -> None:
        super().__init__(Outcome.DNS_ERROR, detail)


class AddressNotAllowed(CheckFailed):
    def __init__(self, detail: str) -> None:
        super().__init__(Outcome.BLOCKED_BY_POLICY, detail)


def parse_networks(text: str) -> Networks:
    """Networks in CIDR form, separated by commas or spaces. Raises ValueError naming the bad entry."""
    entries = [entry for entry in re.split(r"[\s,]+", text) if entry]
    if not entries:
        raise ValueError("No network given. Write networks as 10.0.0.0/8, separated by commas.")
    return tuple(_network(entry) for entry in entries)


def _network(entry: str) -> IPv4Network | IPv6Network:
    try:
        return ipaddress.ip_network(entry)
    except ValueError as error:
        raise ValueError(f"{entry!r} is not a network: {error}. Write it as 10.0.0.0/8.") from None


DEFAULT_CAMERA_NETWORKS = parse_networks("10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7")

# No setting opens these: nothing a camera could be lives there, but cloud metadata services do (the last three rows).
_NEVER = parse_networks(
    "0.0.0.0/8 169.254.0.0/16 224.0.0.0/4 240.0.0.0/4"
    " ::/128 fe80::/10 fec0::/10 ff00::/8"
    " 64:ff9b::/96 64:ff9b:1::/48 2002::/16 2001::/32"  # IPv6 that wraps an IPv4 address of somebody's choice
    " fd00:ec2::254/128 100.100.100.200/32 192.0.0.192/32"
)
_LOOPBACK = parse_networks("127.0.0.0/8 ::1/128")


def vet(host: str, port: int, networks: Networks, timeout: float) -> list[str]:
    """The IP addresses of `host`, each one allowed; connect to these and never to the name, which may change meanwhile.

    `timeout` in seconds. Raises NameNotFound, or AddressNotAllowed when even one address is not allowed.
    """
    addresses = _literal(host) or _look_up(host, port, Deadline.after(timeout))
    plain = dict.fromkeys(_unwrapped(address) for address in addresses)
    for address in plain:
        if not is_allowed(address, networks):
            raise AddressNotAllowed(_not_allowed(host, address, networks))
    return [str(address) for address in plain][:MAX_ADDRESSES]


def is_allowed(address: IPv4Address | IPv6Address, networks: Networks) -> bool:
    """Loopback needs a network of its own: 0.0.0.0/0 means "any camera", not "our own services"."""
    if any(address in network for network in _NEVER):
        return False
    if address.is_loopback:
        networks = tuple(network for network in networks if network.network_address.is_loopback)
    return any(address in network for network in networks)


def _not_allowed(host: str, address: IPv4Address | IPv6Address, networks: Networks) -> str:
    what = f"{address}" if host == str(address) else f"{host} has the address {address}, which"
    allowed = ", ".join(str(network) for network in networks)
    where = f"the networks in which cameras may live ({allowed})"
    return f"{what} lies outside {where}. Correct it, or add its network there."


def _literal(host: str) -> list[IPv4Address | IPv6Address]:
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        return []


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _look_up(host: str, port: int, deadline: Deadline) -> list[IPv4Address | IPv6Address]:
    if not _lookups.acquire(timeout=max(0.0, deadline.left())):
        raise NameNotFound("The name server is not answering: too many look-ups are waiting for it.")
    answer: queue.SimpleQueue[list[IPv4Address | IPv6Address]] = queue.SimpleQueue()
    threading.Thread(target=_resolve, args=(host, port, answer), daemon=True, name="look-up").start()
    try:
        found = answer.get(timeout=max(0.0, deadline.left()))
    except queue.Empty:
        raise NameNotFound("The name server did not answer in time.") from None
    if not found:
        raise NameNotFound("No address is known for this host name.")
    return found


def _resolve(host: str, port: int, answer: queue.SimpleQueue[list[IPv4Address | IPv6Address]]) -> None:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answer.put([ipaddress.ip_address(str(row[4][0])) for row in rows])
    except (OSError, ValueError):  # ValueError: a zone in the answer, or a label the codec refuses
        answer.put([])
    finally:
        _lookups.release()
