"""Text of whatever encoding to UTF-8: exports mix them, and a wrong letter is no lost row."""

import codecs
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

UTF_8, UTF_16 = "utf-8", "utf-16"
_SINGLE_BYTE = ("cp1252", "latin-1")
"""Tried in turn for what is no UTF-8; the last one decodes anything."""

_BLOCK_BYTES = 1 << 20
_HANDLER = "firstnotice_single_byte"


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file as UTF-8.

    Attributes:
        path: the file, or a copy of it in UTF-8.
        encoding: of what is no UTF-8 in the file; ``utf-8`` if all of it is.
        first_line: where that begins, the header being line 1.
    """

    path: Path
    encoding: str = UTF_8
    first_line: int = 0


@contextmanager
def decoded(path: Path) -> Iterator[Decoded]:
    """The file itself if it is UTF-8, else a copy, which is gone afterwards.

    UTF-16 is told by its byte order mark, as spreadsheets write it ("Unicode text").

    Bytes that are no UTF-8 are taken for Windows-1252, or else Latin-1, one by one: lines of
    another encoding among lines of UTF-8 harm neither. The copy lies in a folder for its owner
    alone.
    """
    if is_utf_16(path):
        with _copied(path) as copy:
            yield Decoded(copy)
        return
    with path.open("rb") as stream:
        first_line = _find_first_foreign_line(stream)
        if first_line is None:
            yield Decoded(path)
            return
        encoding = _choose_encoding(stream)
        with TemporaryDirectory(prefix="firstnotice-book-") as folder:
            copy = Path(folder) / "decoded"
            _copy_decoded(stream, copy)
            yield Decoded(copy, encoding, first_line)


def is_utf_16(path: Path) -> bool:
    """Whether a file begins with a byte order mark of UTF-16."""
    with path.open("rb") as stream:
        return stream.read(len(codecs.BOM_UTF16)) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}


@contextmanager
def _copied(path: Path) -> Iterator[Path]:
    with TemporaryDirectory(prefix="firstnotice-book-") as folder:
        copy = Path(folder) / "decoded"
        with (
            path.open(encoding=UTF_16, errors="replace", newline="") as source,
            copy.open("w", encoding=UTF_8, newline="") as target,
        ):
            shutil.copyfileobj(source, target, _BLOCK_BYTES)
        yield copy


def _find_first_foreign_line(stream: BinaryIO) -> int | None:
    decoder = codecs.getincrementaldecoder(UTF_8)()
    line = 1
    stream.seek(0)
    while True:
        block = stream.read(_BLOCK_BYTES)
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            return line + error.object[: error.start].count(b"\n")
        if not block:
            return None
        line += block.count(b"\n")


def _choose_encoding(stream: BinaryIO) -> str:
    """The first of ``_SINGLE_BYTE`` that has a letter for every byte of the stream."""
    cp1252, latin_1 = _SINGLE_BYTE
    missing = bytes(byte for byte in range(256) if not _has_letter(byte, cp1252))
    stream.seek(0)
    while block := stream.read(_BLOCK_BYTES):
        if len(block.translate(None, missing)) < len(block):
            return latin_1
    return cp1252


def _has_letter(byte: int, encoding: str) -> bool:
    try:
        bytes([byte]).decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _copy_decoded(stream: BinaryIO, copy: Path) -> None:
    decoder = codecs.getincrementaldecoder(UTF_8)(errors=_HANDLER)
    stream.seek(0)
    with copy.open("wb") as target:
        while block := stream.read(_BLOCK_BYTES):
            target.write(decoder.decode(block).encode(UTF_8))
        target.write(decoder.decode(b"", final=True).encode(UTF_8))


def _decode_single_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    letters = [
        bytes([byte]).decode(next(each for each in _SINGLE_BYTE if _has_letter(byte, each)))
        for byte in error.object[error.start : error.end]
    ]
    return "".join(letters), error.end


codecs.register_error(_HANDLER, _decode_single_bytes)
