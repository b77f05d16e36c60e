"""How hard to fuzz: FUZZ_EXAMPLES=20000 pytest tests/video for a long night."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

fuzz = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "200")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
