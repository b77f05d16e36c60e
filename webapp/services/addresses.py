"""The address rule at every door where a stream URL comes in."""

from __future__ import annotations

from ..extensions import settings
from ..schemas import InvalidInput
from ..video.addresses import AddressNotAllowed, NameNotFound, vet
from ..video.stream_url import parse_stream_url

VET_SECONDS = 3.0


def require_allowed(rtsp_url: str) -> None:
    """InvalidInput, at the field, when no camera may live at this URL's address."""
    url = parse_stream_url(rtsp_url)
    try:
        vet(url.host, url.port, settings.CAMERA_ALLOWED_NETWORKS, VET_SECONDS)
    except (NameNotFound, AddressNotAllowed) as error:
        raise InvalidInput({"rtsp_url": [str(error)]}) from None
