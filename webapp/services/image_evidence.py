"""The pictures behind findings: kept after the readings are safe, best effort, and never holding up a sweep."""

from __future__ import annotations

import logging

from sqlalchemy import bindparam, update
from sqlalchemy.exc import DBAPIError

from ..extensions import db, transaction
from ..models import ImageFinding
from . import reference_views, snapshots
from .readings import Recorded
from .reference_views import View
from .snapshots import Wanted

log = logging.getLogger(__name__)

image_findings = ImageFinding.__table__


def keep(recorded: Recorded) -> None:
    """The picture that proves each finding just raised, and the views that become references."""
    _keep_proofs(recorded)
    pictures = [(id, reference, recorded.readings[id]) for id, reference in recorded.adopted.items()]
    reference_views.adopt([View(id, reference, r.jpeg, r.at) for id, reference, r in pictures if r.jpeg])


def _keep_proofs(recorded: Recorded) -> None:
    """One picture of a camera proves all that was found in it."""
    shown = {each.camera_id: recorded.readings[each.camera_id] for each in recorded.raised}
    kept = snapshots.keep_all([Wanted(id, r.at, "finding", r.jpeg) for id, r in shown.items() if r.jpeg])
    proofs = {snapshot.camera_id: snapshot.id for snapshot in kept}
    rows = [
        {"raised": each.id, "proof": proofs[each.camera_id]} for each in recorded.raised if each.camera_id in proofs
    ]
    if not rows:
        return
    try:
        with transaction():
            this = image_findings.c.id == bindparam("raised")
            db.session.execute(update(image_findings).where(this).values(snapshot_id=bindparam("proof")), rows)
    except DBAPIError as error:
        log.warning("%d findings stay without a picture, because the database is away: %s", len(rows), error.orig)
