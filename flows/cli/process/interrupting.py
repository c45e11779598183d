"""Ctrl-C ends a command in seconds: what is done is on disk already, and nobody reads traces."""

import logging
import os
import signal
import sys
import threading
from types import FrameType

EXIT_INTERRUPTED = 130
"""What shells give for a command that SIGINT ended: 128 + 2."""
GRACE_S = 3.0
"""So long Prefect may take to note that the run was cut off; threads that compute are not waited
for. Every file appears whole, so nothing is lost with them."""
STOPPED = "Stopped. Grades so far are kept; run the same command again."


def end_soon_on_interrupt() -> None:
    """Answer Ctrl-C by one line and the end of this process; call it once, in the main thread."""
    signal.signal(signal.SIGINT, _on_interrupt)


def _on_interrupt(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, lambda *_: os._exit(EXIT_INTERRUPTED))  # asked twice: now
    sys.stdout.flush()
    sys.stderr.write(f"\n{STOPPED}\n")
    sys.stderr.flush()
    _silence()
    last = threading.Timer(GRACE_S, os._exit, (EXIT_INTERRUPTED,))
    last.daemon = True
    last.start()
    raise KeyboardInterrupt


def _silence() -> None:
    """Keep what breaks off from telling so: threads, Prefect and libraries, over some 100 lines."""
    logging.disable(logging.CRITICAL)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stderr.fileno())
    os.dup2(nowhere, sys.stdout.fileno())
