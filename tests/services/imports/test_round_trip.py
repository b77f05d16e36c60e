"""What the export writes the import takes: unchanged where it came from, and the same fleet where there is none."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.conftest import PASSWORD, PASSWORD_HASH
from tests.services.imports.conftest import actions, apply, cameras, check, clock, rows
from webapp.credentials import Credentials
from webapp.extensions import db, settings
from webapp.models import Camera, CameraGroup, Role, User, new_id
from webapp.schemas import ExportInput, parse
from webapp.services import exports, group_paths, groups
from webapp.services.camera_record import PLAIN_FIELDS
from webapp.services.finding import CameraFilter
from webapp.services.rights import EVERYTHING

FLEET: tuple[dict[str, Any], ...] = (
    {"name": "=1+1", "code": "-007", "notes": '\'=x\nand more; "quoted", with commas', "tags": ("@night", "a b")},
    {
        "name": "+49 Tür",
        "rtsp_url": "rtsp://10.0.0.2:8554/a?b=c&d",
        "group": ("Site > A", "Back\\slash"),
        "password": "-x '",
    },
    {"name": "Plain", "rtsp_url": "rtsps://10.0.0.3/", "fps": 12.5, "codec": "h265", "resolution": "640x360"},
    {
        "name": "All",
        "rtsp_url": "rtsp://[fd00::1]/a",
        "sub_rtsp_url": "rtsp://[fd00::1]/b",
        "stream": "sub",
        "username": "admin",
        "password": " =geheim ",
        "group": ("Site B",),
        "location": "Oben › unten",
        "vendor": "@Axis",
        "model": "0012",
        "is_active": False,
        "enable_detection": True,
        "detection_sensitivity": 0.1,
        "check_interval_seconds": 300,
        "retention_days": 7,
    },
)


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, Any]:
    from webapp.video.addresses import parse_networks

    return overrides | {"CAMERA_ALLOWED_NETWORKS": parse_networks("10.0.0.0/8,fd00::/8")}


@pytest.fixture
def person(app: Flask) -> User:
    user = User(email="admin@example.com", role=Role.ADMIN, password_hash=PASSWORD_HASH)
    db.session.add(user)
    for fields in FLEET:
        add(dict(fields))
    return user


def add(fields: dict[str, Any]) -> None:
    path, password = fields.pop("group", None), fields.pop("password", None)
    group = groups.ensure_path(path) if path else None
    camera = Camera(id=new_id(), rtsp_url=fields.pop("rtsp_url", "rtsp://10.0.0.1/"), **fields)
    camera.group_id = group.id if group else None
    if password:
        camera.password_encrypted = Credentials(settings.CREDENTIAL_KEYS).encrypt(password, camera.id)
    db.session.add(camera)
    db.session.commit()


def exported(person: User, has_passwords: bool, **said: Any) -> bytes:
    wanted, given = CameraFilter(EVERYTHING), parse(ExportInput, said)
    if has_passwords:
        parts = exports.start_with_passwords(wanted, given, "", clock(), person, PASSWORD)
    else:
        parts = exports.start(wanted, given, "", clock(), EVERYTHING)
    return "".join(parts).encode()


def fleet() -> dict[str, dict[str, Any]]:
    """What people say of every camera, its group by its path and its password as it is."""
    paths, credentials = group_paths.read(), Credentials(settings.CREDENTIAL_KEYS)
    found = {}
    for name, camera in cameras().items():
        said = {field: getattr(camera, field) for field in PLAIN_FIELDS if field != "group_id"}
        sealed = camera.password_encrypted
        password = credentials.decrypt(sealed, camera.id) if sealed else None
        found[name] = said | {"group": paths.get(camera.group_id or ""), "password": password}
    return found


FORMATS = [{"format": "csv"}, {"format": "csv", "delimiter": "semicolon"}, {"format": "json"}]


@pytest.mark.parametrize("said", FORMATS)
@pytest.mark.parametrize("has_passwords", [True, False])
@pytest.mark.parametrize("existing", ["fill", "overwrite"])
def test_where_it_came_from_an_export_changes_nothing(
    person: User, said: dict[str, Any], has_passwords: bool, existing: str
) -> None:
    import_ = check(person, exported(person, has_passwords, **said), existing=existing)
    assert set(actions(import_).values()) == {"unchanged"}, [(row.problems, row.changes) for row in rows(import_)]


@pytest.mark.parametrize("said", FORMATS)
def test_an_empty_fleet_becomes_the_same(person: User, said: dict[str, Any]) -> None:
    before, data = fleet(), exported(person, has_passwords=True, **said)
    db.session.query(Camera).delete()
    for group in sorted(db.session.query(CameraGroup), key=lambda group: group.parent_id is None):
        db.session.delete(group)
        db.session.commit()
    apply(check(person, data))
    assert fleet() == before
