"""Reads best tracks of IBTrACS, the archive of all agencies (NOAA NCEI, version 4).

A CSV with a row of units under its header, one row a storm and three hours, blank where nothing
was reported. Winds are knots: of US agencies 1-minute means, of the others mostly 10-minute ones.
The full columns and excerpts without those of US agencies are read.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.errors import WeatherError
from core.schemas.evidence.storms import IBTRACS
from core.units import KNOT_MPS, NAUTICAL_MILE_M
from weather.fields.storm import QUADRANTS, RADII_WINDS_KT, Track
from weather.sources.cells import Cells, read_cells
from weather.sources.records import Kind, Records, tabulate
from weather.sources.storms.points import point_of, wrap_degrees

_WHAT = "a CSV of IBTrACS version 4"
_NEEDED = ("SID", "ISO_TIME", "LAT", "LON", "WMO_WIND", "WMO_PRES")
_REPORTED = {
    f"USA_R{wind}_{quadrant}": f"extent_{wind}kt_{quadrant.lower()}_m"
    for wind in RADII_WINDS_KT for quadrant in QUADRANTS
} | {"USA_RMW": "rmw_m"}  # fmt: skip
_KEPT = frozenset(
    (
        *_NEEDED, *_REPORTED, "USA_ATCF_ID", "NAME", "BASIN", "NATURE", "USA_STATUS", "USA_RECORD",
        "WMO_AGENCY", "USA_WIND", "USA_PRES",
    )
)  # fmt: skip
"""Of some 170 columns."""
_UNITS_OF_LAT = "degrees_north"
_SID = r"\d{7}[NS]\d{5}"
_ISO = "%Y-%m-%d %H:%M:%S"
_SPREADSHEET = re.compile(r"(\d{1,2})/(\d{1,2})/(\d\d)(?:\d\d)? (\d{1,2}):(\d\d)", re.ASCII)
"""As a spreadsheet writes it: month, day, year, which may have lost its century."""
_CENTURY = 100
_WIND_KT, _PRESSURE_HPA, _EXTENT_NMI = (0, 250), (800, 1100), (0, 2000)
_LANDFALL = "L"
_MINUTE_AGENCIES = ("hurdat", "atcf", "cphc", "nhc", "jtwc")
_MINUTE_BASINS = ("NA", "EP", "NORTH ATLANTIC", "EASTERN NORTH PACIFIC")
_TEN_MINUTES = 0.93
"""A 10-minute mean over the 1-minute one at sea: Harper, Kepert and Ginger (2010), WMO/TD 1555."""


def read_ibtracs_records(path: Path) -> Records:
    """The points of a file; those without a place, an instant or a believable value are rejected.

    Raises:
        WeatherError: the file is no such table.
    """
    cells, table = _read(path)
    return Records(tabulate(cells.keep(table), IBTRACS), cells.rejects())


def read_ibtracs(path: Path, storm_id: str) -> Track:
    """One storm of an IBTrACS file.

    Args:
        path: the file.
        storm_id: its SID, or its id of US agencies as in ``AL112017``.

    Returns:
        The track; winds are those of US agencies where given, else the responsible agency's,
        10-minute means brought to 1 minute.

    Raises:
        WeatherError: the file is no such table, has no such storm, or one of the storm's rows
            is wrong.
    """
    cells, table = _read(path)
    wanted = storm_id.strip().upper()
    is_it = (table["storm_id"] == wanted) | (table["usa_atcf_id"] == wanted)
    _refuse_gaps(cells, is_it, path.name)
    rows = tabulate(cells.keep(table[is_it]), IBTRACS).sort_values("at_utc")
    if rows.empty:
        some = ", ".join(table["storm_id"].dropna().unique()[-3:])
        raise WeatherError(
            f"reading {path.name}", f"it has no storm {wanted!r}; it has {some or 'none'}",
            "Give a SID as in 2017242N16333, or basin, number and year as in AL112017",
        )  # fmt: skip
    names = rows["name"].dropna()
    points = tuple(point_of(row) for row in rows.to_dict("records"))
    return Track(wanted, names.iloc[-1] if len(names) else "UNNAMED", points)


def _read(path: Path) -> tuple[Cells, pd.DataFrame]:
    """The file's cells, and a table of all their rows, those that are rejected among them."""
    cells = read_cells(path, _WHAT, _NEEDED, _KEPT)
    cells = cells.without(cells.rows["LAT"] == _UNITS_OF_LAT)
    rows = cells.rows
    cells.reject(~_has_sid(rows), "is no storm id", "SID")
    instants = _instants(rows)
    cells.reject(instants.isna(), "is no instant", "ISO_TIME")
    for column in ("LAT", "LON"):
        cells.reject(rows[column].isna(), "needed", column)
    table = pd.DataFrame(_describe(cells, instants), index=rows.index)
    came_before = table[["storm_id", "at_utc"]].duplicated()
    cells.reject(came_before, "came before for this storm", "ISO_TIME")
    return cells, table


def _refuse_gaps(cells: Cells, is_it: "pd.Series[bool]", file: str) -> None:
    """A rejected row of the storm, or of no storm that can be told, stops a run."""
    others = {f"line {line}" for line in cells.rows.index[~is_it & _has_sid(cells.rows)]}
    for reject in cells.rejects():
        if reject.place not in others:
            raise WeatherError(
                f"reading {file}, {reject.place}", reject.reason,
                "Restore the line from the published file: half a storm is none",
            )  # fmt: skip


def _has_sid(rows: pd.DataFrame) -> "pd.Series[bool]":
    return rows["SID"].str.fullmatch(_SID).eq(other=True)


def _describe(cells: Cells, instants: "pd.Series[pd.Timestamp]") -> dict[str, object]:
    wmo_wind = cells.numbers("WMO_WIND", _WIND_KT) * KNOT_MPS
    wmo_pressure = cells.numbers("WMO_PRES", _PRESSURE_HPA)
    usa_wind = cells.numbers("USA_WIND", _WIND_KT) * KNOT_MPS
    usa_pressure = cells.numbers("USA_PRES", _PRESSURE_HPA)
    minute_wind = wmo_wind / np.where(_is_minute_mean(cells), 1.0, _TEN_MINUTES)
    latitude, longitude = cells.numbers("LAT", (-90, 90)), cells.numbers("LON", (-360, 360))
    return {
        "storm_id": cells.texts("SID"),
        "usa_atcf_id": cells.texts("USA_ATCF_ID"),
        "name": _names(cells),
        "basin": cells.texts("BASIN"),
        "at_utc": instants,
        "nature": cells.texts("NATURE"),
        "status": cells.texts("USA_STATUS"),
        "is_landfall": (cells.texts("USA_RECORD") == _LANDFALL).astype(bool),
        "wmo_agency": cells.texts("WMO_AGENCY"),
        "wmo_wind_mps": wmo_wind,
        "wmo_pressure_hpa": wmo_pressure,
        "max_wind_mps": np.where(np.isfinite(usa_wind), usa_wind, minute_wind),
        "min_pressure_hpa": np.where(np.isfinite(usa_pressure), usa_pressure, wmo_pressure),
        **{
            column: cells.numbers(name, _EXTENT_NMI) * NAUTICAL_MILE_M
            for name, column in _REPORTED.items()
        },
        "geometry": shapely.points([wrap_degrees(each) for each in longitude], latitude),
    }


def _names(cells: Cells) -> "pd.Series[str]":
    names = cells.texts("NAME")
    return names.where(~names.isin(["NOT_NAMED", "UNNAMED"]))


def _is_minute_mean(cells: Cells) -> NDArray[np.bool_]:
    """Whether the responsible agency's wind is a 1-minute mean; by basin where it is not named."""
    agency = cells.texts("WMO_AGENCY").fillna("").astype(str).str.lower()
    basin = cells.texts("BASIN").fillna("").astype(str).str.upper()
    by_basin = agency.eq("") & basin.isin(_MINUTE_BASINS)
    return (agency.str.startswith(_MINUTE_AGENCIES) | by_basin).to_numpy(dtype=bool)


def _instants(rows: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    instants = pd.to_datetime(rows["ISO_TIME"], format=_ISO, utc=True, errors="coerce")
    odd = rows.loc[instants.isna() & rows["ISO_TIME"].notna() & rows["SID"].notna()]
    mended = [_read_spreadsheet(each.ISO_TIME, each.SID) for each in odd.itertuples()]
    again = pd.to_datetime(
        pd.Series(mended, index=odd.index, dtype=object), format=_ISO, utc=True, errors="coerce"
    )
    return again.reindex(rows.index).where(instants.isna(), instants)


def _read_spreadsheet(text: str, sid: str) -> str | None:
    """An instant as a spreadsheet wrote it, the century of the year being the storm id's."""
    found = _SPREADSHEET.fullmatch(text)
    if found is None or not re.match(r"\d{4}", sid, re.ASCII):
        return None
    month, day, short, hour, minute = map(int, found.groups())
    first, half = int(sid[:4]), _CENTURY // 2
    year = first + (short - first % _CENTURY + half) % _CENTURY - half
    return f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:00"


KIND = Kind(
    "ibtracs", "Best tracks of tropical cyclones of all basins (NOAA IBTrACS v04, CSV)",
    IBTRACS, read_ibtracs_records,
)  # fmt: skip
