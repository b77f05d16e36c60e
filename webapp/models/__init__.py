"""Every table and every enum; derived properties, no I/O, no request. Each noun has its module."""

from __future__ import annotations

from .clips import Clip, ClipKind
from .columns import UtcDateTime, new_id, utc_now
from .fleet import Camera, CameraGroup, Status
from .health import OUTCOME_CODES, CameraHealth, ConnectionTest, StatusChange
from .history import Acknowledgement, HealthDay, HealthHour, MaintenanceWindow, Mute
from .image import CameraReference, CameraSnapshot, ImageFinding
from .people import (
    GIVEN_ON_GROUPS,
    PERMISSIONS,
    RESET,
    ApiToken,
    AuditEntry,
    GroupRole,
    Role,
    SavedView,
    User,
    role_grants,
)
from .upkeep import HousekeepingRun, Report
from .work import BulkAction, BulkCamera, BulkResult, Import, ImportRow, WorkState

__all__ = [
    "GIVEN_ON_GROUPS",
    "OUTCOME_CODES",
    "PERMISSIONS",
    "RESET",
    "Acknowledgement",
    "ApiToken",
    "AuditEntry",
    "BulkAction",
    "BulkCamera",
    "BulkResult",
    "Camera",
    "CameraGroup",
    "CameraHealth",
    "CameraReference",
    "CameraSnapshot",
    "Clip",
    "ClipKind",
    "ConnectionTest",
    "GroupRole",
    "HealthDay",
    "HealthHour",
    "HousekeepingRun",
    "ImageFinding",
    "Import",
    "ImportRow",
    "MaintenanceWindow",
    "Mute",
    "Report",
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
