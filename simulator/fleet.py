"""The demo fleet: 48 cameras of three sites, most of them well, and one or two of everything that can be wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from simulator.cameras import CameraSpec
from simulator.faults import PICTURES, Fault

USERNAME = "camkeeper"
PASSWORD = "watch/the#gate"  # noqa: S105  of simulated cameras; such characters must survive a URL
OLD_PASSWORD = "last summer"  # noqa: S105  what Camkeeper is told for the cameras that refuse it
DEAD_PORT = 1
"""Nothing listens here on any usual machine."""

_NUMBERS = {Fault.FLAPPING: 480, Fault.SLOW: 250, Fault.MOVED: 240}
"""It is turned away when Camkeeper has seen what it should show."""
_LOCK_SECONDS = 60
_OUTCOMES = {
    Fault.WRONG_PASSWORD: "auth_failed",
    Fault.FORBIDDEN: "forbidden",
    Fault.NOT_FOUND: "not_found",
    Fault.BUSY: "busy",
    Fault.UNAVAILABLE: "busy",
    Fault.REDIRECT: "redirected",
    Fault.SILENT: "timeout",
    Fault.FLAPPING: "timeout",
    Fault.SPEAKS_HTTP: "protocol_error",
    Fault.NO_FRAMES: "no_frame",
}


@dataclass(frozen=True, slots=True)
class DemoCamera:
    """A camera as a technician would enter it, and what a check should find."""

    name: str
    group_path: tuple[str, ...]
    location: str
    url: str
    """Complete, but without user name and password."""
    username: str | None
    password: str | None = field(repr=False)
    codec: str
    fps: int
    """What it is configured to send."""
    expected_state: str
    """'live', 'degraded' or 'offline', after enough checks."""
    expected_outcome: str
    """Of one check, in the words of webapp.outcomes."""
    picture_fault: str | None
    """What only the picture shows: 'black', 'frozen' …"""
    varies: bool
    """Up and down by the clock: what is expected holds while it is down."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    location: str
    scene: str
    fault: Fault = Fault.NONE
    codec: str = "h264"
    auth: str = "digest"
    """Empty: nobody has to log in."""
    is_dead: bool = False


_FLEET: dict[tuple[str, ...], list[_Entry]] = {
    ("Plant Vienna", "Building 1", "Entrance"): [
        _Entry("Lobby", "Reception, ceiling", "lobby"),
        _Entry("Turnstiles A", "Main entrance, left", "turnstile"),
        _Entry("Turnstiles B", "Main entrance, right", "turnstile-b"),
        _Entry("Staff door", "North side", "door", codec="h265"),
        _Entry("Night door", "South side, infra-red", "door-night"),
    ],
    ("Plant Vienna", "Building 1", "Offices"): [
        _Entry("Corridor 1", "Ground floor", "corridor"),
        _Entry("Corridor 2", "First floor", "corridor-b", Fault.SLOW),
        _Entry("Corridor 3", "Second floor", "corridor"),
        _Entry("Meeting room door", "First floor, room 104", "door-b", auth="basic"),
        _Entry("Canteen", "Ground floor, east", "canteen"),
        _Entry("Canteen till", "Ground floor, east", "canteen-b", auth="digest+basic"),
        _Entry("Server room door", "Basement", "door", Fault.WRONG_PASSWORD),
        _Entry("Basement 1", "Basement, archive", "corridor-night", Fault.SILENT),
    ],
    ("Plant Vienna", "Building 2", "Gate"): [
        _Entry("Gate 1 · south", "Pedestrian gate", "turnstile-b"),
        _Entry("Gate 2 · north", "Pedestrian gate", "door-b", Fault.WRONG_PASSWORD),
        _Entry("Gate 3 · trucks", "Barrier", "car-park-b"),
        _Entry("Gate 4 · bicycles", "Behind the shelter", "door-night"),
    ],
    ("Plant Vienna", "Building 2", "Dock"): [
        _Entry("Dock 1", "Ramp 1, inside", "dock"),
        _Entry("Dock 2", "Ramp 2, inside", "dock", Fault.NO_FRAMES),
        _Entry("Dock 3", "Ramp 3, inside", "dock"),
        _Entry("Dock yard", "Mast 4", "dock-night"),
        _Entry("Dispatch", "Hall C", "dock", codec="mjpeg"),
        _Entry("Dock office", "Hall C, stairs", "door", is_dead=True),
    ],
    ("Plant Vienna", "Building 2", "Halls"): [
        _Entry("Hall A", "Gangway, west", "corridor-b"),
        _Entry("Hall B", "Gangway, east", "corridor"),
        _Entry("Hall C", "Gangway, north", "corridor-night"),
        _Entry("Hall D", "Tool store", "door", Fault.FROZEN),
        _Entry("Tool store", "Counter", "canteen", Fault.BUSY),
    ],
    ("Plant Vienna", "Car parks"): [
        _Entry("Car park 1", "Mast 1", "car-park"),
        _Entry("Car park 2", "Mast 2", "car-park-b"),
        _Entry("Car park 3", "Mast 3", "car-park", Fault.BLURRED),
        _Entry("Car park 4", "Mast 5", "car-park-night"),
        _Entry("Roof east", "Plant room", "car-park", Fault.LOW_FPS),
    ],
    ("Plant Graz", "Entrance"): [
        _Entry("Lobby", "Reception", "lobby-b"),
        _Entry("Turnstiles", "Main entrance", "turnstile"),
        _Entry("Side entrance", "West side", "door", Fault.MOVED),
        _Entry("Visitor door", "East side", "door", Fault.OVEREXPOSED, auth=""),
    ],
    ("Plant Graz", "Works"): [
        _Entry("Corridor", "Ground floor", "corridor-b"),
        _Entry("Loading ramp", "Ramp 1", "dock"),
        _Entry("Loading ramp 2", "Ramp 2", "dock", Fault.FLAPPING),
        _Entry("Car park", "Mast 1", "car-park-b"),
        _Entry("Paint shop", "Hall 4", "dock-night", Fault.NOT_FOUND),
        _Entry("Paint shop door", "Hall 4", "door", Fault.BLACK),
    ],
    ("Office Linz",): [
        _Entry("Front door", "Street side", "door"),
        _Entry("Lobby", "Second floor", "lobby", codec="h265"),
        _Entry("Corridor", "Second floor", "corridor-b", Fault.REDIRECT),
        _Entry("Kitchen", "Second floor", "canteen-b", auth=""),
        _Entry("Roof terrace", "Third floor", "car-park", is_dead=True),
    ],
}


def demo_cameras(host: str, port: int) -> list[DemoCamera]:
    """The fleet as entered into Camkeeper, for a farm that listens on this host and port."""
    return [_entered(host, port, group, entry) for group, entries in _FLEET.items() for entry in entries]


def demo_specs() -> list[CameraSpec]:
    """The fleet as the farm plays it; the dead ones are nowhere."""
    return [_spec(group, entry) for group, entries in _FLEET.items() for entry in entries if not entry.is_dead]


def _entered(host: str, port: int, group: tuple[str, ...], entry: _Entry) -> DemoCamera:
    password = OLD_PASSWORD if entry.fault is Fault.WRONG_PASSWORD else PASSWORD
    return DemoCamera(
        entry.name,
        group,
        entry.location,
        f"rtsp://{host}:{DEAD_PORT if entry.is_dead else port}{_path(group, entry)}",
        USERNAME if entry.auth else None,
        password if entry.auth else None,
        entry.codec,
        _spec(group, entry).fps,
        _expected_state(entry),
        "refused" if entry.is_dead else _OUTCOMES.get(entry.fault, "online"),
        str(entry.fault) if entry.fault in PICTURES else None,
        entry.fault is Fault.FLAPPING,
    )


def _expected_state(entry: _Entry) -> str:
    if entry.is_dead or entry.fault in _OUTCOMES:
        return "offline"
    return "degraded" if entry.fault is Fault.LOW_FPS or entry.fault in PICTURES else "live"


def _spec(group: tuple[str, ...], entry: _Entry) -> CameraSpec:
    # Whoever enters the right password mends the camera, and need not wait long for a lock to open.
    is_only_misremembered = entry.fault is Fault.WRONG_PASSWORD
    return CameraSpec(
        _path(group, entry),
        scene=entry.scene,
        codec=entry.codec,
        username=USERNAME if entry.auth else None,
        password=PASSWORD if entry.auth else None,
        auth=entry.auth or "digest",
        fault=Fault.NONE if is_only_misremembered else entry.fault,
        number=_NUMBERS.get(entry.fault),
        locks_for_seconds=_LOCK_SECONDS,
    )


def _path(group: tuple[str, ...], entry: _Entry) -> str:
    return "".join("/" + re.sub(r"[^a-z0-9]+", "-", part.lower()) for part in (*group, entry.name))
