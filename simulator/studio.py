"""Makes videos: draws the frames, and the bundled ffmpeg encodes them. `python -m simulator.studio <video name> …`"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import imageio_ffmpeg

from simulator.scenes import Filming
from simulator.videos import CODECS, DIRECTORY, VideoKey, drawing_version

_TEAMS = 2
_BITS_PER_SECOND = {360: 400_000, 720: 1_200_000, 1080: 2_500_000}
"""Roughly what cameras send in these sizes; H.265 takes two thirds of it."""


class EncoderFailed(RuntimeError):
    """ffmpeg's own words follow."""


def make(names: list[str]) -> None:
    """Draws and encodes the named videos, saying how far it is, and deletes those of an older drawing."""
    cv2.setNumThreads(1)
    DIRECTORY.mkdir(exist_ok=True)
    _delete_outdated()
    keys = [VideoKey.named(name) for name in names]
    with ThreadPoolExecutor(_TEAMS) as teams:
        for number, key in enumerate(teams.map(_make_one, keys), 1):
            print(f"video {number}/{len(keys)}: {key.name}", flush=True)


def _delete_outdated() -> None:
    for file in (file for codec in CODECS for file in DIRECTORY.glob(f"*.{codec}")):
        if not file.stem.endswith(drawing_version()):
            file.unlink(missing_ok=True)


def _make_one(key: VideoKey) -> VideoKey:
    part = key.file.with_suffix(f".{os.getpid()}.part")
    try:
        _encode(key, part)
        part.replace(key.file)
    finally:
        part.unlink(missing_ok=True)
    return key


def _encode(key: VideoKey, file: Path) -> None:
    filming = Filming(key)
    with subprocess.Popen(_command(key, file), stdin=subprocess.PIPE, stderr=subprocess.PIPE) as ffmpeg:  # noqa: S603
        if ffmpeg.stdin is None or ffmpeg.stderr is None:
            raise EncoderFailed("ffmpeg has no pipes")
        try:
            for number in range(key.frames):
                ffmpeg.stdin.write(cv2.cvtColor(filming.frame(number), cv2.COLOR_BGR2YUV_I420).data)
            ffmpeg.stdin.close()
        except BrokenPipeError:
            pass  # it says why on standard error
        said = ffmpeg.stderr.read()
    if ffmpeg.returncode:
        raise EncoderFailed(f"{key.name}: {said.decode('utf-8', 'replace').strip()}")


def _command(key: VideoKey, file: Path) -> list[str]:
    width, height = key.size
    source = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", str(key.fps), "-i", "pipe:0"]
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    return [ffmpeg, "-y", "-loglevel", "error", *source, *_encoder(key), "-f", _muxer(key), str(file)]


def _muxer(key: VideoKey) -> str:
    return "hevc" if key.codec == "h265" else key.codec


def _encoder(key: VideoKey) -> list[str]:
    """No B-frames, closed GOPs of one length, parameter sets before every keyframe, delimiters between pictures."""
    rate = _BITS_PER_SECOND[key.height]
    gop = key.frames_per_gop
    if key.codec == "mjpeg":
        # RFC 2435 knows the standard Huffman tables only.
        return ["-c:v", "mjpeg", "-q:v", "7", "-huffman", "default", "-pix_fmt", "yuvj420p"]
    if key.codec == "h264":
        fixed = f"aud=1:keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:repeat-headers=1:threads=1"
        return [
            "-c:v",
            "libx264",
            "-preset",
            "superfast",
            "-profile:v",
            "main",
            *_rate(26, rate),
            "-x264-params",
            fixed,
        ]
    fixed = (
        f"aud=1:keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:repeat-headers=1:open-gop=0:log-level=error:pools=1"
    )
    return ["-c:v", "libx265", "-preset", "ultrafast", *_rate(22, rate * 2 // 3), "-x265-params", fixed]


def _rate(quality: int, bits_per_second: int) -> list[str]:
    """Constant quality, and never more than this on average: noise at night would take any amount."""
    return ["-crf", str(quality), "-maxrate", str(bits_per_second), "-bufsize", str(bits_per_second * 2)]


if __name__ == "__main__":
    make(sys.argv[1:])
