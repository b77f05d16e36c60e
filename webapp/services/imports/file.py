"""The uploaded file in storage: sealed, because it may hold passwords, and in parts, because storage has a limit."""

from __future__ import annotations

from ...credentials import Credentials, CredentialUnreadable
from ...extensions import settings
from ...storage import NotFound, storage_from_settings
from .table import Unreadable

PART_BYTES = 6 * 1024 * 1024
"""A part grows by a third when it is sealed, and storage takes ten megabytes."""
FOLDER = "imports/"
GONE = "The file is not kept any more: a day after it came it is deleted. Upload it again."


def store(import_id: str, data: bytes) -> None:
    """Raises StorageError."""
    storage, credentials = storage_from_settings(settings), Credentials(settings.CREDENTIAL_KEYS)
    for number, start in enumerate(range(0, len(data), PART_BYTES)):
        sealed = credentials.seal(data[start : start + PART_BYTES], import_id)
        storage.put(_folder(import_id) + str(number), sealed, "application/octet-stream")


def load(import_id: str) -> bytes:
    """Raises Unreadable when it is gone, and StorageError."""
    storage, credentials = storage_from_settings(settings), Credentials(settings.CREDENTIAL_KEYS)
    keys = sorted(entry.key for entry in storage.list(_folder(import_id)))
    if not keys:
        raise Unreadable(GONE)
    try:
        return b"".join(credentials.unseal(storage.get(key).data, import_id) for key in keys)
    except NotFound:
        raise Unreadable(GONE) from None
    except CredentialUnreadable as error:
        raise Unreadable(f"{error} Upload it again.") from None


def forget(import_id: str) -> None:
    """Raises StorageError when the store does not answer."""
    storage_from_settings(settings).delete_prefix(_folder(import_id))


def _folder(import_id: str) -> str:
    return f"{FOLDER}{import_id}/"
