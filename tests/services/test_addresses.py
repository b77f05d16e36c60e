"""Where cameras may live, and where a stored password may go."""

from __future__ import annotations

import pytest

from webapp.schemas import InvalidInput
from webapp.services.addresses import require_allowed, require_same_address

STORED = "rtsp://10.20.4.14/stream1"


@pytest.mark.usefixtures("app")
def test_an_address_is_refused_at_its_field() -> None:
    require_allowed(STORED)
    with pytest.raises(InvalidInput, match=r"8\.8\.8\.8") as refused:
        require_allowed("rtsp://8.8.8.8/stream1")
    assert list(refused.value.problems) == ["rtsp_url"]


@pytest.mark.parametrize("url", [STORED, "rtsp://10.20.4.14:554/stream2", "rtsp://10.20.4.14/"])
def test_a_stored_password_goes_to_every_path_of_its_address(url: str) -> None:
    require_same_address(url, [STORED])


@pytest.mark.parametrize("url", ["rtsp://10.20.4.15/stream1", "rtsp://10.20.4.14:555/stream1", "rtsp://gate/stream1"])
def test_a_stored_password_goes_nowhere_else(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        require_same_address(url, [STORED])
    assert list(refused.value.problems) == ["password"]
