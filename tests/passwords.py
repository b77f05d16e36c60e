"""Reading stored passwords back, which no page and no service does."""

from __future__ import annotations

from webapp.credentials import Credentials
from webapp.extensions import settings
from webapp.models import Camera


def password_of(camera: Camera) -> str | None:
    if camera.password_encrypted is None:
        return None
    return Credentials(settings.CREDENTIAL_KEYS).decrypt(camera.password_encrypted, camera.id)
