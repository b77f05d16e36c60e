"""Ties a process to its parent, so that nobody is left running when the parent is killed."""

from __future__ import annotations

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(by: signal.Signals, parent: int) -> None:
    """Have the kernel send us `by` when process `parent`, which has just forked us, ends. Linux only.

    It outlives exec. A parent that ended before we came this far is noticed, too; it may well be process 1, as in a
    container.
    """
    if hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, by)
        if os.getppid() != parent:
            os.kill(os.getpid(), by)
