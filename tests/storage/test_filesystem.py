"""What only a folder can get wrong: half files, links, drafts, and the links it signs."""

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.storage import JPEG, MINUTE, keys
from webapp.storage import (
    FilesystemStorage,
    InvalidKey,
    LinkRefused,
    NotFound,
    StorageError,
    StorageUnavailable,
)


@pytest.fixture
def folder(tmp_path: Path) -> FilesystemStorage:
    return FilesystemStorage(tmp_path / "pictures", "a signing key")


def test_a_reader_never_sees_half_a_file(folder: FilesystemStorage) -> None:
    folder.put("a.jpg", b"0" * 200_000)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for letter in (b"1", b"2"):
                folder.put("a.jpg", letter * 200_000)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = {frozenset(folder.get("a.jpg").data) for _ in range(300)}
    finally:
        stop.set()
        writer.join()
    assert all(len(values) == 1 for values in seen)
    assert len(seen) > 1, "the writer must have been at work meanwhile"


def test_a_thumbnail_is_one_plain_file_only_we_may_read(folder: FilesystemStorage, tmp_path: Path) -> None:
    folder.put("latest/a.jpg", JPEG)
    files = [path for path in (tmp_path / "pictures").rglob("*") if path.is_file()]
    assert files == [tmp_path / "pictures/latest/a.jpg"]
    assert files[0].read_bytes() == JPEG
    assert files[0].stat().st_mode & 0o777 == 0o600
    assert files[0].parent.stat().st_mode & 0o777 == 0o700


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.jpg").write_bytes(b"secret")
    (folder / "~draft").write_bytes(b"not ours")
    return folder


def test_a_linked_folder_is_refused(folder: FilesystemStorage, outside: Path, tmp_path: Path) -> None:
    folder.put("a.jpg", JPEG)
    (tmp_path / "pictures/way-out").symlink_to(outside)
    asks = (folder.get, folder.size, folder.delete, folder.exists, lambda key: folder.put(key, JPEG))
    for ask in asks:
        with pytest.raises(InvalidKey, match="symbolic link"):
            ask("way-out/secret.jpg")
    with pytest.raises(InvalidKey, match="symbolic link"):
        folder.delete_prefix("way-out/deeper/")
    assert keys(folder) == ["a.jpg"]
    assert keys(folder, "way-out/") == []


def test_deleting_a_linked_folder_touches_nothing_behind_the_link(
    folder: FilesystemStorage, outside: Path, tmp_path: Path
) -> None:
    folder.put("a.jpg", JPEG)
    (tmp_path / "pictures/way-out").symlink_to(outside)
    folder.delete_prefix("way-out/")
    assert sorted(path.name for path in outside.iterdir()) == ["secret.jpg", "~draft"]


def test_a_linked_file_is_refused_and_writing_replaces_the_link_only(
    folder: FilesystemStorage, outside: Path, tmp_path: Path
) -> None:
    folder.put("a.jpg", JPEG)
    (tmp_path / "pictures/link.jpg").symlink_to(outside / "secret.jpg")
    for ask in (folder.get, folder.size):
        with pytest.raises(InvalidKey, match="symbolic link"):
            ask("link.jpg")
    folder.put("link.jpg", JPEG)
    assert folder.get("link.jpg").data == JPEG
    assert (outside / "secret.jpg").read_bytes() == b"secret"


def test_what_is_not_a_plain_file_is_not_there(folder: FilesystemStorage, tmp_path: Path) -> None:
    folder.put("a.jpg", JPEG)
    os.mkfifo(tmp_path / "pictures/pipe.jpg")
    with pytest.raises(NotFound):
        folder.get("pipe.jpg")
    assert keys(folder) == ["a.jpg"]


def test_a_file_and_a_folder_cannot_have_one_name(folder: FilesystemStorage) -> None:
    folder.put("a/b.jpg", JPEG)
    for key in ("a", "a/b.jpg/c.jpg"):
        with pytest.raises(InvalidKey, match="stands where it needs"):
            folder.put(key, JPEG)
    assert not folder.exists("a/b.jpg/c.jpg")


def test_a_damaged_description_does_not_lose_the_picture(folder: FilesystemStorage, tmp_path: Path) -> None:
    folder.put("a.bin", b"data", "text/plain", {"rows": "1"})
    for damage in (
        b"",
        b"[]",
        b"{}",
        b'{"content_type": "x\\ny", "metadata": {}}',
        b'{"content_type": 1, "metadata": 2}',
    ):
        (tmp_path / "pictures/a.bin~").write_bytes(damage)
        assert folder.get("a.bin").data == b"data"
        assert folder.get("a.bin").content_type == "image/jpeg"


def test_a_clean_up_removes_empty_folders_and_forgotten_drafts(folder: FilesystemStorage, tmp_path: Path) -> None:
    folder.put("day/camera/a.jpg", JPEG)
    (tmp_path / "pictures/day/camera/~left-by-a-kill").write_bytes(b"half")
    folder.delete_prefix("day/")
    assert list((tmp_path / "pictures").iterdir()) == []


def test_writing_survives_a_clean_up_of_its_folder(folder: FilesystemStorage) -> None:
    stop = threading.Event()
    failures: list[StorageError] = []

    def clean_up() -> None:
        while not stop.is_set():
            folder.delete_prefix("day/")

    cleaner = threading.Thread(target=clean_up)
    cleaner.start()
    written = 0
    try:
        for number in range(300):
            try:
                folder.put(f"day/{number}/a.jpg", JPEG)
                written += 1
            except StorageUnavailable as error:  # may happen when it loses three times in a row
                failures.append(error)
    finally:
        stop.set()
        cleaner.join()
    assert written > 280
    assert all("vanished" in str(error) for error in failures)


def test_a_failed_write_leaves_the_old_file_and_no_draft(folder: FilesystemStorage, tmp_path: Path) -> None:
    folder.put("a.jpg", JPEG)
    with limited_file_size(1000), pytest.raises(StorageUnavailable, match="disk is full"):
        folder.put("a.jpg", b"x" * 5000)
    assert folder.get("a.jpg").data == JPEG
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == ["a.jpg"]


@contextmanager
def limited_file_size(limit: int) -> Iterator[None]:
    """The kernel refuses to let files grow beyond `limit`: the nearest thing to a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_folder_that_cannot_be_made_is_unavailable_and_says_which(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StorageUnavailable, match=f"{tmp_path}/data/pictures does not work"):
        FilesystemStorage(tmp_path / "data/pictures", "key").put("a.jpg", JPEG)


def parts(url: str) -> tuple[str, str, str]:
    split = urlsplit(url)
    query = parse_qs(split.query)
    return split.path.removeprefix("/stored/"), query["expires"][0], query["signature"][0]


def test_a_signed_link_passes_until_it_expires(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    folder = FilesystemStorage(tmp_path, "key", clock=lambda: now[0])
    link = parts(folder.url("a/b.jpg", MINUTE))
    folder.verify(*link)
    now[0] += 60
    folder.verify(*link)
    now[0] += 1
    with pytest.raises(LinkRefused, match="expired"):
        folder.verify(*link)


def test_a_changed_link_is_refused(folder: FilesystemStorage, tmp_path: Path) -> None:
    key, expires, signature = parts(folder.url("a/b.jpg", MINUTE))
    later = str(int(expires) + 3600)
    forged = [("a/c.jpg", expires, signature), (key, later, signature), (key, expires, "0" * 64), (key, expires, "")]
    strange = [(key, "soon", signature), (key, "", ""), (key, expires, "ä"), ("\udc80", expires, "\udc80")]
    for link in forged + strange:
        with pytest.raises(LinkRefused, match="changed"):
            folder.verify(*link)
    with pytest.raises(LinkRefused):
        FilesystemStorage(tmp_path, "another key").verify(key, expires, signature)


@given(st.text(max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_no_text_as_a_key_leaves_the_folder(tmp_path: Path, key: str) -> None:
    root = tmp_path / "fuzz/pictures"
    folder = FilesystemStorage(root, "key")
    try:
        folder.put(key, JPEG)
    except InvalidKey:
        pass
    else:
        assert folder.get(key).data == JPEG
    assert {path.name for path in tmp_path.rglob("*") if root not in path.parents} <= {"fuzz", "pictures"}
