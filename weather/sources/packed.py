"""Products that come packed: gzip and zip, unpacked no further than a product can be large."""

import gzip
import io
import zipfile
import zlib

from core.errors import WeatherError

GZIP_MARK = b"\x1f\x8b"
MOST_BYTES = 512 << 20
"""A year of Storm Events, the largest product that comes packed, has about 100 MB."""
MOST_FILES = 200
"""A zip of NHC has about twenty."""
_REMEDY = "Fetch the file again"


def unpack_gzip(content: bytes, name: str, most_bytes: int = MOST_BYTES) -> bytes:
    """What a gzip file holds; other bytes as they are.

    Raises:
        WeatherError: it is damaged, cut, or larger than any product.
    """
    if not content.startswith(GZIP_MARK):
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            found = packed.read(most_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise WeatherError(f"reading {name}", f"its gzip is damaged ({error})", _REMEDY) from error
    if len(found) > most_bytes:
        raise _too_large(name, most_bytes)
    return found


def unpack_zip(
    content: bytes, name: str, what: str, most_bytes: int = MOST_BYTES
) -> dict[str, bytes]:
    """The files of a zip by their last name.

    Args:
        content: of the zip.
        name: of it, for messages.
        what: it should be, as in ``a zip of shapefiles``.
        most_bytes: of all files together.

    Raises:
        WeatherError: it is none, damaged, locked, or larger than any product.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = [member for member in packed.infolist() if not member.is_dir()]
            if len(members) > MOST_FILES:
                raise _too_large(name, most_bytes)
            if sum(member.file_size for member in members) > most_bytes:
                raise _too_large(name, most_bytes)
            # a member gives no more bytes than its entry says, or fails
            return {member.filename.rpartition("/")[2]: packed.read(member) for member in members}
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, IndexError,
        NotImplementedError,
    ) as error:  # fmt: skip
        raise WeatherError(f"reading {name}", f"it is no zip ({error})", f"Give {what}") from error


def _too_large(name: str, most_bytes: int) -> WeatherError:
    return WeatherError(
        f"reading {name}", f"unpacked it is larger than {most_bytes >> 20} MiB, or many files",
        "No product is: look at where the file comes from",
    )  # fmt: skip
