"""What was freed goes back to the system, where that can be asked for."""

import ctypes
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from flows.stages.tiles.memory import give_back_memory


def _held_mib():
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc gives memory back when asked"
)
def test_freed_pieces_between_held_ones_go_back():
    give_back_memory()
    pieces = [np.ones(64_000, np.uint8) for _ in range(4_000)]
    kept = pieces[::100]
    del pieces
    before = _held_mib()
    give_back_memory()
    assert before - _held_mib() > 100
    assert all(piece.all() for piece in kept)


def test_where_nobody_can_be_asked_nothing_happens(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    give_back_memory()
