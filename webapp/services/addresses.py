"""The rules for addresses at every door where a stream URL comes in."""

from __future__ import annotations

from collections.abc import Iterable

from ..extensions import settings
from ..schemas import InvalidInput
from ..video.addresses import AddressNotAllowed, NameNotFound, vet
from ..video.stream_url import parse_stream_url

VET_SECONDS = 3.0


def require_allowed(rtsp_url: str, field: str = "rtsp_url") -> None:
    """InvalidInput, at the field, when no camera may live at this URL's address."""
    url = parse_stream_url(rtsp_url)
    try:
        vet(url.host, url.port, settings.CAMERA_ALLOWED_NETWORKS, VET_SECONDS)
    except (NameNotFound, AddressNotAllowed) as error:
        raise InvalidInput({field: [str(error)]}) from None


def require_same_address(new_url: str, stored_urls: Iterable[str]) -> None:
    """InvalidInput, at the password, when a stored password would go to another address than those it was typed for.

    Else whoever may edit a camera could have a password they cannot read sent to a machine of their choice.
    """
    if parse_stream_url(new_url).address not in {parse_stream_url(url).address for url in stored_urls}:
        sentence = "The address has changed, so type the password again: the stored one goes only where it belongs."
        raise InvalidInput({"password": [sentence]})
