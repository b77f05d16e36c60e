"""Every setting once: name, default, meaning. Wrong ones are reported together, before anything starts."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import Any

import redis
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from .credentials import BadCredentialKey, Credentials, generate_key
from .schemas import InvalidInput, UserInput, parse
from .storage import check_bucket, parse_origin
from .video.addresses import DEFAULT_CAMERA_NETWORKS, Networks, parse_networks


class BadSettings(SystemExit):
    """Raised with one message that names every setting that is missing or wrong."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("Camkeeper cannot start, because of its settings:\n" + "\n".join(f"  - {p}" for p in problems))


def _setting(default: Any, meaning: str, parse: Callable[[str], Any] = str, secret: bool = False) -> Any:
    metadata = {"meaning": meaning, "parse": parse, "secret": secret}
    return field(default=default, metadata=metadata, repr=not secret)


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.strip().isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return parse


def _seconds(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError(f"must be a number of seconds from {low:g} to {high:g}") from None
        if not low <= value <= high:
            raise ValueError(f"must be a number of seconds from {low:g} to {high:g}")
        return value

    return parse


def _yes_no(text: str) -> bool:
    if text.strip().lower() in ("1", "true", "yes", "on"):
        return True
    if text.strip().lower() in ("0", "false", "no", "off", ""):
        return False
    raise ValueError("must be yes or no")


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError("must be " + " or ".join(allowed))
        return text

    return parse


def _keys(text: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    try:
        Credentials(keys)
    except BadCredentialKey as error:
        raise ValueError(f"cannot be used. {error}") from None
    return keys


def _secret_key(text: str) -> str:
    if len(text) < 32:
        raise ValueError("must have at least 32 characters; make one with `openssl rand -hex 32`")
    return text


def _database_url(text: str) -> str:
    for prefix in ("postgres://", "postgresql://"):
        if text.startswith(prefix):
            text = "postgresql+psycopg://" + text.removeprefix(prefix)
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must begin with postgresql:// or sqlite:///")
    with _said_as(f"cannot be read; write postgresql://user:password@host:5432/database. {ESCAPE}"):
        port = make_url(text).port
    if port is not None and not 0 < port < 65536:
        raise ValueError("must have a port from 1 to 65535")
    return text


def _redis_url(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    with _said_as(f"cannot be read; write redis://:password@host:6379/0 or unix:///path?db=0. {ESCAPE}"):
        redis.ConnectionPool.from_url(text).make_connection()  # it connects with its first command, not here
    return text


ESCAPE = "In the password, write each of : / ? # @ % as % and its number: %3A %2F %3F %23 %40 %25"


@contextmanager
def _said_as(sentence: str) -> Iterator[None]:
    """Our sentence for whatever a library says of a value it cannot read: its own may quote a password."""
    try:
        yield
    except (ValueError, TypeError, ArgumentError):
        raise ValueError(sentence) from None


@dataclass(frozen=True)
class Settings:
    """The settings, read from the environment. Each is also read from the file that NAME_FILE names."""

    HOST: str = _setting("127.0.0.1", "Address the web server listens on.")
    PORT: int = _setting(8000, "Port the web server listens on.", _number(1, 65535))
    DATA_DIR: Path = _setting("data", "Folder for everything the embedded mode writes.", Path)
    DATABASE_URL: str = _setting("", "SQLite or PostgreSQL; empty: SQLite in DATA_DIR.", _database_url, secret=True)
    REDIS_URL: str = _setting("", "Redis; empty: a private one on a socket in DATA_DIR.", _redis_url, secret=True)
    SECRET_KEY: str = _setting("", "Signs sessions, 32 characters or more.", _secret_key, secret=True)
    SECRET_KEY_FALLBACKS: tuple[str, ...] = _setting(
        (), "Earlier SECRET_KEYs, comma-separated, while you rotate.", lambda text: tuple(text.split(",")), secret=True
    )
    CREDENTIAL_KEYS: tuple[str, ...] = _setting(
        (), "Fernet keys for camera passwords, newest first, comma-separated.", _keys, secret=True
    )
    STORAGE: str = _setting("filesystem", "Where pictures live: filesystem or s3.", _one_of("filesystem", "s3"))
    S3_ENDPOINT: str = _setting("", "S3 server as host:port, seen from here.")
    S3_PUBLIC_ENDPOINT: str = _setting("", "The same server as browsers see it; default S3_ENDPOINT.")
    S3_ACCESS_KEY: str = _setting("", "S3 access key.", secret=True)
    S3_SECRET_KEY: str = _setting("", "S3 secret key.", secret=True)
    S3_BUCKET: str = _setting("camkeeper", "Bucket; made when it is missing.")
    S3_REGION: str = _setting("us-east-1", "Region the requests are signed for.")
    S3_SECURE: bool = _setting(False, "Speak https to the S3 server.", _yes_no)
    ADMIN_EMAIL: str = _setting("", "E-mail of the first admin, made at start when there is none.")
    ADMIN_PASSWORD: str = _setting("", "Password of the first admin, 12 characters or more.", secret=True)
    CHECK_INTERVAL_SECONDS: int = _setting(
        60, "Seconds between two checks of a camera; 5 is for trials.", _number(5, 3600)
    )
    RETENTION_DAYS: int = _setting(
        30, "Days a stored picture is kept, unless its camera or a group says otherwise.", _number(1, 3650)
    )
    HEALTH_RETENTION_DAYS: int = _setting(
        30, "Days the single checks are kept, unless a camera or a group is kept longer.", _number(3, 3650)
    )
    HISTORY_RETENTION_DAYS: int = _setting(
        365, "Days that changes of status, faults in pictures, hourly figures and reports are kept.", _number(31, 3650)
    )
    SNAPSHOT_EVERY_MINUTES: int = _setting(
        60,
        "Minutes between two pictures kept of a camera; 0: only those around changes.",
        _number(0, 1440),
    )
    CHECK_DEADLINE_SECONDS: float = _setting(8.0, "Longest time one check may take.", _seconds(1, 60))
    HIGH_LATENCY_MS: int = _setting(
        1500, "Milliseconds to answer beyond which a camera is slow, three times in a row.", _number(1, 60_000)
    )
    CHECK_THREADS: int = _setting(16, "Streams one checks worker takes pictures from at once.", _number(1, 64))
    CHECK_BATCH: int = _setting(50, "Cameras in one job of a sweep.", _number(1, 500))
    CHECK_WORKERS: int = _setting(2, "Checks workers of the embedded mode.", _number(1, 32))
    WEB_WORKERS: int = _setting(2, "Web server processes.", _number(1, 32))
    WEB_THREADS: int = _setting(8, "Threads in each web server process.", _number(1, 64))
    CAMERA_ALLOWED_NETWORKS: Networks = _setting(
        DEFAULT_CAMERA_NETWORKS,
        "Networks cameras may live in, comma-separated CIDRs; default: private ranges.",
        parse_networks,
    )
    COOKIE_SECURE: bool = _setting(False, "Send cookies over https only; switch on behind TLS.", _yes_no)
    TRUSTED_PROXIES: int = _setting(0, "Number of reverse proxies whose X-Forwarded-* headers count.", _number(0, 5))
    API_CALLS_PER_MINUTE: int = _setting(
        600, "Requests to the API that one token may make in a minute.", _number(1, 1_000_000)
    )
    IDLE_MINUTES: int = _setting(480, "A login that does nothing for so long ends.", _number(5, 10080))

    METRICS_ALLOWED_NETWORKS: Networks = _setting(
        parse_networks("127.0.0.0/8,::1/128"),
        "Networks that may read /metrics, comma-separated CIDRs; default: this machine alone.",
        parse_networks,
    )
    METRICS_PER_CAMERA: bool = _setting(False, "Also one set of metrics for every camera, by its name.", _yes_no)

    @property
    def is_embedded(self) -> bool:
        return self.DATABASE_URL.startswith("sqlite")

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the web server."""
        host = "127.0.0.1" if self.HOST in ("0.0.0.0", "::") else self.HOST  # noqa: S104
        return f"http://[{host}]:{self.PORT}" if ":" in host else f"http://{host}:{self.PORT}"


def load(environ: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Settings from the environment (os.environ by default); `overrides` are values, already parsed, that win."""
    environ = os.environ if environ is None else environ
    values, wrong = _parse_all(environ)
    values.update({key: value for key, value in (overrides or {}).items() if key in _names()})
    values["DATA_DIR"] = Path(values.get("DATA_DIR", Path("data"))).absolute()
    problems = [f"{name} {reason}" for name, reason in wrong.items()]
    problems += [f"{name} {why}, and is missing" for name, why in _needed(values).items() if name not in wrong]
    problems += _admin_problems(values) + _s3_problems(values)
    if _is_embedded(values) and "DATABASE_URL" not in wrong:
        problems += _folder_problems(values["DATA_DIR"])
    if problems:
        raise BadSettings(problems)
    if _is_embedded(values):
        _complete_embedded(values)
    return Settings(**values)


def _names() -> set[str]:
    return {f.name for f in fields(Settings)}


def _parse_all(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that can be read, and what is wrong with the others; both by name."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for f in fields(Settings):
        try:
            text = _text_of(f.name, environ)
            if text:
                values[f.name] = f.metadata["parse"](text)
        except (ValueError, OSError) as error:
            wrong[f.name] = str(error)
    return values, wrong


def _text_of(name: str, environ: Mapping[str, str]) -> str:
    path = environ.get(f"{name}_FILE")
    if path and environ.get(name):
        raise ValueError(f"is set twice, as {name} and as {name}_FILE; keep one")
    if not path:
        return environ.get(name, "").strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"cannot be read from the file {name}_FILE names: {error.strerror}") from None


def _is_embedded(values: Mapping[str, Any]) -> bool:
    return not values.get("DATABASE_URL", "").startswith("postgresql")


def _needed(values: Mapping[str, Any]) -> dict[str, str]:
    """What is not set and has to be: name → why."""
    needed: dict[str, str] = {}
    if not _is_embedded(values):
        needed |= dict.fromkeys(("REDIS_URL", "SECRET_KEY", "CREDENTIAL_KEYS"), "is needed with PostgreSQL")
    if values.get("STORAGE") == "s3":
        needed |= dict.fromkeys(("S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY"), "is needed with STORAGE=s3")
    return {name: why for name, why in needed.items() if not values.get(name)}


def _admin_problems(values: Mapping[str, Any]) -> list[str]:
    email, password = values.get("ADMIN_EMAIL", ""), values.get("ADMIN_PASSWORD", "")
    if bool(email) != bool(password):
        return ["ADMIN_EMAIL and ADMIN_PASSWORD belong together; set both or neither"]
    if not email:
        return []
    try:
        parse(UserInput, {"email": email, "password": password})
    except InvalidInput as error:
        return [f"ADMIN_{field.upper()} is refused: {' '.join(found)}" for field, found in error.problems.items()]
    return []


def _s3_problems(values: Mapping[str, Any]) -> list[str]:
    checks: dict[str, Callable[[str], object]] = {"S3_BUCKET": check_bucket}
    for name in ("S3_ENDPOINT", "S3_PUBLIC_ENDPOINT"):
        checks[name] = partial(parse_origin, name, secure=False)
    problems = []
    for name, check in checks.items():
        try:
            if values.get(name):
                check(values[name])
        except ValueError as error:
            problems.append(str(error))
    return problems


def _folder_problems(folder: Path) -> list[str]:
    """Made and tried here, because what the embedded mode does first is write into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        return [f"DATA_DIR must be a folder we may write to; {folder}: {error.strerror}"]
    return []


def _complete_embedded(values: dict[str, Any]) -> None:
    """Fill in what the embedded mode makes for itself, and keep its secrets in DATA_DIR with mode 0600."""
    folder: Path = values["DATA_DIR"]
    values.setdefault("DATABASE_URL", f"sqlite:///{folder / 'camkeeper.db'}")
    values.setdefault("REDIS_URL", f"unix://{folder / 'redis.sock'}?db=0")
    if not values.get("SECRET_KEY"):
        values["SECRET_KEY"] = _kept_secret(folder / "secret.key", lambda: secrets.token_hex(32), _secret_key)
    if not values.get("CREDENTIAL_KEYS"):
        values["CREDENTIAL_KEYS"] = _kept_secret(folder / "credential.keys", generate_key, _keys)


def _kept_secret(path: Path, make: Callable[[], str], parse: Callable[[str], Any]) -> Any:
    try:
        if not path.exists():
            _keep(path, make())
        return parse(path.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise BadSettings([f"DATA_DIR cannot be used: {path}: {error.strerror}"]) from None
    except ValueError:
        why = "put it back from your backup, or delete the file to begin with a new one"
        raise BadSettings([f"{path} holds no usable key; {why}"]) from None


def _keep(path: Path, text: str) -> None:
    """All of it or nothing, and never in place of what another process was faster to keep. Mode 0600."""
    with NamedTemporaryFile("w", dir=path.parent) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(file.name, path)


def limiter_url(redis_url: str) -> str:
    """The same Redis in the spelling the rate limiter understands."""
    return f"redis+{redis_url}" if redis_url.startswith("unix://") else redis_url
