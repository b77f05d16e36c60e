"""The one input contract per thing: forms, JSON bodies and CSV rows are all checked here, with the same sentences."""

from __future__ import annotations

from .cameras import MOST_TAGS, CameraInput, HandedDown, MaintenanceInput, StreamInput
from .contract import Contract, InvalidInput, Problems, parse
from .groups import TOP, GroupInput, GroupMove, GroupRemoval
from .people import (
    GroupRoleInput,
    InvitationInput,
    LookInput,
    NewPassword,
    PasswordChange,
    RightsInput,
    SignIn,
    TokenInput,
    UserInput,
    time_zones,
)
from .work import BULK_FIELDS, BulkInput, ExportInput, ImportOptions, SavedViewInput

__all__ = [
    "BULK_FIELDS",
    "MOST_TAGS",
    "TOP",
    "BulkInput",
    "CameraInput",
    "Contract",
    "ExportInput",
    "GroupInput",
    "GroupMove",
    "GroupRemoval",
    "GroupRoleInput",
    "HandedDown",
    "ImportOptions",
    "InvalidInput",
    "InvitationInput",
    "LookInput",
    "MaintenanceInput",
    "NewPassword",
    "PasswordChange",
    "Problems",
    "RightsInput",
    "SavedViewInput",
    "SignIn",
    "StreamInput",
    "TokenInput",
    "UserInput",
    "parse",
    "time_zones",
]
