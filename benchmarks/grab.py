"""One picture from a camera, four ways: ours, one ffmpeg process each, OpenCV with its defaults, libav's keyframe."""

from __future__ import annotations

from benchmarks.measure import Figures, camera_farm, say, worker
from simulator.videos import VideoKey, make_missing

THREADS = {"ours": 64, "libav": 64, "opencv": 8, "ffmpeg": 8}
NAMES = {
    "ours": "ours",
    "libav": "libav, keyframe only",
    "opencv": "OpenCV, defaults",
    "ffmpeg": "one ffmpeg process each",
}
JOINS = {"key": "keyframe first", "mid": "joining mid-GOP"}
VIDEOS = (("h264", 1080), ("h264", 720), ("h265", 720), ("mjpeg", 720))
CAMERAS = 60


def measure(figures: Figures, seconds: float) -> None:
    make_missing([VideoKey("door", codec, height) for codec, height in VIDEOS])
    with camera_farm() as (address, _pid):
        for height in (1080, 720):
            for join in JOINS:
                _side_by_side(figures, address, height, join, seconds)
        _other_codecs(figures, address, seconds / 2)


def _urls(address: str, codec: str, height: int, join: str) -> list[str]:
    return [f"rtsp://{address}/sim/none/door-{codec}-{height}p-gop2-{join}/{n}" for n in range(CAMERAS)]


def _side_by_side(figures: Figures, address: str, height: int, join: str, seconds: float) -> None:
    urls, found = _urls(address, "h264", height, join), {}
    for way in ("ours", "libav", "opencv", "ffmpeg"):
        say(f"grab: {height}p H.264, {JOINS[join]}: {NAMES[way]} …")
        found[way] = worker("benchmarks.grabber", _request(way, urls, seconds))
        _note(figures, way, "h264", height, join, found[way])
    key = f"{height}p_{join}"
    figures.ratio(f"grab_rate_to_ffmpeg_{key}", found["ours"]["rate"] / found["ffmpeg"]["rate"], "≥ 15")
    figures.ratio(f"grab_cpu_to_libav_{key}", found["ours"]["cpu_ms"] / found["libav"]["cpu_ms"], "≤ 1.5")
    figures.ratio(f"grab_cpu_to_ffmpeg_{key}", found["ours"]["cpu_ms"] / found["ffmpeg"]["cpu_ms"], "< 1")


def _other_codecs(figures: Figures, address: str, seconds: float) -> None:
    for codec, join in (("h265", "key"), ("h265", "mid"), ("mjpeg", "key")):
        found = {}
        for way in ("ours", "libav"):
            say(f"grab: 720p {codec}, {JOINS[join]}: {NAMES[way]} …")
            found[way] = worker("benchmarks.grabber", _request(way, _urls(address, codec, 720, join), seconds))
            _note(figures, way, codec, 720, join, found[way])
        ratio = found["ours"]["cpu_ms"] / found["libav"]["cpu_ms"]
        figures.ratio(f"grab_cpu_to_libav_{codec}_720p_{join}", ratio, "≤ 1.5")


def _request(way: str, urls: list[str], seconds: float) -> dict[str, object]:
    return {"way": way, "urls": urls, "threads": THREADS[way], "seconds": seconds}


def _note(figures: Figures, way: str, codec: str, height: int, join: str, found: dict[str, float]) -> None:
    key = f"grab_{way}_{codec}_{height}p_{join}"
    text = f"{height}p {codec}, {JOINS[join]}, {NAMES[way]}: {found['rate']:.1f} frames/s, {found['cpu_ms']:.1f} ms CPU"
    text += f" a frame, {found['rss_mb']:.0f} MB, {found['failures']:.0f} failed"
    figures.note(text, **{f"{key}_rate": found["rate"], f"{key}_cpu_ms": found["cpu_ms"]})
