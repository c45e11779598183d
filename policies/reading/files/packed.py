"""Files of the book as they come, plain or packed with gzip: unpacked within bounds."""

import gzip
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ExposureError

GZIP_MAGIC = b"\x1f\x8b"

MAX_UNPACKED_BYTES = 4 << 30
"""A million locations with all 231 columns of the standard's example make 0.3 GB."""
MAX_RATIO = 200
"""Unpacked over packed. OED text, most of it the same from row to row, comes to 17 to 60; gzip can
be made to reach 1,000."""
RATIO_COUNTS_FROM_BYTES = 16 << 20
"""A small file does no harm, however well it packs."""

_BLOCK_BYTES = 1 << 20


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The file itself or, if it is packed, a copy of what it holds, which is gone afterwards.

    The copy lies in a folder for its owner alone.

    Raises:
        ExposureError: it cannot be read, its gzip is damaged, or it holds more than the bounds
            allow.
    """
    if _read_magic(path) != GZIP_MAGIC:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="firstnotice-book-") as folder:
        copy = Path(folder) / "unpacked"
        _unpack(path, copy)
        yield copy


def _read_magic(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(len(GZIP_MAGIC))
    except OSError as error:
        raise ExposureError(
            f"reading {path.name}", f"{path} cannot be read ({error.strerror})",
            "Check the path and its permissions",
        ) from error  # fmt: skip


def _unpack(path: Path, copy: Path) -> None:
    packed, written = path.stat().st_size, 0
    try:
        with gzip.open(path) as source, copy.open("wb") as target:
            while block := source.read(_BLOCK_BYTES):
                written += len(block)
                _check_bounds(path, written, packed)
                target.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ExposureError(
            f"reading {path.name}", f"its gzip is damaged or cut short ({error})",
            "Copy or export the file again",
        ) from error  # fmt: skip


def _check_bounds(path: Path, written: int, packed: int) -> None:
    ratio = written / packed
    if written > MAX_UNPACKED_BYTES:
        said = f"it unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB"
    elif written > RATIO_COUNTS_FROM_BYTES and ratio > MAX_RATIO:
        said = f"{packed} bytes unpack to more than {MAX_RATIO} times as many"
    else:
        return
    raise ExposureError(
        f"reading {path.name}", f"{said}, more than any book does, so it is not unpacked further",
        "Check where the file comes from; if it is the book, unpack it and name the plain file, or "
        "cut it into parts",
    )  # fmt: skip
