"""Image health for pages: what is wrong with a camera's picture, what proves it, and the views called right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ..extensions import db, settings
from ..models import Camera, CameraReference, ImageFinding
from ..storage import storage_from_settings
from ..video.quality.finding import Finding
from . import pace

MOST_EARLIER = 20
LIGHTS = ("day", "night")


@dataclass(frozen=True, slots=True)
class Fault:
    """A finding from its beginning to its end, with the pictures to compare: as it was, and as it should be."""

    finding: Finding
    raised_at: datetime
    cleared_at: datetime | None
    snapshot_id: str | None
    reference_id: str | None


@dataclass(frozen=True, slots=True)
class ImageHealth:
    is_judged: bool
    """The camera, or its group, may say that pictures are not judged."""
    now: list[Fault]
    """What is wrong, the gravest first."""
    earlier: list[Fault]
    """What was, the newest first."""
    references: dict[str, CameraReference]
    """By light: the newest, which counts."""

    @property
    def can_be_called_right(self) -> bool:
        """A black picture shows no view."""
        return all(fault.finding is not Finding.BLACK for fault in self.now)


def of_camera(camera: Camera) -> ImageHealth:
    faults = _faults(camera)
    gravity = list(Finding)
    now = sorted((f for f in faults if f.cleared_at is None), key=lambda f: gravity.index(f.finding))
    earlier = [f for f in faults if f.cleared_at is not None]
    is_judged = pace.read().sensitivity(camera) is not None
    return ImageHealth(is_judged, now, earlier[:MOST_EARLIER], _references(camera))


def find_reference(camera: Camera, reference_id: str) -> CameraReference | None:
    query = select(CameraReference).where(CameraReference.id == reference_id, CameraReference.camera_id == camera.id)
    found: CameraReference | None = db.session.scalar(query)
    return found


def picture_of(reference: CameraReference) -> bytes:
    """storage.NotFound when its file is missing, storage.StorageError when it cannot be read now."""
    return storage_from_settings(settings).get(reference.storage_path).data


def _faults(camera: Camera) -> Sequence[Fault]:
    """The newest first: as many as there can be open ones, and those of the past that are shown."""
    query = select(ImageFinding).where(ImageFinding.camera_id == camera.id).order_by(ImageFinding.raised_at.desc())
    found = db.session.scalars(query.limit(MOST_EARLIER + len(Finding)))
    return [
        Fault(Finding(row.finding), row.raised_at, row.cleared_at, row.snapshot_id, row.reference_id)
        for row in found
        if row.finding in set(Finding)
    ]


def _references(camera: Camera) -> dict[str, CameraReference]:
    query = select(CameraReference).where(CameraReference.camera_id == camera.id).order_by(CameraReference.created_at)
    return {reference.light: reference for reference in db.session.scalars(query)}
