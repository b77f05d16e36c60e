"""The one door to OpenCV: sets what its FFmpeg reads from the environment, then imports it. Take cv2 from here."""

from __future__ import annotations

import os

CAPTURE_OPTIONS = {
    # Any value here replaces OpenCV's own default, so TCP must be asked for.
    "rtsp_transport": "tcp",
    # Microseconds for each socket call: the last resort beneath the time-outs that every capture sets for itself.
    "timeout": "10000000",
    # By default an open spends two seconds on guessing the frame rate.
    "analyzeduration": "0",
    "probesize": "32",
    # Microphones stay unheard: one SETUP less, fewer packets.
    "allowed_media_types": "video",
    # The relay and a keyframe in memory are all that is ever opened: without these, file:, concat: and whatever else
    # FFmpeg knows could be, too.
    "protocol_whitelist": "rtsp,tcp,pipe",
    "format_whitelist": "rtsp,h264,hevc",
    # Looking for the stream's properties decodes a picture and throws it away; a list without any decoder prevents
    # that. The decoder that OpenCV itself opens afterwards is not bound by the list. It halves the cost of a grab.
    "codec_whitelist": "none",
}
ENVIRONMENT = {
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "|".join(f"{name};{value}" for name, value in CAPTURE_OPTIONS.items()),
    # Without it one silent camera holds up every other open in the process.
    "OPENCV_FFMPEG_IS_THREAD_SAFE": "1",
    # FFmpeg says nothing: its messages quote URLs, and outcomes come from elsewhere.
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "OPENCV_LOG_LEVEL": "ERROR",
}
_PRINTS_PASSWORDS = ("OPENCV_VIDEOIO_DEBUG", "OPENCV_FFMPEG_DEBUG")


def prepare(environment: dict[str, str] | os._Environ[str]) -> None:
    """Sets our values. Raises RuntimeError naming every variable that would make grabs unsafe."""
    wrong = [name for name, value in ENVIRONMENT.items() if environment.get(name, value) != value]
    wrong += [name for name in _PRINTS_PASSWORDS if environment.get(name)]
    if wrong:
        raise RuntimeError(f"Unset {', '.join(wrong)}: Camkeeper sets its own values, and others are not safe here.")
    environment.update(ENVIRONMENT)


prepare(os.environ)

import cv2  # noqa: E402  # it must find the environment prepared

# Sweeps run many grabs at once; a thread pool inside each of them would only get in the way, and break after a fork.
cv2.setNumThreads(1)
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # in case somebody imported it before us

__all__ = ["cv2"]
