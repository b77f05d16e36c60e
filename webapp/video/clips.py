"""Records and converts clips: the only place that runs ffmpeg, as a process with limits, never in a shell."""

from __future__ import annotations

import logging
import os
import re
import resource
import select
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from webapp.outcomes import Outcome
from webapp.video import rtsp
from webapp.video.dialogue import Dialogue
from webapp.video.failure import CheckFailed, Deadline
from webapp.video.relay import Relay
from webapp.video.target import Limits, Target

log = logging.getLogger(__name__)

MOST_SECONDS = 60
MOST_BYTES = 64 * 1024 * 1024
MOST_MEMORY = 3 * 1024 * 1024 * 1024
"""Of address space, of which a process uses a part; 4K needs most of it."""
MOST_PIXELS = 8192 * 4320
CONVERT_S = 600.0
EXAMINE_S = 20.0
START_S = 15.0
"""What a camera may take to start its stream, and ffmpeg to end its file, beyond the seconds of the recording."""
LONGEST_WORDS = 64 * 1024
NICENESS = 10
"""Checks come first."""

ENCODERS: dict[str, tuple[str, ...]] = {
    "h264": ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p"),
    "h265": ("-c:v", "libx265", "-preset", "veryfast", "-crf", "28", "-pix_fmt", "yuv420p", "-tag:v", "hvc1"),
    "vp9": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "6", "-crf", "34", "-b:v", "0"),
}
"""Codec to convert to → how; each goes into MP4."""
NAMES = {"h264": "h264", "hevc": "h265", "mjpeg": "mjpeg", "vp9": "vp9"}
"""ffmpeg's name of a codec that may come in → ours."""

# A file is handed over as an open descriptor: with `fd` alone allowed, nothing in it can make ffmpeg open another.
_FILE = (
    *("-protocol_whitelist", "fd", "-format_whitelist", "mov,matroska,webm,avi,mpegts"),
    *("-codec_whitelist", ",".join(NAMES), "-max_pixels", str(MOST_PIXELS)),
)
_CAMERA = ("-rtsp_transport", "tcp", "-protocol_whitelist", "rtsp,tcp", "-codec_whitelist", ",".join(NAMES))
_MP4 = ("-movflags", "+faststart", "-f", "mp4")
_DURATION = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", re.MULTILINE)
_VIDEO = re.compile(r"^  Stream #0:\d+.*?: Video: (\w+)", re.MULTILINE)
_PROGRESS = re.compile(rb"^out_time_us=(\d+)$", re.MULTILINE)

OnProgress = Callable[[float], None]
"""Called about twice a second with the seconds of video that are done."""


class ClipFailed(Exception):
    """What went wrong and what to do, fit for a person."""

    def __init__(self, sentence: str, remedy: str) -> None:
        super().__init__(f"{sentence} {remedy}")


@dataclass(frozen=True, slots=True)
class Video:
    codec: str
    seconds: float


@dataclass(frozen=True, slots=True)
class _Allowed:
    """Seconds of time, bytes of output."""

    seconds: float
    bytes: int = MOST_BYTES
    memory: int = MOST_MEMORY


def record(target: Target, limits: Limits, seconds: int, file: Path, on_progress: OnProgress) -> Video:
    """Record so many seconds of a camera into `file` as they come, in MP4. It may end sooner, at MOST_BYTES or with the
    stream. ffmpeg sees our relay and neither address nor login. Raises ClipFailed.
    """
    probe = rtsp.probe(target, limits)
    if not probe.answered or probe.ip is None:
        raise _of_outcome(probe.outcome, probe.detail)
    deadline = Deadline.after(seconds + START_S)
    try:
        with (
            Dialogue(target, limits.connect_s, deadline) as dialogue,
            Relay(dialogue.play_from(probe.ip), deadline) as relay,
        ):
            _record(relay.url, seconds, file, on_progress)
    except CheckFailed as failure:
        raise _of_outcome(failure.outcome, failure.detail) from None
    return _recorded(file)


def _record(url: str, seconds: int, file: Path, on_progress: OnProgress) -> None:
    allowed = _Allowed(seconds + START_S)
    output = ("-t", str(seconds), "-fs", str(allowed.bytes), *_MP4, str(file))
    try:
        _run((*_CAMERA, "-i", url, "-map", "0:v:0", "-c", "copy", *output), allowed, on_progress)
    except ClipFailed:
        if not file.exists() or not file.stat().st_size:
            raise ClipFailed(
                "The camera sent nothing that could be recorded.", "Check it now, then try again."
            ) from None
        raise


def _recorded(file: Path) -> Video:
    try:
        return examine(file)
    except ClipFailed:
        raise ClipFailed("The camera sent no whole picture in that time.", "Try again with more seconds.") from None


def convert(source: Path, codec: str, file: Path, on_progress: OnProgress) -> Video:
    """Make `file` of `source`, in MP4 and without sound. `codec` is one of ENCODERS. Raises ClipFailed."""
    allowed = _Allowed(CONVERT_S)
    with _opened(source) as (descriptor, given):
        output = ("-map", "0:v:0", "-threads", "2", *ENCODERS[codec], "-fs", str(allowed.bytes), *_MP4, str(file))
        _run((*given, *output), allowed, on_progress, (descriptor,))
    if file.stat().st_size >= allowed.bytes * 0.98:
        raise ClipFailed(
            f"It would become larger than {_mb(allowed.bytes)} MB.", "Choose another codec or cut it first."
        )
    return examine(file)


def examine(file: Path) -> Video:
    """What a file holds. Raises ClipFailed when that is no video we take."""
    with _opened(file) as (descriptor, given):
        # Without an output ffmpeg tells what it found, and ends with an error.
        words = _run(given, _Allowed(EXAMINE_S, 0), lambda _: None, (descriptor,), is_telling=True)
    found, duration = _VIDEO.search(words), _DURATION.search(words)
    if found is None or found[1] not in NAMES or duration is None:
        raise ClipFailed(
            "This is no video that we can read.", "Send H.264, H.265, MJPEG or VP9 in MP4, MKV, WebM, AVI or MPEG-TS."
        )
    hours, minutes, seconds = duration.groups()
    return Video(NAMES[found[1]], int(hours) * 3600 + int(minutes) * 60 + float(seconds))


@contextmanager
def _opened(file: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    with file.open("rb") as stream:
        descriptor = stream.fileno()
        yield descriptor, (*_FILE, "-fd", str(descriptor), "-i", "fd:")


def _run(
    arguments: Sequence[str],
    allowed: _Allowed,
    on_progress: OnProgress,
    descriptors: tuple[int, ...] = (),
    is_telling: bool = False,
) -> str:
    """ffmpeg's words. Raises ClipFailed when it fails, unless `is_telling`, or takes too long; it is gone then."""
    deadline = Deadline.after(allowed.seconds)
    level = "info" if is_telling else "error"
    usual = ("-hide_banner", "-nostdin", "-nostats", "-y", "-v", level, "-progress", "pipe:1")
    with tempfile.TemporaryFile() as words:
        with _started((*usual, *arguments), allowed, words.fileno(), descriptors) as process:
            _follow(process, deadline, on_progress)
        words.seek(0)
        said = words.read(LONGEST_WORDS).decode("utf-8", "replace")
    if process.returncode and not is_telling:
        log.warning("ffmpeg ended with %d: %s", process.returncode, said[:1000])
        raise ClipFailed("The video could not be worked on.", _remedy(process.returncode, said))
    return said


@contextmanager
def _started(
    arguments: Sequence[str], allowed: _Allowed, words: int, descriptors: tuple[int, ...]
) -> Iterator[subprocess.Popen[bytes]]:
    """A running ffmpeg, which is gone at the end, whatever happens within."""
    process = subprocess.Popen(  # noqa: S603 - no shell, and every argument is ours
        [imageio_ffmpeg.get_ffmpeg_exe(), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=words,
        env={},
        cwd="/",
        pass_fds=descriptors,
        start_new_session=True,
    )
    try:
        _confine(process.pid, allowed)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()


def _confine(pid: int, allowed: _Allowed) -> None:
    """Limits of the kernel's, which hold also when we die. From outside: running code between fork and exec is not safe
    in a process with threads.
    """
    cpu = int(allowed.seconds * (os.cpu_count() or 1)) + 1
    most = {
        resource.RLIMIT_AS: allowed.memory,
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_FSIZE: max(allowed.bytes * 2, LONGEST_WORDS),
        resource.RLIMIT_CORE: 0,
    }
    try:
        for kind, limit in most.items():
            resource.prlimit(pid, kind, (limit, limit))
        os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
    except ProcessLookupError:  # it has ended already
        return


def _follow(process: subprocess.Popen[bytes], deadline: Deadline, on_progress: OnProgress) -> None:
    """Until it ends. Raises ClipFailed when it takes too long."""
    assert process.stdout
    poll, rest = select.poll(), b""
    poll.register(process.stdout, select.POLLIN)
    try:
        while poll.poll(max(0.0, deadline.left()) * 1000):
            data = os.read(process.stdout.fileno(), 4096)
            if not data:
                process.wait(max(0.1, deadline.left()))
                return
            *lines, rest = (rest + data).split(b"\n")
            for microseconds in _PROGRESS.findall(b"\n".join(lines)):
                on_progress(int(microseconds) / 1e6)
    except subprocess.TimeoutExpired:
        pass
    raise ClipFailed("It took too long and was stopped.", "Take a shorter clip, or try again when less is going on.")


def _remedy(code: int, words: str) -> str:
    if "memory" in words.lower() or "malloc" in words.lower():
        return "It needs more memory than it may have: make the picture smaller."
    if code == -signal.SIGXFSZ or "File too large" in words:
        return "It became too large: make it shorter."
    return "It may be damaged: try another one."


def _of_outcome(outcome: Outcome, detail: str) -> ClipFailed:
    return ClipFailed(detail or outcome.sentence, outcome.remedy)


def _mb(size: int) -> int:
    return size // (1024 * 1024)
