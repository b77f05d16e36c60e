"""Encoded video whose every picture is known, to compare grabbed ones with."""

from __future__ import annotations

import functools
import io
import re
import subprocess
from typing import Any

import imageio_ffmpeg

from webapp.video.opencv import cv2

SIZE = (320, 180)
_AUD = {"h264": b"\x00\x00\x00\x01\x09", "h265": b"\x00\x00\x00\x01\x46\x01"}
_PARAMETER_SETS = {"h264": (7, 8), "h265": (32, 33, 34)}


def pictures(data: bytes) -> list[cv2.typing.MatLike]:
    """Every picture of an H.264 or H.265 stream, decoded from its beginning."""
    buffer: Any = io.BytesIO(data)
    decoder = cv2.VideoCapture(buffer, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    found = []
    while (read := decoder.read())[0]:
        found.append(read[1])
    decoder.release()
    return found


@functools.cache
def encoded(codec: str, options: str, frames: int = 70) -> bytes:
    """A moving picture as H.264 or H.265 in Annex B with access unit delimiters; `options` are the encoder's own."""
    library = {"h264": "libx264", "h265": "libx265"}[codec]
    flag = {"h264": "-x264-params", "h265": "-x265-params"}[codec]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error"]
    command += ["-f", "lavfi", "-i", f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate=15", "-frames:v", str(frames)]
    command += ["-pix_fmt", "yuv420p", "-c:v", library, "-preset", "superfast"]
    command += [flag, f"{options}:aud=1:scenecut=0:log-level=0", "-f", {"h264": "h264", "h265": "hevc"}[codec], "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def access_units(codec: str, data: bytes) -> list[bytes]:
    return [_AUD[codec] + unit for unit in data.split(_AUD[codec])[1:]]


def nal_types(codec: str, unit: bytes) -> list[int]:
    first_bytes = [match[1][0] for match in re.finditer(rb"\x00\x00\x01(.)", unit, re.DOTALL)]
    return [byte & 31 if codec == "h264" else byte >> 1 & 63 for byte in first_bytes]


def parameter_sets(codec: str, data: bytes) -> bytes:
    nals = re.split(rb"\x00\x00\x00?\x01", access_units(codec, data)[0])
    kind = (lambda nal: nal[0] & 31) if codec == "h264" else (lambda nal: nal[0] >> 1 & 63)
    return b"".join(b"\x00\x00\x00\x01" + nal for nal in nals if nal and kind(nal) in _PARAMETER_SETS[codec])
