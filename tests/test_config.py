from __future__ import annotations

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from webapp.config import BadSettings, Settings, load

README = (Path(__file__).parent.parent / "README.md").read_text()
SERVED = {
    "DATABASE_URL": "postgresql://camkeeper@db/camkeeper",
    "REDIS_URL": "redis://redis/0",
    "SECRET_KEY": "s" * 32,
    "CREDENTIAL_KEYS": Fernet.generate_key().decode(),
}


def problems_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(BadSettings) as caught:
        load(environ)
    return caught.value.problems


def test_it_needs_nothing_in_embedded_mode(tmp_path: Path) -> None:
    settings = load({"DATA_DIR": str(tmp_path / "new")})
    assert settings.is_embedded
    assert f"sqlite:///{tmp_path}/new/camkeeper.db" == settings.DATABASE_URL
    assert settings.REDIS_URL.startswith("unix://")


def test_its_own_secrets_survive_a_restart_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    first, second = load({"DATA_DIR": str(tmp_path)}), load({"DATA_DIR": str(tmp_path)})
    assert (first.SECRET_KEY, first.CREDENTIAL_KEYS) == (second.SECRET_KEY, second.CREDENTIAL_KEYS)
    for name in ("secret.key", "credential.keys"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_start_that_was_cut_off_leaves_no_empty_key_behind(tmp_path: Path) -> None:
    def full_disk(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", full_disk)
        assert "No space left" in problems_of({"DATA_DIR": str(tmp_path)})[0]
    assert not list(tmp_path.iterdir())
    assert len(load({"DATA_DIR": str(tmp_path)}).SECRET_KEY) == 64


def test_two_starts_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: load({"DATA_DIR": str(tmp_path)}), range(8)))
    assert len({(settings.SECRET_KEY, settings.CREDENTIAL_KEYS) for settings in found}) == 1


@pytest.mark.parametrize("name", ["secret.key", "credential.keys"])
def test_a_key_file_without_a_key_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert f"{tmp_path / name} holds no usable key" in problems_of({"DATA_DIR": str(tmp_path)})[0]


def test_it_names_every_wrong_setting_at_once(tmp_path: Path) -> None:
    wrong = {
        "DATA_DIR": str(tmp_path),
        "PORT": "http",
        "CHECK_INTERVAL_SECONDS": "1",
        "CAMERA_ALLOWED_NETWORKS": "10.0.0.0/8,banana",
        "STORAGE": "ftp",
        "CREDENTIAL_KEYS": "short",
        "SECRET_KEY": "short",
        "COOKIE_SECURE": "maybe",
        "ADMIN_EMAIL": "root@example.com",
    }
    found = problems_of(wrong)
    for name in set(wrong) - {"DATA_DIR"}:
        assert any(problem.startswith(name) for problem in found), name


def test_it_names_everything_that_is_missing_for_postgresql_and_s3() -> None:
    found = " ".join(problems_of({"DATABASE_URL": "postgresql://db/x", "STORAGE": "s3"}))
    for name in ("REDIS_URL", "SECRET_KEY", "CREDENTIAL_KEYS", "S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY"):
        assert name in found


def test_what_could_never_be_reached_is_named_at_once(tmp_path: Path) -> None:
    wrong = {
        "DATABASE_URL": "postgresql://camkeeper:hunter2@db:abc/camkeeper",
        "REDIS_URL": "redis://:hunter2/3@redis:6379/0",
        "STORAGE": "s3",
        "S3_ENDPOINT": "http://minio/path",
        "S3_PUBLIC_ENDPOINT": "ftp://minio",
        "S3_BUCKET": "AB",
        "ADMIN_EMAIL": "a b@c",
        "ADMIN_PASSWORD": "hunter2",
    }
    found = problems_of(wrong | {"DATA_DIR": str(tmp_path / "new")})
    for name in set(wrong) - {"STORAGE"}:
        assert any(problem.startswith(name) for problem in found), name
    assert "hunter2" not in str(found)
    assert not (tmp_path / "new").exists(), "a wrong DATABASE_URL does not ask for the embedded mode"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("DATABASE_URL", "postgresql://camkeeper@db:99999/camkeeper"),
        ("REDIS_URL", "redis://redis:abc"),
        ("REDIS_URL", "redis://redis?socket_timeout=soon"),
        ("REDIS_URL", "redis://redis?no_such_option=1"),
    ],
)
def test_an_address_is_read_by_the_library_that_will_use_it(name: str, wrong: str) -> None:
    assert [problem.split()[0] for problem in problems_of(SERVED | {name: wrong})] == [name]


@pytest.mark.parametrize("folder", ["/proc/nope", "/dev/null"])
def test_a_data_folder_that_cannot_be_is_a_problem_among_the_others(folder: str) -> None:
    found = problems_of({"DATA_DIR": folder, "PORT": "http"})
    assert [problem.split()[0] for problem in found] == ["PORT", "DATA_DIR"]
    assert folder in found[1]


@pytest.mark.parametrize("name", ["SECRET_KEY", "CREDENTIAL_KEYS", "ADMIN_PASSWORD"])
def test_a_wrong_secret_is_named_but_never_shown(name: str, tmp_path: Path) -> None:
    found = " ".join(problems_of({"DATA_DIR": str(tmp_path), "ADMIN_EMAIL": "a@b.c", name: "hunter2"}))
    assert name in found
    assert "hunter2" not in found


def test_settings_shown_in_a_log_hold_no_secret() -> None:
    shown = repr(load(SERVED | {"S3_SECRET_KEY": "hunter2-hunter2"}))
    assert "s" * 32 not in shown
    assert SERVED["CREDENTIAL_KEYS"] not in shown
    assert "hunter2" not in shown


def test_it_reads_a_setting_from_the_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("f" * 40 + "\n")
    served = {name: value for name, value in SERVED.items() if name != "SECRET_KEY"}
    assert load(served | {"SECRET_KEY_FILE": str(tmp_path / "key")}).SECRET_KEY == "f" * 40


def test_a_file_that_is_not_there_is_a_problem_of_that_setting() -> None:
    assert any("SECRET_KEY_FILE" in problem for problem in problems_of({"SECRET_KEY_FILE": "/nowhere/key"}))


def test_a_setting_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("f" * 40)
    found = problems_of({"DATA_DIR": str(tmp_path), "SECRET_KEY": "s" * 32, "SECRET_KEY_FILE": str(tmp_path / "key")})
    assert "set twice" in found[0]


def test_postgresql_urls_get_our_driver() -> None:
    assert load(SERVED).DATABASE_URL.startswith("postgresql+psycopg://")


@pytest.mark.parametrize("name", [f.name for f in fields(Settings)])
def test_the_readme_explains_every_setting(name: str) -> None:
    assert f"`{name}`" in README
