"""One way of grabbing pictures, for a number of seconds, in this process: run by benchmarks.grab, JSON in, JSON out."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks.measure import cpu_seconds, rss_mb

SAMPLES = 40
"""As often memory is looked at in a run of a given number of frames."""
Grab = Callable[[str], bool]
"""A URL in, whether a whole picture came out."""


def ours() -> Grab:
    from webapp.video.capture import grab as grab_one
    from webapp.video.failure import CheckFailed, Deadline
    from webapp.video.stream_url import parse_stream_url
    from webapp.video.target import Target

    def grab(url: str) -> bool:
        target = Target(parse_stream_url(url), None, None)
        try:
            return bool(grab_one(target, "127.0.0.1", Deadline.after(15)).frame.size)
        except CheckFailed:
            return False

    return grab


def opencv_defaults() -> Grab:
    import cv2

    def grab(url: str) -> bool:
        found = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
        ok, frame = found.read()
        found.release()
        return bool(ok) and frame.size > 0

    return grab


def libav_keyframe() -> Grab:
    """The floor: demux with libav, decode only the keyframe, give it as BGR."""
    import av

    options = {"rtsp_transport": "tcp", "probesize": "32", "analyzeduration": "0"}

    def grab(url: str) -> bool:
        with av.open(url, options=options, timeout=15) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            stream.codec_context.skip_frame = "NONKEY"
            frame = next(container.decode(stream))
            return bool(frame.to_ndarray(format="bgr24").size)

    return grab


def ffmpeg_process() -> Grab:
    """One ffmpeg process per picture, the common way."""
    import imageio_ffmpeg

    program = imageio_ffmpeg.get_ffmpeg_exe()
    before, after = ["-rtsp_transport", "tcp", "-i"], ["-frames:v", "1", "-f", "image2pipe", "-c:v", "mjpeg", "-"]

    def grab(url: str) -> bool:
        command = [program, "-loglevel", "error", *before, url, *after]
        return len(subprocess.run(command, capture_output=True, check=False, timeout=60).stdout) > 0

    return grab


WAYS: dict[str, Callable[[], Grab]] = {
    "ours": ours,
    "opencv": opencv_defaults,
    "libav": libav_keyframe,
    "ffmpeg": ffmpeg_process,
}


def run(way: str, urls: list[str], threads: int, seconds: float, frames: int | None = None) -> dict[str, float]:
    """Grab from the URLs in turn until the time is over or so many frames are in."""
    grab, turn, lock = WAYS[way](), itertools.cycle(urls), threading.Lock()
    grab(next(turn))  # imports, first allocations
    counts = {"frames": 0, "failures": 0}
    memory: list[float] = []
    cpu, started = cpu_seconds(), time.monotonic()

    def until_over() -> None:
        for url in _turns(turn, lock):
            if time.monotonic() - started > seconds or (frames and counts["frames"] >= frames):
                return
            ok = grab(url)
            with lock:
                counts["frames" if ok else "failures"] += 1
                if frames and sum(counts.values()) % (frames // SAMPLES) == 0:
                    memory.append(rss_mb())

    with ThreadPoolExecutor(threads) as pool:
        for job in [pool.submit(until_over) for _ in range(threads)]:
            job.result()
    took = time.monotonic() - started
    rates = {"rate": counts["frames"] / took, "cpu_ms": (cpu_seconds() - cpu) * 1000 / max(1, counts["frames"])}
    return counts | rates | {"seconds": took, "rss_mb": rss_mb()} | _halves(memory)


def _halves(memory: list[float]) -> dict[str, float]:
    """The most memory held in the first half of the run, its warm-up left out, and in the second."""
    if len(memory) < SAMPLES:
        return {}
    return {"early_mb": max(memory[SAMPLES // 5 : SAMPLES // 2]), "late_mb": max(memory[SAMPLES // 2 :])}


def _turns(turn: Iterator[str], lock: threading.Lock) -> Iterator[str]:
    while True:
        with lock:
            url = next(turn)
        yield url


if __name__ == "__main__":
    request = json.load(sys.stdin)
    if request["way"] != "ours":  # ours sets its own environment
        os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "rtsp_transport;tcp"
    print(json.dumps(run(**request)))
