"""The same values as services.inheritance finds, for a whole list at once."""

from __future__ import annotations

from flask import Flask

from tests.views.conftest import counted_queries
from webapp.extensions import db
from webapp.models import Camera, CameraGroup
from webapp.services import handed_down
from webapp.services.inheritance import all_effective


def test_it_says_what_inheritance_says_with_one_query(app: Flask) -> None:
    site = CameraGroup(name="Site", detection_sensitivity=0.3, retention_days=5)
    db.session.add(site)
    db.session.flush()
    gate = CameraGroup(name="Gate", parent_id=site.id, enable_detection=False, retention_days=7)
    db.session.add(gate)
    db.session.commit()
    with counted_queries() as made:
        ways = handed_down.read()
        for group, way in ((gate, [site, gate]), (site, [site]), (None, [])):
            camera = Camera(name="A", rtsp_url="rtsp://10.0.0.1/a", group_id=group and group.id, retention_days=3)
            found = all_effective(camera, way)
            values, inherited = ways.holding(camera)
            assert values == {name: effective.value for name, effective in found.items()}
            assert inherited == [name for name, effective in found.items() if not effective.is_own]
    assert len(made) == 1
