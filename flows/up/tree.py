"""All processes below one: found by a mark in their environment, which every descendant inherits.

Prefect starts runs in sessions of their own, so neither a process group nor parents lead to them.
Run as a module it is the watchdog: it ends what bears the mark once its standard input closes,
which it does when the process that started it ends, however that was.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

MARK = "FIRSTNOTICE_TREE"
"""Variable that marks a process as of a tree."""
_PROC = Path("/proc")
_POLL_S = 0.05


def find_tree(mark: str) -> list[int]:
    """Ids of all living processes that bear a mark; none where the system has no ``/proc``."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or another user's
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return [pid for pid in found if _is_alive(pid)]


def end_tree(mark: str, grace_s: float) -> int:
    """Ask all of a tree to end, and kill what has not after a while.

    Returns:
        How many had to be killed.
    """
    _signal(find_tree(mark), signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while find_tree(mark) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    killed = 0
    while left := find_tree(mark):  # again: one may just be starting another
        killed += len(left)
        _signal(left, signal.SIGKILL)
        time.sleep(_POLL_S)
    return killed


def start_watchdog(mark: str) -> subprocess.Popen[bytes]:
    """A process that ends a tree when this one ends; hold what it gives, or its pipe closes."""
    return subprocess.Popen(  # noqa: S603  this module
        [sys.executable, "-m", __name__, mark],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


def _is_alive(pid: int) -> bool:
    """Not one that ended and waits for its parent to hear of it."""
    try:
        said = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return said.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


if __name__ == "__main__":
    sys.stdin.read()
    end_tree(sys.argv[1], grace_s=0.0)
