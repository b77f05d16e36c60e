"""Whether a camera lets a request pass: the login, and the faults that spoil it."""

from __future__ import annotations

from simulator import auth
from simulator.faults import Fault
from simulator.registry import Camera
from simulator.rtsp import Request

Challenges = list[tuple[str, str]]


def missing_login(camera: Camera, request: Request, fault: Fault, now: float) -> Challenges | None:
    """The challenges to answer with, or None when the request may pass; counts what was tried."""
    if camera.spec.account is None and fault is not Fault.WRONG_PASSWORD:
        return None
    offered = auth.schemes(camera.spec.auth)
    used, (first, second) = auth.used_nonce(request), camera.nonces
    if fault is Fault.STALE_NONCE and used == first:
        return auth.challenges(offered, second, stale=True)
    nonce = second if used == second else first
    if "authorization" not in request.headers:
        return auth.challenges(offered, nonce)
    if _is_right(camera, request, fault, nonce, now):
        camera.count_login()
        return None
    camera.count_wrong_password(now)
    return auth.challenges(offered, nonce)


def _is_right(camera: Camera, request: Request, fault: Fault, nonce: str, now: float) -> bool:
    account = camera.spec.account
    if account is None or fault is Fault.WRONG_PASSWORD or camera.is_locked(now):
        return False
    return auth.is_accepted(request, account, auth.schemes(camera.spec.auth), nonce)
