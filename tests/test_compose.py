"""No Docker engine runs here, so the compose file is checked against the code it names, word by word."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from jobs import QueueName
from webapp.config import Settings
from webapp.extensions import settings
from webapp.services.sweep import batch_seconds

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("camkeeper")}
SETTINGS = {f.name for f in fields(Settings)}


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_it_names_every_process_of_the_system() -> None:
    assert set(OURS) == {"prepare", "web", "scheduler", "tick", "checks", "now", "slow"}
    assert set(SERVICES) - set(OURS) == {"postgres", "redis", "minio"}


@pytest.mark.parametrize("name", OURS)
def test_every_setting_it_passes_exists(name: str) -> None:
    assert set(OURS[name]["environment"]) <= SETTINGS


@pytest.mark.parametrize("name", OURS)
def test_every_command_it_runs_exists(name: str, app: Flask) -> None:
    match OURS[name]["command"]:
        case ["python", "-m", module, *_]:
            assert importlib.util.find_spec(module), module
        case ["flask", command, *_]:
            assert command in app.cli.list_commands(None)  # type: ignore[arg-type]
        case ["gunicorn", target]:
            module, _, attribute = target.partition(":")
            assert re.search(rf"^{attribute} = ", (ROOT / f"{module}.py").read_text(), re.MULTILINE)
        case unknown:
            pytest.fail(f"{name} runs {unknown}, which this test cannot vouch for")


@pytest.mark.parametrize("name", [n for n in OURS if OURS[n]["command"][:2] == ["python", "-m"]])
def test_every_worker_takes_a_queue_we_have(name: str) -> None:
    queue = OURS[name]["command"][3:]
    assert queue == [] or queue[0] in set(QueueName)


@pytest.mark.parametrize("name", [n for n in OURS if n not in ("prepare", "web")])
def test_its_health_check_runs_a_module_we_have(name: str) -> None:
    match OURS[name]["healthcheck"]["test"]:
        case ["CMD", "python", "-m", module, process]:
            assert importlib.util.find_spec(module)
            assert process == name
        case unknown:
            pytest.fail(str(unknown))


def test_every_service_that_stays_has_a_health_check() -> None:
    assert [name for name, service in SERVICES.items() if "healthcheck" not in service] == ["prepare"]


def test_web_health_check_asks_a_page_that_exists(app: Flask) -> None:
    command = " ".join(SERVICES["web"]["healthcheck"]["test"])
    path = re.search(r"http://127\.0\.0\.1:8000(/\w+)", command)
    assert path
    assert path[1] in {rule.rule for rule in app.url_map.iter_rules()}


def test_every_image_is_pinned_and_minio_comes_from_where_it_still_is() -> None:
    for service in SERVICES.values():
        _, _, tag = service["image"].rpartition(":")
        assert re.search(r"\d", tag), service["image"]
    assert SERVICES["minio"]["image"].startswith("quay.io/minio/minio:RELEASE.")


def test_every_variable_is_explained_or_has_a_default() -> None:
    explained = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    without_default = set(re.findall(r"(?<!\$)\$\{(\w+)(?::\?[^}]*)?\}", TEXT))
    assert without_default <= explained


@pytest.mark.parametrize("name", [n for n in OURS if n != "prepare"])
def test_it_gives_a_job_in_hand_time_to_end(name: str, app: Flask) -> None:
    longest_job = {"checks": batch_seconds(settings.CHECK_BATCH), "now": batch_seconds(1)}.get(name, 10)
    assert seconds(OURS[name]["stop_grace_period"]) >= longest_job


@pytest.mark.parametrize("name", OURS)
def test_somebody_reaps_what_forked_processes_leave_behind(name: str) -> None:
    assert OURS[name]["init"] is True


def test_every_setting_of_size_can_be_chosen_in_the_env_file() -> None:
    fixed = {"DATABASE_URL", "REDIS_URL", "STORAGE", "S3_ENDPOINT"}
    for name, value in OURS["web"]["environment"].items():
        assert name in fixed or value.startswith(f"${{{name}:"), name


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_do_little(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")


def test_the_image_does_not_run_as_root_and_copies_what_exists() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == ["camkeeper"]
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE):
        assert all((ROOT / source).exists() for source in sources.split())
    for module in re.findall(r"python -m (webapp\.\w+)", dockerfile):
        assert importlib.util.find_spec(module)


def test_redis_wants_a_password_and_nothing_but_web_has_a_port() -> None:
    assert "--requirepass" in SERVICES["redis"]["command"][-1]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]


def test_data_stores_cannot_be_reached_from_the_camera_network() -> None:
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name in ("postgres", "redis", "minio"):
        assert SERVICES[name]["networks"] == ["inside"]
