"""Files of lines in a store's folder, each a JSON object, and the lock of those who write there."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FILE_MODE = 0o600
_LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time write into a folder that is there; the others wait.

    Raises:
        OSError: nothing can be written there.
    """
    handle = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, FILE_MODE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def append_line(path: Path, record: Mapping[str, Any]) -> None:
    """Add a line, on disk when this returns; call it under the lock.

    Raises:
        OSError: it cannot be written.
    """
    handle = os.open(path, os.O_CREAT | os.O_RDWR, FILE_MODE)
    with os.fdopen(handle, "r+b") as stream:
        # what a power cut left of a line was never said to be there
        stream.truncate(len(_whole(stream.read())))
        stream.seek(0, os.SEEK_END)
        stream.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a file, the first one first; none where there is no file.

    Raises:
        ValueError: a line is no JSON.
        OSError: it cannot be read.
    """
    if not path.exists():
        return []
    lines = _whole(path.read_bytes()).decode().split("\n")
    return [json.loads(line) for line in lines if line]


def _whole(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]
