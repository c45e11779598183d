"""Grades of tiles, kept by content: a file a tile, so that what did not change is found again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import dataset, parquet

from core.tables import GRADES, PAIRS, PICTURES
from flows.wiring.storage.folders import atomic_path

_TYPES = {
    "string[pyarrow]": pa.string(), "str": pa.string(), "float64": pa.float64(),
    "bool": pa.bool_(), "object": pa.binary(),
}  # fmt: skip
"""How columns of tables that cross rooms lie in a file."""
BLAME = "blame"
"""Column of ``imagery.pairing.retry.Blame``: which scene hid the building."""
PICTURE_COLUMNS = tuple(PICTURES.columns)
GRADE_COLUMNS = (
    "building_id",
    *(name for name in GRADES.columns if name not in PAIRS.columns),
    BLAME,
)
"""What a tile says of its buildings; the pair that it was read of is the plan's."""


def _lay_out() -> pa.Schema:
    """Columns of a file: a building a row, its pictures beside its grade."""
    columns = {
        name: column
        for table, names in ((GRADES, GRADE_COLUMNS), (PICTURES, PICTURE_COLUMNS))
        for name, column in table.columns.items()
        if name in names
    }
    fields = [(name, _TYPES[str(column.dtype)]) for name, column in columns.items()]
    return pa.schema([*fields, (BLAME, pa.string())])


LAYOUT = _lay_out()
"""The same for every tile, also where a column is missing throughout."""


@dataclass(frozen=True, slots=True)
class TileCache:
    """Files below a folder that all runs and workers share; it can be deleted at any time."""

    folder: Path

    def path(self, key: str) -> Path:
        """Where a tile's grades lie, once they are there."""
        return self.folder / f"{key}.parquet"

    def write(self, grades: pd.DataFrame, pictures: pd.DataFrame, path: Path) -> None:
        """Keep a tile's rows; the file appears whole.

        Args:
            grades: rows of GRADES without pairing.
            pictures: rows of PICTURES, of some of the buildings.
            path: see ``path``.
        """
        drawn = pictures.set_index("building_id").to_dict("index")
        shown = [drawn.get(name, {}) for name in grades["building_id"]]
        columns = {
            name: list(grades[name]) if name in grades else [each.get(name) for each in shown]
            for name in LAYOUT.names
        }
        # by the columns: pandas and its checks take longer than grading a home, tile by tile
        arrays = [pa.array(columns[each.name], each.type, from_pandas=True) for each in LAYOUT]
        with atomic_path(path) as partial:
            parquet.write_table(pa.Table.from_arrays(arrays, schema=LAYOUT), partial)


def read_grades(paths: Sequence[Path]) -> pd.DataFrame:
    """What tiles say of their buildings, rows of GRADES without pairing."""
    return _open(paths).to_table(columns=list(GRADE_COLUMNS)).to_pandas()


def join_pictures(parts: Iterable[tuple[Sequence[Path], Sequence[str]]], path: Path) -> None:
    """Write the pictures of all tiles as one table, a few at a time: they do not fit into memory.

    Homes without a picture have no row.

    Args:
        parts: files of tiles, and the buildings that are wanted of them.
        path: where to.
    """
    layout = pa.schema([LAYOUT.field(name) for name in PICTURE_COLUMNS])
    with atomic_path(path) as partial, parquet.ParquetWriter(partial, layout) as writer:
        for paths, wanted in parts:
            for some in _scan_pictures(paths, wanted):
                writer.write_batch(some)


def _scan_pictures(paths: Sequence[Path], wanted: Sequence[str]) -> Iterable[pa.RecordBatch]:
    is_drawn = dataset.field("post_jpeg").is_valid()
    is_wanted = dataset.field("building_id").isin(pa.array(wanted, pa.string()))
    scanner = _open(paths).scanner(
        columns=list(PICTURE_COLUMNS), filter=is_drawn & is_wanted, batch_readahead=1,
        fragment_readahead=1,
    )  # fmt: skip
    return (some for some in scanner.to_batches() if some.num_rows)


def _open(paths: Sequence[Path]) -> dataset.Dataset:
    return dataset.dataset([str(path) for path in paths], schema=LAYOUT, format="parquet")
