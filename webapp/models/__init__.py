"""Every table and every enum; derived properties, no I/O, no request. Each noun has its module."""

from __future__ import annotations

from .columns import UtcDateTime, new_id, utc_now
from .fleet import Camera, CameraGroup, Status
from .health import OUTCOME_CODES, CameraHealth, CameraSnapshot, ConnectionTest, StatusChange
from .people import (
    GIVEN_ON_GROUPS,
    PERMISSIONS,
    ApiToken,
    AuditEntry,
    GroupRole,
    Role,
    SavedView,
    User,
    role_grants,
)
from .work import BulkAction, BulkCamera, BulkResult, Import, ImportRow, WorkState

__all__ = [
    "GIVEN_ON_GROUPS",
    "OUTCOME_CODES",
    "PERMISSIONS",
    "ApiToken",
    "AuditEntry",
    "BulkAction",
    "BulkCamera",
    "BulkResult",
    "Camera",
    "CameraGroup",
    "CameraHealth",
    "CameraSnapshot",
    "ConnectionTest",
    "GroupRole",
    "Import",
    "ImportRow",
    "Role",
    "SavedView",
    "Status",
    "StatusChange",
    "User",
    "UtcDateTime",
    "WorkState",
    "new_id",
    "role_grants",
    "utc_now",
]
