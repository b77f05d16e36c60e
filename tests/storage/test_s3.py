"""What only S3 can get wrong: signed links, logins, the bucket, forks, addresses."""

from __future__ import annotations

import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.servers import StorageOptions
from tests.storage import JPEG, MINUTE, bucket_folder, keys, s3_at
from webapp.storage import (
    S3Storage,
    StorageUnavailable,
    storage_from_settings,
)


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return bytes(answer.read())


def test_a_signed_link_gives_the_bytes_without_a_login(options: StorageOptions) -> None:
    storage = storage_from_settings(options)
    storage.put("a.jpg", JPEG)
    assert fetch(storage.url("a.jpg", MINUTE)) == JPEG


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("a.jpg", "b.jpg"),
        lambda url: url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"),
        lambda url: url[:-1] + ("0" if url[-1] != "0" else "1"),
        lambda url: url.split("?")[0],
    ],
    ids=["another key", "a longer life", "another signature", "no signature"],
)
def test_a_changed_s3_link_is_refused(options: StorageOptions, change: Callable[[str], str]) -> None:
    storage = storage_from_settings(options)
    storage.put("a.jpg", JPEG)
    storage.put("b.jpg", JPEG)
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(change(storage.url("a.jpg", MINUTE)))
    refused.value.close()
    assert refused.value.code == 403


def test_an_expired_s3_link_is_refused(options: StorageOptions) -> None:
    storage = storage_from_settings(options)
    storage.put("a.jpg", JPEG)
    url = storage.url("a.jpg", timedelta(seconds=1))
    time.sleep(2.1)
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(url)
    refused.value.close()
    assert refused.value.code == 403


def test_links_are_signed_for_the_public_name_without_asking_anyone() -> None:
    storage = s3_at("10.255.255.1:9000", public_endpoint="https://pictures.example.com")
    started = time.monotonic()
    url = storage.url("a.jpg", MINUTE)
    assert url.startswith("https://pictures.example.com/camkeeper/a.jpg?")
    assert time.monotonic() - started < 0.5


def test_a_link_for_another_name_of_the_server_works_there(options: StorageOptions) -> None:
    port = options.S3_ENDPOINT.split(":")[1]
    storage = storage_from_settings(replace(options, S3_PUBLIC_ENDPOINT=f"localhost:{port}"))
    storage.put("a.jpg", JPEG)
    url = storage.url("a.jpg", MINUTE)
    assert url.startswith("http://localhost:")
    assert fetch(url) == JPEG


def test_the_bucket_is_made_by_the_first_write_and_again_after_the_store_was_emptied(options: StorageOptions) -> None:
    storage = storage_from_settings(options)
    storage.put("a.jpg", JPEG)
    shutil.rmtree(bucket_folder(options))
    assert not storage.exists("a.jpg")
    storage.put("b.jpg", JPEG)
    assert keys(storage) == ["b.jpg"]


@pytest.mark.parametrize("field", ["S3_ACCESS_KEY", "S3_SECRET_KEY"])
def test_a_wrong_login_says_which_settings_to_check(options: StorageOptions, field: str) -> None:
    storage = storage_from_settings(replace(options, **{field: "wrong"}))  # type: ignore[arg-type]
    with pytest.raises(StorageUnavailable, match="Check S3_ACCESS_KEY, S3_SECRET_KEY"):
        storage.put("a.jpg", JPEG)
    with pytest.raises(StorageUnavailable, match="Check S3_ACCESS_KEY, S3_SECRET_KEY"):
        storage.exists("a.jpg")


def test_a_forked_process_opens_connections_of_its_own(options: StorageOptions) -> None:
    storage = storage_from_settings(options)
    storage.put("parent.jpg", JPEG)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            storage.put("child.jpg", JPEG)
            code = 0 if storage.get("parent.jpg").data == JPEG else 2
        finally:
            os._exit(code)
    for _ in range(20):  # at the same time as the child, on the connection the child inherited
        assert storage.get("parent.jpg").data == JPEG
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert storage.get("child.jpg").data == JPEG


@pytest.mark.parametrize(
    "endpoint", ["", "http://", "ftp://host", "host:9000/path", "user:pass@host", "host:9000?x=1", "host:port"]
)
def test_an_endpoint_that_is_none_is_refused_at_once_without_showing_a_login(endpoint: str) -> None:
    with pytest.raises(ValueError, match="S3_ENDPOINT must be host:port") as caught:
        s3_at(endpoint)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize("bucket", ["", "ab", "Upper", "a_b", "192.168.0.1", "../etc"])
def test_a_bad_bucket_name_is_refused_at_once(bucket: str) -> None:
    with pytest.raises(ValueError, match="S3_BUCKET must be"):
        S3Storage("host:9000", "key", "secret", bucket)
