"""The settings choose the back end, once per process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.servers import StorageOptions
from tests.storage import JPEG
from webapp.storage import (
    storage_from_settings,
)


def test_the_same_settings_give_the_same_storage(options: StorageOptions) -> None:
    for kind in ("filesystem", "s3"):
        chosen = replace(options, STORAGE=kind)
        assert storage_from_settings(chosen) is storage_from_settings(replace(chosen))
    other = replace(options, S3_BUCKET="another-bucket")
    assert storage_from_settings(options) is not storage_from_settings(other)


def test_pictures_live_in_the_data_folder(options: StorageOptions) -> None:
    storage_from_settings(replace(options, STORAGE="filesystem")).put("a.jpg", JPEG)
    assert (options.DATA_DIR / "pictures/a.jpg").read_bytes() == JPEG


def test_an_unknown_kind_of_storage_is_refused(options: StorageOptions) -> None:
    with pytest.raises(ValueError, match="STORAGE must be filesystem or s3"):
        storage_from_settings(replace(options, STORAGE="tape"))
