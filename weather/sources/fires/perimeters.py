"""Reads fire perimeters: GeoJSON, zipped shapefiles, and JSON wrapped in a call (JSONP).

Agencies name the same things differently; dates are milliseconds since 1970, areas acres. Rings
that touch themselves are mended and slivers without area dropped. A file in UTM names its CRS.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from pyproj import Geod
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from core.errors import WeatherError
from core.schemas.evidence.fires import FIRE_PERIMETERS
from core.units import ACRE_M2
from weather.sources.areas import find_polygons, place_area
from weather.sources.fires.layers import Layer, read_layer
from weather.sources.instants import read_instant
from weather.sources.json_text import clean
from weather.sources.records import Kind, Records, Reject, tabulate

_NAMES = {
    "fire_id": ("irwinid", "uniquefireidentifier", "uid", "incnum", "eventid", "fireid"),
    "name": ("incidentname", "firename", "incidname", "name", "incid"),
    "state": ("state", "poostate"),
    "mapped": (
        "datecurrent", "polygondatetime", "perimeterdatetime", "mapdate", "d", "date", "datec",
    ),
    "started": ("firediscoverydatetime", "alarmdate", "igdate", "startdate", "discoverydate"),
    "contained": ("containmentdatetime", "contdate", "containmentdate"),
    "containment": ("percentcontained", "percentcontainment", "perce"),
    "acres": ("gisacres", "ga", "acres", "incidentsize", "burnbndac", "mapacres", "is", "gisac"),
}  # fmt: skip
"""Ours -> names of NIFC (WFIGS, whose shapefiles cut them at ten letters), CAL FIRE (FRAP), MTBS
and of the wrapped feed, in lower case without marks; the first that says something."""
_PREFIXES = ("poly_", "attr_")
_MOST_ACRES = 1e8
"""A hundred times the largest fire of a season in the States."""
_ELLIPSOID = Geod(ellps="WGS84")
_BAD = (ValueError, KeyError, AttributeError, TypeError, IndexError, RecursionError, ShapelyError)


def read_fire_perimeters(path: Path) -> Records:
    """The perimeters of a file; features without a polygon or with odd numbers are rejected.

    Raises:
        WeatherError: the file holds no perimeter.
    """
    layer = read_layer(path)
    rows, rejects = [], []
    for number, (properties, drawn) in enumerate(layer.features, start=1):
        place = f"feature {number}"
        try:
            rows.append({"place_in_file": place} | _read_feature(properties, drawn, layer))
        except WeatherError as error:
            rejects.append(Reject(place, error.problem))
        except _BAD as error:
            rejects.append(Reject(place, str(error) or repr(error)))
    if not rows:
        raise WeatherError(
            layer.work, rejects[0].reason if rejects else "it holds no feature",
            "Give perimeters as polygons, with their CRS if it is not degrees",
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=list(FIRE_PERIMETERS.columns))
    for column in ("mapped_at_utc", "started_at_utc", "contained_at_utc"):
        table[column] = pd.to_datetime(table[column], utc=True)
    return Records(tabulate(table, FIRE_PERIMETERS), tuple(rejects))


def _read_feature(properties: Any, drawn: Any, layer: Layer) -> dict[str, object]:
    said = ((k, v) for k, v in (properties or {}).items() if _text(v) is not None)
    stated = {_bare(str(key)): value for key, value in said}
    found = {ours: _first(stated, names) for ours, names in _NAMES.items()}
    area = place_area(_mend(drawn), layer.crs, layer.work)
    acres = _number(found["acres"], "area in acres", _MOST_ACRES)
    containment = _number(found["containment"], "containment in percent", 100)
    return {
        "fire_id": _text(found["fire_id"]), "name": _text(found["name"]),
        "state": _text(found["state"]), "mapped_at_utc": read_instant(found["mapped"]),
        "started_at_utc": read_instant(found["started"]),
        "contained_at_utc": read_instant(found["contained"]),
        "containment_frac": None if containment is None else containment / 100,
        "area_m2": None if acres is None else acres * ACRE_M2,
        "drawn_area_m2": abs(_ELLIPSOID.geometry_area_perimeter(shapely.orient_polygons(area))[0]),
        "geometry": area,
    }  # fmt: skip


def _mend(drawn: Any) -> BaseGeometry:
    """The polygons of a geometry as one, valid.

    Raises:
        ValueError: it has none with an area.
    """
    found = drawn if isinstance(drawn, BaseGeometry) or drawn is None else shape(drawn)
    parts = list(find_polygons(None if found is None else shapely.force_2d(found)))
    whole = shapely.union_all(shapely.make_valid(np.array(parts, dtype=object)))
    areal = shapely.union_all(list(find_polygons(whole)))
    if areal.is_empty or areal.area == 0:
        raise ValueError("it holds no polygon")
    return areal


def _bare(name: str) -> str:
    """A property's name in lower case, without an agency's prefix or marks."""
    lower = name.lower()
    for prefix in _PREFIXES:
        lower = lower.removeprefix(prefix)
    return "".join(letter for letter in lower if letter.isalnum())


def _first(stated: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((stated[name] for name in names if name in stated), None)


def _text(value: Any) -> str | None:
    is_none = value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NaT
    return None if is_none else clean(str(value), "a text of it")


def _number(value: Any, what: str, most: float) -> float | None:
    if value is None:
        return None
    number = float(str(value).replace(",", ""))
    if not 0 <= number <= most:
        raise ValueError(f"its {what} {value!r} is outside 0 to {most:g}")
    return number


KIND = Kind(
    "fire_perimeters", "Fire perimeters (NIFC, CAL FIRE, MTBS; GeoJSON, shapefile, JSONP)",
    FIRE_PERIMETERS, read_fire_perimeters,
)  # fmt: skip
