"""The audit: who did what to what, when and from where."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from typing_extensions import TypedDict

from .. import access
from ..schemas import AuditQuery, InvalidInput
from ..services import audit_trail
from ..services.audit_trail import AuditFilter, Line, NoSuchEntry, Reader
from .answers import Answer
from .operations import operation


class ChangeShape(TypedDict):
    """Of a secret only `act` says anything: set, changed or cleared."""

    label: str
    before: str
    after: str
    act: str


class AuditShape(TypedDict):
    id: str
    at: datetime
    who: str
    email: str
    address: str
    action: str
    subject: str
    camera_id: str | None
    changes: list[ChangeShape]


class Cursor(TypedDict):
    """`next` is what `before` takes for the page after this one; null at the end."""

    next: str | None


@operation("GET", "/audit", "audit:read", query=AuditQuery, answer=list[AuditShape], meta=Cursor, codes=(404,))
def list_(query: AuditQuery) -> Answer:
    """List the entries of the audit, the newest first."""
    wanted = AuditFilter(
        query.person or "", query.action or "", query.camera_id or "", query.q or "", query.since, query.until
    )
    reader = Reader(access.scope("audit:read"), UTC, is_auditor=True, may_write=True)
    try:
        page = audit_trail.find(wanted, reader, query.before or "", size=query.page_size)
    except NoSuchEntry:
        raise InvalidInput({"before": ["There is no such entry."]}) from None
    return Answer([_shape(line) for line in page.lines], {"next": page.older})


def _shape(line: Line) -> dict[str, Any]:
    changes = [asdict(change) for change in line.changes]
    return {
        "id": line.id,
        "at": line.at,
        "who": line.who,
        "email": line.email,
        "address": line.address,
        "action": line.action,
        "subject": line.subject,
        "camera_id": line.camera_id,
        "changes": changes,
    }
