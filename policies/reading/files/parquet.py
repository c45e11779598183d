"""A Parquet file of the book to the same text that a CSV file of it would hold."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import compute

from core.errors import ExposureError

PARQUET_MAGIC = b"PAR1"

MAX_ROWS = 50_000_000
"""A file of a few kilobytes can say that it holds any number of equal rows."""
MAX_COLUMN_BYTES = 4 << 30
"""What the wanted columns of a file may hold, before they are unpacked further."""

_CUT_AT = 20_000
"""Characters kept of a cell that many rows share: more than any may hold, so that it is told."""

_LARGEST_WHOLE_FLOAT = 2**53
"""Up to here a float tells whole numbers apart."""


def read_parquet_names(path: Path, file: str) -> list[str]:
    """Names of a Parquet file's columns.

    Args:
        path: where it lies.
        file: what people call it.

    Raises:
        ExposureError: it is no sound Parquet, or has more rows than the bounds allow.
    """
    meta = _read_metadata(path, file)
    if meta.num_rows > MAX_ROWS:
        raise ExposureError(
            f"reading {file}", f"it says to hold {meta.num_rows} rows, more than {MAX_ROWS}",
            "Check where the file comes from; if it is the book, cut it into parts",
        )  # fmt: skip
    return list(pq.read_schema(path).names)


def read_parquet_text(path: Path, file: str, positions: list[int]) -> pa.Table:
    """Columns at ``positions`` as text, each named by its position.

    Whole numbers of float columns lose their ``.0``, as in ids that went through a spreadsheet;
    dates are ISO 8601.

    Raises:
        ExposureError: it is damaged, holds more than the bounds allow, or a column holds no plain
            values.
    """
    schema = pq.read_schema(path)
    wanted = [schema.names[place] for place in positions]
    for name in wanted:
        if pa.types.is_nested(schema.field(name).type):
            raise _damaged(file, f"{name} is {schema.field(name).type}")
    _check_size(path, file, set(wanted))
    try:
        with pq.ParquetFile(path, read_dictionary=wanted) as source:
            table = source.read(columns=wanted)
        columns = [_to_text(table[name]) for name in wanted]
    except (pa.ArrowException, OSError) as error:
        raise _damaged(file, type(error).__name__) from None  # the message may quote a cell
    return pa.table(dict(zip(map(str, positions), columns, strict=True)))


def _read_metadata(path: Path, file: str) -> pq.FileMetaData:
    try:
        return pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(file, type(error).__name__) from None


def _damaged(file: str, said: str) -> ExposureError:
    return ExposureError(
        f"reading {file}", f"it is no sound Parquet of plain columns ({said})",
        "Write the file again, one value a cell",
    )  # fmt: skip


def _check_size(path: Path, file: str, wanted: set[str]) -> None:
    meta = _read_metadata(path, file)
    size = 0
    for group in range(meta.num_row_groups):
        parts = (meta.row_group(group).column(place) for place in range(meta.num_columns))
        size += sum(part.total_uncompressed_size for part in parts if part.path_in_schema in wanted)
    if size > MAX_COLUMN_BYTES:
        raise ExposureError(
            f"reading {file}",
            f"its columns unpack to {size >> 20} MiB, more than {MAX_COLUMN_BYTES >> 20}",
            "Check where the file comes from; if it is the book, cut it into parts",
        )


def _to_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        # distinct texts first: a long one that many rows share would fill the memory
        chunks = [chunk for chunk in column.chunks if len(chunk)]
        return pa.chunked_array([_spread(chunk) for chunk in chunks], pa.string())
    if pa.types.is_floating(column.type):
        return _float_text(column)
    if pa.types.is_timestamp(column.type):
        return compute.strftime(column, "%Y-%m-%d")
    return compute.cast(column, pa.string())


def _spread(chunk: pa.DictionaryArray) -> pa.Array:
    distinct = compute.cast(chunk.dictionary, pa.string())
    return compute.utf8_slice_codeunits(distinct, 0, _CUT_AT).take(chunk.indices)


def _float_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    numbers = compute.cast(column, pa.float64())
    is_whole = compute.and_(
        compute.equal(compute.floor(numbers), numbers),
        compute.less(compute.abs(numbers), _LARGEST_WHOLE_FLOAT),
    )
    whole = compute.cast(compute.if_else(is_whole, numbers, None), pa.int64(), safe=False)
    text = compute.if_else(compute.is_nan(numbers), None, compute.cast(numbers, pa.string()))
    return compute.coalesce(compute.cast(whole, pa.string()), text)
