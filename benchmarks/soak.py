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
        say(f"soak: {GRABS // 10:,} grabs to warm up and compare with …")
        early = worker("benchmarks.grabber", request | {"frames": GRABS // 10})
        say(f"soak: {GRABS:,} grabs …")
        late = worker("benchmarks.grabber", request | {"frames": GRABS})
    figures.ratio("soak_memory_after_100000_to_after_10000", late["rss_mb"] / early["rss_mb"], "about 1")
    figures.note(
        f"{late['frames']:,.0f} grabs at {late['rate']:.0f} a second, {late['failures']:.0f} failed, "
        f"{late['rss_mb']:.0f} MB after them, {early['rss_mb']:.0f} MB after a tenth",
        soak_grabs=late["frames"],
        soak_failures=late["failures"],
        soak_rss_mb=late["rss_mb"],
    )
