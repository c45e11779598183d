"""Rows of a table as JSON objects and back, exactly: what a database keeps of them."""

import json
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import json as arrow_json

_BLOCK_BYTES = 1 << 24
"""One row has to fit into a block; the longest cell of a book has 10,000 characters."""


def to_json_rows(table: pd.DataFrame) -> Iterator[str]:
    """Each row as a JSON object without what is missing; days are ISO 8601."""
    columns = [_to_cells(table[name]) for name in table.columns]
    names = [str(name) for name in table.columns]
    for cells in zip(*columns, strict=True):
        row = {name: cell for name, cell in zip(names, cells, strict=True) if cell is not None}
        yield json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _to_cells(column: "pd.Series[object]") -> list[object]:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = column.dt.strftime("%Y-%m-%dT%H:%M:%S.%f")
    cells, is_missing = column.astype(object).to_numpy(), column.isna().to_numpy()
    return [
        None if missing else cell.item() if isinstance(cell, np.generic) else cell
        for cell, missing in zip(cells, is_missing, strict=True)
    ]


def from_json_rows(rows: Iterable[str], kinds: Mapping[str, str]) -> pd.DataFrame:
    """The table of which ``to_json_rows`` gave the rows.

    Args:
        rows: JSON objects.
        kinds: name and pandas type of each column.
    """
    text = "\n".join(rows).encode()
    if not text:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
    schema = pa.schema([(name, _arrow_kind(kind)) for name, kind in kinds.items()])
    table = arrow_json.read_json(
        pa.BufferReader(text),
        read_options=arrow_json.ReadOptions(block_size=_BLOCK_BYTES),
        parse_options=arrow_json.ParseOptions(
            explicit_schema=schema, unexpected_field_behavior="error"
        ),
    )
    columns = {name: _to_column(table[name], kind) for name, kind in kinds.items()}
    return pd.DataFrame(columns)


def _to_column(column: pa.ChunkedArray, kind: str) -> "pd.Series[object]":
    if kind.startswith("datetime64"):
        return pd.Series(pd.to_datetime(column.to_pandas()), dtype=kind)
    return pd.Series(column.to_pandas(), dtype=kind)


def _arrow_kind(kind: str) -> pa.DataType:
    plain = {"int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}
    return plain.get(kind, pa.string())
