"""One contract for both back ends: the same tests against a folder and a real S3 server."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.servers import StorageOptions, free_port
from tests.storage import JPEG, MINUTE, bucket_folder, keys, s3_at
from webapp.storage import (
    FilesystemStorage,
    InvalidKey,
    NotFound,
    S3Storage,
    Storage,
    TooLarge,
    storage_from_settings,
)


def test_what_was_put_comes_back(storage: Storage) -> None:
    storage.put("latest/camera-1.jpg", JPEG)
    stored = storage.get("latest/camera-1.jpg")
    assert (stored.data, stored.content_type, stored.size) == (JPEG, "image/jpeg", len(JPEG))
    assert abs(datetime.now(UTC) - stored.modified) < MINUTE
    assert stored.metadata == {}


def test_content_type_and_metadata_come_back(storage: Storage) -> None:
    storage.put("imports/7.csv", b"a,b", "text/csv; charset=utf-8", {"uploaded-by": "Ada L.", "rows": "2"})
    stored = storage.get("imports/7.csv")
    assert stored.content_type == "text/csv; charset=utf-8"
    assert stored.metadata == {"uploaded-by": "Ada L.", "rows": "2"}


def test_a_second_put_replaces_the_first_with_its_description(storage: Storage) -> None:
    storage.put("a.bin", b"old", "text/plain", {"rows": "2"})
    storage.put("a.bin", b"newer")
    stored = storage.get("a.bin")
    assert (stored.data, stored.content_type, stored.metadata) == (b"newer", "image/jpeg", {})


def test_an_empty_file_is_a_file(storage: Storage) -> None:
    storage.put("empty.jpg", b"")
    assert storage.get("empty.jpg").data == b""
    assert storage.size("empty.jpg") == 0


def test_large_bytes_of_every_value_come_back(storage: Storage) -> None:
    data = bytes(range(256)) * 4096 * 8
    storage.put("clip.mp4", data, "video/mp4")
    assert storage.get("clip.mp4").data == data


def test_existence_and_size(storage: Storage) -> None:
    assert not storage.exists("a.jpg")
    storage.put("a.jpg", JPEG)
    assert storage.exists("a.jpg")
    assert storage.size("a.jpg") == len(JPEG)


@pytest.mark.parametrize("there", [False, True], ids=["before anything was stored", "beside other files"])
def test_a_missing_key_is_not_found_with_a_sentence(storage: Storage, there: bool) -> None:
    if there:
        storage.put("folder/b.jpg", JPEG)
    for ask in (storage.get, storage.size):
        with pytest.raises(NotFound, match=r"no stored file 'folder/a\.jpg'.*reload"):
            ask("folder/a.jpg")
    with pytest.raises(NotFound):
        storage.copy("folder/a.jpg", "folder/c.jpg")


def test_a_folder_is_not_a_file(storage: Storage) -> None:
    storage.put("folder/b.jpg", JPEG)
    assert not storage.exists("folder")
    with pytest.raises(NotFound):
        storage.get("folder")


def test_an_empty_store_lists_nothing(storage: Storage) -> None:
    assert keys(storage) == []
    assert storage.delete_prefix("latest/") == ()
    assert storage.stats().objects == 0
    assert storage.stats().newest is None


def test_deleting_removes_and_may_be_repeated(storage: Storage) -> None:
    storage.delete("a.jpg")
    storage.put("a.jpg", JPEG, metadata={"rows": "1"})
    storage.delete("a.jpg")
    storage.delete("a.jpg")
    assert not storage.exists("a.jpg")
    storage.put("a.jpg", JPEG)
    assert storage.get("a.jpg").metadata == {}


def test_deleting_a_folder_takes_all_below_it_and_nothing_beside_it(storage: Storage) -> None:
    for key in ("cameras/1/a.jpg", "cameras/1/deep/er/b.jpg", "cameras/10/a.jpg", "cameras/1.jpg", "other/1/a.jpg"):
        storage.put(key, JPEG, metadata={"camera": "1"})
    assert storage.delete_prefix("cameras/1/") == ()
    assert keys(storage) == ["cameras/1.jpg", "cameras/10/a.jpg", "other/1/a.jpg"]


def test_deleting_a_large_folder_deletes_all_of_it(options: StorageOptions) -> None:
    storage = storage_from_settings(options)
    storage.put("keep.jpg", JPEG)
    bucket = bucket_folder(options)
    (bucket / "day").mkdir()
    for number in range(2_100):  # more than two pages of a listing, and than two requests to delete
        (bucket / "day" / f"{number:05}.jpg").touch()
    assert storage.delete_prefix("day/") == ()
    assert keys(storage) == ["keep.jpg"]


def test_a_listing_is_in_the_order_of_its_keys_with_sizes_and_times(storage: Storage) -> None:
    for key in ("b.jpg", "a/2.jpg", "a/1.jpg", "a/1/x.jpg"):
        storage.put(key, JPEG * len(key))
    entries = list(storage.list())
    assert [entry.key for entry in entries] == ["a/1.jpg", "a/1/x.jpg", "a/2.jpg", "b.jpg"]
    assert [entry.size for entry in entries] == [len(JPEG) * len(entry.key) for entry in entries]
    assert all(abs(datetime.now(UTC) - entry.modified) < MINUTE for entry in entries)


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("", ["a/1.jpg", "a/10.jpg", "ab/1.jpg"]),
        ("a", ["a/1.jpg", "a/10.jpg", "ab/1.jpg"]),
        ("a/", ["a/1.jpg", "a/10.jpg"]),
        ("a/1", ["a/1.jpg", "a/10.jpg"]),
        ("a/10.jpg", ["a/10.jpg"]),
        ("a/2", []),
        ("c/d/", []),
    ],
)
def test_a_listing_shows_what_begins_with_the_prefix(storage: Storage, prefix: str, found: list[str]) -> None:
    for key in ("a/1.jpg", "a/10.jpg", "ab/1.jpg"):
        storage.put(key, JPEG)
    assert keys(storage, prefix) == found


def test_a_copy_has_bytes_type_and_metadata_and_lives_alone(storage: Storage) -> None:
    storage.put("a.txt", b"text", "text/plain", {"rows": "1"})
    storage.copy("a.txt", "kept/b.txt")
    storage.delete("a.txt")
    stored = storage.get("kept/b.txt")
    assert (stored.data, stored.content_type, stored.metadata) == (b"text", "text/plain", {"rows": "1"})


def test_stats_count_files_and_bytes(storage: Storage) -> None:
    for number in range(3):
        storage.put(f"{number}/a.jpg", JPEG, metadata={"n": str(number)})
    stats = storage.stats()
    assert (stats.objects, stats.bytes) == (3, 3 * len(JPEG))
    assert stats.oldest is not None
    assert stats.newest is not None
    assert stats.oldest <= stats.newest


@pytest.mark.parametrize("kind", ["filesystem", "s3"])
def test_more_than_the_limit_is_refused_before_anything_is_sent(kind: str, tmp_path: Path) -> None:
    small: Storage = (
        FilesystemStorage(tmp_path, "key", max_bytes=10)
        if kind == "filesystem"
        else s3_at(f"127.0.0.1:{free_port()}", max_bytes=10)
    )
    with pytest.raises(TooLarge, match=r"'a\.jpg' has 11 bytes; storage takes at most 10"):
        small.put("a.jpg", b"x" * 11)


@pytest.mark.parametrize("kind", ["filesystem", "s3"])
def test_more_than_the_limit_that_somebody_else_stored_is_not_read(kind: str, options: StorageOptions) -> None:
    storage_from_settings(replace(options, STORAGE=kind)).put("a.jpg", bytes(100_000))
    small: Storage = (
        FilesystemStorage(options.DATA_DIR / "pictures", "key", max_bytes=10)
        if kind == "filesystem"
        else S3Storage(
            options.S3_ENDPOINT, options.S3_ACCESS_KEY, options.S3_SECRET_KEY, options.S3_BUCKET, max_bytes=10
        )
    )
    with pytest.raises(TooLarge):
        small.get("a.jpg")


BAD_KEYS = [
    "", "/", "/etc/passwd", "a/", "a//b", "..", "../a", "a/../b", "a/..", ".", "./a", "a/./b", ".hidden", "a/.b",
    "a..b", "A.jpg", "a b", "a\\b", "a\x00b", "a\nb", "ä.jpg", "a~", "~a", "%2e%2e/a", "a?b", "a#b", "c:d",
    "x" * 513, "x" * 201,
]  # fmt: skip


@pytest.mark.parametrize("key", BAD_KEYS, ids=repr)
def test_a_bad_key_is_refused_by_every_operation(storage: Storage, key: str) -> None:
    asks = (storage.get, storage.delete, storage.exists, storage.size, lambda k: storage.put(k, JPEG))
    more = (lambda k: storage.url(k, MINUTE), lambda k: storage.copy(k, "a"), lambda k: storage.copy("a", k))
    for ask in asks + more:
        with pytest.raises(InvalidKey, match="cannot be the name of a stored file: "):
            ask(key)


@pytest.mark.parametrize("prefix", ["../", "/", "a/../", "a//", ".", "A", "x" * 513])
def test_a_bad_prefix_is_refused(storage: Storage, prefix: str) -> None:
    with pytest.raises(InvalidKey):
        storage.list(prefix)


@pytest.mark.parametrize("prefix", ["", "a", "cameras/1", "../", "/"])
def test_only_a_folder_can_be_deleted_as_a_whole(storage: Storage, prefix: str) -> None:
    storage.put("a/b.jpg", JPEG)
    with pytest.raises(InvalidKey):
        storage.delete_prefix(prefix)
    assert keys(storage) == ["a/b.jpg"]


@pytest.mark.parametrize("key", ["a", "a-b_c.d/0.jpg", "latest/3f2b.jpg", "/".join(["x" * 100] * 5), "y" * 200, "-"])
def test_a_good_key_works(storage: Storage, key: str) -> None:
    storage.put(key, JPEG)
    assert storage.get(key).data == JPEG
    assert keys(storage) == [key]


@pytest.mark.parametrize(
    ("content_type", "metadata"),
    [
        ("text/html\r\nX-Evil: 1", {}),
        ("", {}),
        ("image/jpeg", {"a\r\nb": "1"}),
        ("image/jpeg", {"a": "1\r\nX-Evil: 1"}),
        ("image/jpeg", {"a": "ä"}),
        ("image/jpeg", {"Upper": "1"}),
        ("image/jpeg", {"a": "x" * 3000}),
    ],
)
def test_a_description_that_could_not_travel_is_refused(
    storage: Storage, content_type: str, metadata: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match=r"content type|metadata"):
        storage.put("a.jpg", JPEG, content_type, metadata)
    assert keys(storage) == []


@pytest.mark.parametrize("expires", [timedelta(0), timedelta(seconds=-1), timedelta(days=8)])
def test_a_link_lives_from_a_second_to_a_week(storage: Storage, expires: timedelta) -> None:
    with pytest.raises(ValueError, match="7 days"):
        storage.url("a.jpg", expires)


def test_many_are_deleted_in_one_go_also_those_that_are_not_there(storage: Storage) -> None:
    assert storage.delete_all(["a/b.jpg"]) == ()  # not even the bucket
    for key in ("a/1/b.jpg", "a/1/c.jpg", "a/2/b.jpg", "b.jpg"):
        storage.put(key, JPEG)
    assert storage.delete_all(["a/1/b.jpg", "a/2/b.jpg", "a/3/none.jpg", "b.jpg"]) == ()
    assert keys(storage) == ["a/1/c.jpg"]
    storage.put("a/2/d.jpg", JPEG)
    assert keys(storage) == ["a/1/c.jpg", "a/2/d.jpg"]
    with pytest.raises(InvalidKey):
        storage.delete_all(["../a"])


def test_writers_at_once_leave_one_of_their_files_whole(storage: Storage) -> None:
    contents = [bytes([number]) * 50_000 for number in range(8)]
    writers = [threading.Thread(target=storage.put, args=("a/b/c.jpg", content)) for content in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert storage.get("a/b/c.jpg").data in contents
    assert keys(storage) == ["a/b/c.jpg"]
