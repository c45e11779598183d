"""What a reader of a hazard product gives: its records, and what of the file is none."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandera.pandas as pa

from core.errors import InputError, WeatherError
from core.tables import check_table

if TYPE_CHECKING:
    import pandas as pd


_START = 16


@dataclass(frozen=True, slots=True)
class Reject:
    """A part of a file that is no record.

    Attributes:
        place: where in the file, as in ``line 12`` or ``feature 3``, the first being 1.
        reason: what is wrong with it, the value included.
    """

    place: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """What was read of a file.

    Attributes:
        table: rows of the schema of its kind, EPSG:4326; none where nothing happened.
        rejects: what was left out, in the file's order.
        notices: what a reader of the table should know of the file as a whole, in sentences.
    """

    table: gpd.GeoDataFrame
    rejects: tuple[Reject, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of hazard product.

    Attributes:
        name: as on the command line, lower case with underscores.
        meaning: the product in words, and who publishes it.
        schema: of its records.
        read: reads a file of it; raises ``WeatherError`` if the file as a whole is none.
    """

    name: str
    meaning: str
    schema: pa.DataFrameSchema
    read: Callable[[Path], Records]


def read_bytes(path: Path, what: str) -> bytes:
    """A product's bytes.

    Args:
        path: the file.
        what: it should be, for the message, as in ``a CSV of high-water marks``.

    Raises:
        WeatherError: it cannot be opened.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise _cannot_open(path, what, error) from error


def read_start(path: Path, what: str) -> bytes:
    """A product's first bytes, by which formats are told apart; raises as ``read_bytes`` does."""
    try:
        with path.open("rb") as file:
            return file.read(_START)
    except OSError as error:
        raise _cannot_open(path, what, error) from error


def _cannot_open(path: Path, what: str, error: OSError) -> WeatherError:
    return WeatherError(
        f"reading {path.name}", f"the file cannot be opened ({error.strerror})",
        f"Check the path to {what}",
    )  # fmt: skip


def tabulate(table: "pd.DataFrame", schema: pa.DataFrameSchema) -> gpd.GeoDataFrame:
    """A reader's rows as its kind's table.

    Args:
        table: the schema's columns, geometry among them (EPSG:4326).
        schema: of the kind.

    Raises:
        WeatherError: a value is none of its column.
    """
    try:
        placed = gpd.GeoDataFrame(table, geometry="geometry", crs=4326)
        checked: gpd.GeoDataFrame = check_table(placed, schema)
    except InputError as error:
        raise WeatherError(error.work, error.problem, error.remedy) from error
    return checked
