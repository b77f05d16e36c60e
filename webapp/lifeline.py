"""Ties a process to its parent, so that nobody is left running when the parent is killed."""

from __future__ import annotations

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(by: signal.Signals) -> None:
    """Have the kernel send us `by` when our parent ends, however it ends. It outlives exec; Linux only."""
    if hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, by)
        if os.getppid() == 1 and os.getpid() != 1:
            os.kill(os.getpid(), by)
