"""Points of storm tracks as rows of a table."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import pandera.pandas as pa
import shapely

from weather.fields.storm import QUADRANTS, RADII_WINDS_KT, TrackPoint, WindRadii
from weather.sources.records import tabulate

EXTENT_COLUMNS = tuple(
    f"extent_{wind_kt}kt_{quadrant.lower()}_m"
    for wind_kt in RADII_WINDS_KT for quadrant in QUADRANTS
)  # fmt: skip
"""By wind, then by quadrant, as ``WindRadii.by_wind`` goes."""

_HALF_TURN, _FULL_TURN = 180.0, 360.0


def describe_point(point: TrackPoint) -> dict[str, object]:
    """The columns that every table of track points has."""
    extents = (extent for extents in point.radii_m.by_wind for extent in extents)
    return {
        "at_utc": point.at_utc,
        "status": point.status or None,
        "max_wind_mps": point.max_wind_mps,
        "min_pressure_hpa": point.min_pressure_hpa,
        "rmw_m": point.rmw_m,
        **dict(zip(EXTENT_COLUMNS, extents, strict=True)),
        "geometry": shapely.Point(point.longitude_deg, point.latitude_deg),
    }


def tabulate_points(
    rows: Sequence[dict[str, object]], schema: pa.DataFrameSchema
) -> gpd.GeoDataFrame:
    """Rows of track points, or none, as their kind's table."""
    columns = [column for column in schema.columns if rows == [] or column in rows[0]]
    return tabulate(pd.DataFrame(list(rows), columns=columns), schema)


def wrap_degrees(longitude_deg: float) -> float:
    """A longitude from -180 to 180; some files count on past the antimeridian, as in 180.5W."""
    if abs(longitude_deg) <= _HALF_TURN:
        return longitude_deg
    return (longitude_deg + _HALF_TURN) % _FULL_TURN - _HALF_TURN


def point_of(row: Mapping[Hashable, Any]) -> TrackPoint:
    """The other way: a row of a table of track points, missing values being None."""
    extents = iter([_known(row[column]) for column in EXTENT_COLUMNS])
    radii = WindRadii(*zip(extents, extents, extents, extents, strict=True))
    return TrackPoint(
        at_utc=row["at_utc"].to_pydatetime(),
        latitude_deg=row["geometry"].y,
        longitude_deg=row["geometry"].x,
        max_wind_mps=_known(row["max_wind_mps"]),
        min_pressure_hpa=_known(row["min_pressure_hpa"]),
        radii_m=radii,
        rmw_m=_known(row["rmw_m"]),
        status="" if pd.isna(row["status"]) else row["status"],
        is_landfall=bool(row["is_landfall"]),
    )


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
