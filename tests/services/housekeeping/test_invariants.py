"""Whatever was there: no live record loses its file, and after a run no expired record and no orphan is left."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from tests.services.housekeeping.conftest import JPEG, NOW, camera, did, files, picture, storage
from webapp.extensions import db
from webapp.models import Camera, CameraSnapshot, new_id
from webapp.services.housekeeping.expired import expire, redate
from webapp.services.housekeeping.orphans import clear

PICTURES = st.lists(
    st.tuples(
        st.integers(0, 2),  # of which camera
        st.integers(-40, 40),  # days left
        st.booleans(),  # has its file
        st.sampled_from([None, 7, 30, 90]),  # the retention that gave its date
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.usefixtures("app")
@given(pictures=PICTURES, strays=st.integers(0, 3), days=st.sampled_from([None, 1, 7, 90]))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_a_run_records_and_files_are_the_same_and_alive(
    pictures: list[tuple[int, int, bool, int | None]], strays: int, days: int | None
) -> None:
    db.session.execute(delete(Camera))
    db.session.commit()
    storage().delete_prefix("snapshots/")
    cameras = [camera(retention_days=days if n else None) for n in range(3)]
    made = [
        picture(cameras[of], left, has_file=has_file, kept_days=kept_days) for of, left, has_file, kept_days in pictures
    ]
    anchor = picture(cameras[0], 100)
    for _ in range(strays):
        storage().put(f"snapshots/{new_id()}/2026-11-20/070000-00000000.jpg", JPEG)
    tried = did(redate, expire, clear, is_dry=True)
    before = files()
    did(redate, expire)
    alive = {row.storage_path: row for row in db.session.scalars(select(CameraSnapshot))}
    lost = {one.storage_path for one in made if one.storage_path in alive and one.storage_path in before} - files()
    assert not lost, "no live record loses its file"
    did(clear)
    db.session.expire_all()
    left = list(db.session.scalars(select(CameraSnapshot)))
    db.session.commit()
    assert {row.storage_path for row in left} == files()
    assert all(row.expiry_date and row.expiry_date > NOW for row in left)
    assert anchor.storage_path in files()
    assert tried.problem is None
    assert did(redate, expire, clear).found == {}
