"""100,000 grabs in one process: it must not crash, and memory must not grow. Only on demand: `make bench ARGS=soak`."""

from __future__ import annotations

from benchmarks.measure import Figures, camera_farm, say, worker
from simulator.videos import VideoKey, make_missing

GRABS = 100_000
THREADS = 16


def measure(figures: Figures, _seconds: float) -> None:
    make_missing([VideoKey("door", codec, 360, gop_seconds=1) for codec in ("h264", "h265", "mjpeg")])
    with camera_farm() as (address, _pid):
        urls = [
            f"rtsp://{address}/sim/none/door-{codec}-360p-gop1-{join}/{n}"
            for n in range(20)
            for codec, join in (("h264", "key"), ("h265", "key"), ("mjpeg", "key"))
        ]
        request = {"way": "ours", "urls": urls, "threads": THREADS, "seconds": 7200}
        say(f"soak: {GRABS:,} grabs …")
        found = worker("benchmarks.grabber", request | {"frames": GRABS})
    figures.ratio("soak_memory_second_half_to_first", found["late_mb"] / found["early_mb"], "about 1")
    figures.note(
        f"{found['frames']:,.0f} grabs at {found['rate']:.0f} a second, {found['failures']:.0f} failed, at most "
        f"{found['early_mb']:.0f} MB in the first half after the warm-up, {found['late_mb']:.0f} MB in the second",
        soak_grabs=found["frames"],
        soak_failures=found["failures"],
        soak_late_mb=found["late_mb"],
    )
