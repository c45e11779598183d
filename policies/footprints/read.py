"""Files of building outlines to one FOOTPRINTS table: repaired, named, the bad ones left out."""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import ProjError

from core.errors import EventError
from core.grid import WGS84
from core.schemas.book import REJECTS
from core.schemas.fields import UTC_DTYPE
from core.tables import FOOTPRINTS, check_table
from policies.footprints.repair import (
    NO_AREA,
    NO_OUTLINE,
    NOT_FINITE,
    OFF_THE_EARTH,
    compute_areas_m2,
    repair_shapes,
)
from policies.footprints.sources import RawOutlines, read_outlines

_log = logging.getLogger(__name__)
DUPLICATE_OUTLINE = "duplicate_outline"
DUPLICATE_ID = "duplicate_building_id"
REMEDIES = {
    NO_OUTLINE: "Give the row an outline that can be read, or remove it",
    NO_AREA: "Draw the building as a polygon; points and lines say not what it covers",
    NOT_FINITE: "Write finite coordinates, inside what the file's CRS can say",
    OFF_THE_EARTH: "Check the file's CRS and the order of its axes: longitude before latitude",
    DUPLICATE_OUTLINE: "Remove the repeated row; the first one is used",
    DUPLICATE_ID: "Give each building an id of its own; this outline is used under another one",
}
"""Reason code -> what to do about it. Rows under all but the last are left out."""
UNKNOWN_SOURCE = "unknown"
_ID_DIGITS = 16
"""Of a digest: among a million outlines two would share one once in some 40 million files."""
_MILLIONTH_DEG = 1e6
"""Outlines are named by their coordinates to a decimetre, which survives being written again."""


@dataclass(frozen=True, slots=True, eq=False)
class Footprints:
    """Buildings that can be used, and rows that cannot.

    Attributes:
        table: FOOTPRINTS.
        rejects: a REJECTS table, with the building's id or place as value.
    """

    table: gpd.GeoDataFrame
    rejects: pd.DataFrame

    @property
    def left_out(self) -> int:
        """How many rows are not used."""
        return int((self.rejects["reason"] != DUPLICATE_ID).sum())


def read_footprints(
    paths: Sequence[Path], box: tuple[float, float, float, float] | None = None
) -> Footprints:
    """Read files of outlines in any of the known layouts.

    Args:
        paths: the files; of a building that comes twice the first is kept.
        box: west, south, east, north in degrees; buildings wholly outside are passed over.

    Raises:
        EventError: a file cannot be read as a whole, or its CRS leads nowhere.
    """
    tables: list[gpd.GeoDataFrame] = []
    rejects: list[pd.DataFrame] = []
    for path in paths:
        for raw in read_outlines(path):
            table, bad = _take(raw, path, box)
            tables.append(table)
            rejects.append(bad)
    whole = pd.concat(tables, ignore_index=True) if tables else _nothing()
    named, twice = _tell_apart(whole)
    table = named.drop(columns=["row_number", "file"])
    listed = pd.concat([*rejects, twice], ignore_index=True) if rejects else _rejects("", [], [])
    _warn(listed)
    checked = check_table(gpd.GeoDataFrame(table, geometry="geometry", crs=WGS84), FOOTPRINTS)
    return Footprints(checked, listed)


def _take(
    raw: RawOutlines, path: Path, box: tuple[float, float, float, float] | None
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """The usable part of what was read, and rejects."""
    try:
        outlines, reason = repair_shapes(raw.shapes, raw.crs)
    except ProjError as error:
        raise EventError(
            f"reading the footprints {path}",
            f"their CRS does not lead to longitude and latitude ({error})",
            "Write them in EPSG:4326 with geopandas' to_crs",
        ) from error
    is_good = np.array([each is None for each in reason], bool)
    bad = pd.DataFrame({
        "file": path.name, "row_number": raw.rows[~is_good], "reason": reason[~is_good],
        "value": _cells(raw.columns, "building_id", len(is_good))[~is_good],
    })  # fmt: skip
    if box is not None:
        is_good[is_good] = shapely.intersects(outlines[is_good], shapely.box(*box))
    table = gpd.GeoDataFrame(
        {
            "building_id": _names(raw.columns, outlines, is_good),
            "area_m2": _areas(raw.columns, outlines, is_good),
            "source": _texts(_cells(raw.columns, "source", len(is_good))[is_good]),
            "outlined_at_utc": _instants(
                _cells(raw.columns, "outlined_at_utc", len(is_good))[is_good]
            ),
            "row_number": raw.rows[is_good],
            "file": path.name,
        },
        geometry=gpd.GeoSeries(outlines[is_good], crs=WGS84),
        crs=WGS84,
    )
    return table, _with_remedy(bad)


def _cells(columns: pd.DataFrame, name: str, count: int) -> NDArray[np.object_]:
    if name not in columns:
        return np.full(count, None, dtype=object)
    cells: NDArray[np.object_] = columns[name].to_numpy(dtype=object)
    return cells


def _names(
    columns: pd.DataFrame, outlines: NDArray[np.object_], is_good: NDArray[np.bool_]
) -> list[str]:
    """The ids as given, as text; where there is none, one that the outline itself gives."""
    given = [_name(cell) for cell in _cells(columns, "building_id", len(is_good))[is_good]]
    return [
        name or name_outline(shape) for name, shape in zip(given, outlines[is_good], strict=True)
    ]


def _name(cell: object) -> str:
    """An id as text: a whole number without a decimal point, nothing where it is missing."""
    if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell:  # noqa: PLR0124  NaN
        return ""
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return str(cell).strip()


def name_outline(outline: shapely.Geometry) -> str:
    """An id of an outline's coordinates alone, the same in every file that holds it."""
    vertices = np.round(shapely.get_coordinates(outline) * _MILLIONTH_DEG).astype(np.int64)
    unique = np.unique(vertices, axis=0)  # wherever its ring begins, whichever way it runs
    return f"outline-{hashlib.sha256(unique.tobytes()).hexdigest()[:_ID_DIGITS]}"


def _areas(
    columns: pd.DataFrame, outlines: NDArray[np.object_], is_good: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Areas as given where they are areas, else computed."""
    given = pd.to_numeric(
        pd.Series(_cells(columns, "area_m2", len(is_good))[is_good]), errors="coerce"
    ).to_numpy(np.float64, na_value=np.nan)
    is_area = np.isfinite(given) & (given > 0)
    return np.where(is_area, given, compute_areas_m2(outlines[is_good]))


def _texts(cells: NDArray[np.object_]) -> list[str]:
    return [cell if isinstance(cell, str) and cell else UNKNOWN_SOURCE for cell in cells]


def _instants(cells: NDArray[np.object_]) -> pd.Series:
    """UTC; what is no instant is missing."""
    told = pd.Series(cells, dtype=object)
    return pd.to_datetime(told, utc=True, errors="coerce", format="ISO8601").astype(UTC_DTYPE)


def _tell_apart(table: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """One row a building: repeats are left out, other outlines under one id get ids of their own.

    Returns:
        The table, and rejects.
    """
    names = table["building_id"]
    if not names.duplicated().any():
        return table, _rejects("", [], [])
    wkb = table.geometry.to_wkb()
    is_repeat = pd.DataFrame({"name": names, "wkb": wkb}).duplicated()
    kept = table[~is_repeat]
    is_other = kept["building_id"].duplicated()
    own = [
        f"{name}~{name_outline(shape).removeprefix('outline-')}"
        for name, shape in zip(
            kept.loc[is_other, "building_id"], kept.geometry[is_other], strict=True
        )
    ]
    told = [
        pd.DataFrame({
            "file": some["file"], "row_number": some["row_number"], "reason": reason,
            "value": some["building_id"],
        })
        for some, reason in ((table[is_repeat], DUPLICATE_OUTLINE), (kept[is_other], DUPLICATE_ID))
    ]  # fmt: skip
    kept = kept.copy()
    kept.loc[is_other, "building_id"] = own
    return kept.drop_duplicates("building_id"), _with_remedy(pd.concat(told, ignore_index=True))


def _with_remedy(rows: pd.DataFrame) -> pd.DataFrame:
    """REJECTS rows of file, row_number, reason and value."""
    quoted = [_name(cell) or None for cell in rows["value"]]
    told = rows.assign(field=None, value=quoted, remedy=rows["reason"].map(REMEDIES))
    kinds = dict.fromkeys(REJECTS.columns, "str") | {"row_number": "int64"}
    return told[list(kinds)].astype(kinds)


def _rejects(file: str, rows: Iterable[int], reasons: Iterable[str]) -> pd.DataFrame:
    return _with_remedy(
        pd.DataFrame({"row_number": list(rows), "reason": list(reasons)}, dtype=object).assign(
            file=file, value=None
        )[["file", "row_number", "reason", "value"]]
    )


def _nothing() -> gpd.GeoDataFrame:
    names = ("building_id", "area_m2", "source", "outlined_at_utc", "row_number", "file")
    empty = {name: pd.Series(dtype=object) for name in names}
    return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=WGS84), crs=WGS84)


def _warn(rejects: pd.DataFrame) -> None:
    for reason, count in Counter(rejects["reason"]).items():
        some = rejects.loc[rejects["reason"] == reason, "row_number"].head(5).tolist()
        verb = "are used under other ids" if reason == DUPLICATE_ID else "are left out"
        _log.warning("%d footprints %s: %s, as in row %s", count, verb, reason, some)
