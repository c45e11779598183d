"""Reads ``CurrentStorms.json``: which tropical cyclones are alive, and where their products lie.

Documented in the center's "Tropical Cyclone Status JSON File Reference". Numbers are text: winds
in knots, pressure in hPa; the speed of movement is miles an hour.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from core.errors import WeatherError
from core.schemas.evidence.storms import CURRENT_STORMS, ZIP_PRODUCTS
from core.units import KNOT_MPS, MPH_MPS
from weather.sources.json_text import member, parse_instant, parse_json, read_number
from weather.sources.records import Kind, Records, Reject, read_bytes, tabulate

_WHAT = "CurrentStorms.json of the National Hurricane Center"
_ID = re.compile(r"[A-Z]{2}\d{6}", re.ASCII)
_PLACE = re.compile(r"(\d{1,3}(?:\.\d+)?)([NSEW])", re.ASCII)
_WIND_KT, _PRESSURE_HPA, _SPEED_MPH = (0, 250), (800, 1100), (0, 150)


@dataclass(frozen=True, slots=True)
class GisProduct:
    """A zip of shapefiles of a storm's advisory.

    Attributes:
        name: as in ``track_cone``.
        advisory: number, as in ``014``; None = it goes by no advisory.
        issued_at_utc: None = not said.
        zip_url: where it lies.
    """

    name: str
    advisory: str | None
    issued_at_utc: datetime | None
    zip_url: str


@dataclass(frozen=True, slots=True)
class CurrentStorm:
    """A storm that is alive.

    Attributes:
        storm_id: basin, number and year, as in ``EP052026``.
        name: as in ``Elida``.
        status: two letters, as in ``TS``.
        updated_at_utc: of the list.
        advisory: number of the last public advisory.
        issued_at_utc: of that advisory.
        longitude_deg: east positive.
        latitude_deg: north positive.
        max_wind_mps: highest 1-minute wind.
        min_pressure_hpa: central.
        moving_to_deg: clockwise from north.
        moving_mps: how fast.
        products: what can be fetched of it.
    """

    storm_id: str
    name: str | None
    status: str | None
    updated_at_utc: datetime | None
    advisory: str | None
    issued_at_utc: datetime | None
    longitude_deg: float
    latitude_deg: float
    max_wind_mps: float | None
    min_pressure_hpa: float | None
    moving_to_deg: float | None
    moving_mps: float | None
    products: tuple[GisProduct, ...]


@dataclass(frozen=True, slots=True)
class CurrentStorms:
    """What the list says.

    Attributes:
        storms: alive; none in quiet times.
        rejects: entries that cannot be understood.
    """

    storms: tuple[CurrentStorm, ...]
    rejects: tuple[Reject, ...]


def read_current_storms(source: bytes | Path) -> CurrentStorms:
    """The storms of the list; an entry that cannot be understood is rejected alone.

    Args:
        source: the file, or its bytes as fetched: the whole list, or one storm of it.

    Raises:
        WeatherError: it cannot be opened, or is no such list.
    """
    name = source.name if isinstance(source, Path) else "CurrentStorms.json"
    content = read_bytes(source, _WHAT) if isinstance(source, Path) else source
    entries = _find_entries(parse_json(content, name, _WHAT), name)
    storms: dict[str, CurrentStorm] = {}
    rejects: list[Reject] = []
    for number, entry in enumerate(entries, start=1):
        try:
            storm = _read_storm(entry)
        except ValueError as error:
            rejects.append(Reject(f"storm {number}", str(error)))
            continue
        if storm.storm_id in storms:
            rejects.append(Reject(f"storm {number}", f"{storm.storm_id} came before"))
        storms.setdefault(storm.storm_id, storm)
    return CurrentStorms(tuple(storms.values()), tuple(rejects))


def read_current_storm_records(path: Path) -> Records:
    """The same as a table; see ``read_current_storms``."""
    found = read_current_storms(path)
    rows = [_describe(storm) for storm in found.storms]
    table = pd.DataFrame(rows, columns=list(CURRENT_STORMS.columns))
    return Records(tabulate(table, CURRENT_STORMS), found.rejects)


def _find_entries(content: Any, name: str) -> list[Any]:
    entries = content
    if isinstance(content, dict):
        entries = content.get("activeStorms", [content] if "id" in content else None)
    if not isinstance(entries, list):
        raise WeatherError(
            f"reading {name}", "it has no list activeStorms", f"Give {_WHAT} as published"
        )
    return entries


def _read_storm(entry: Any) -> CurrentStorm:
    if not isinstance(entry, dict):
        raise ValueError("it is no storm")  # noqa: TRY004  a reject's reason
    storm_id = (member(entry, "id") or "").upper()
    if not _ID.fullmatch(storm_id):
        raise ValueError(f"id {storm_id!r} is not basin, number and year")
    public = _holder(entry, "publicAdvisory")
    wind = read_number(entry, "intensity", _WIND_KT)
    speed = read_number(entry, "movementSpeed", _SPEED_MPH)
    return CurrentStorm(
        storm_id, member(entry, "name"), member(entry, "classification"),
        parse_instant(member(entry, "lastUpdate"), "lastUpdate"),
        member(public, "advNum"), parse_instant(member(public, "issuance"), "issuance"),
        _read_degrees(entry, "longitude", 180), _read_degrees(entry, "latitude", 90),
        None if wind is None else wind * KNOT_MPS, read_number(entry, "pressure", _PRESSURE_HPA),
        read_number(entry, "movementDir", (0, 360)), None if speed is None else speed * MPH_MPS,
        _read_products(entry),
    )  # fmt: skip


def _read_degrees(entry: Mapping[str, Any], name: str, most: int) -> float:
    """Degrees as a number, or as text with a hemisphere, as in 122.5W."""
    number = read_number(entry, f"{name}Numeric", (-most, most))
    if number is not None:
        return number
    text = member(entry, name) or ""
    found = _PLACE.fullmatch(text)
    if found is None or float(found[1]) > most or (found[2] in "NS") != (name == "latitude"):
        raise ValueError(f"{name} {text!r} is no degrees with a hemisphere")
    return float(found[1]) * (1 if found[2] in "NE" else -1)


def _read_products(entry: Mapping[str, Any]) -> tuple[GisProduct, ...]:
    found = []
    for ours, theirs in ZIP_PRODUCTS.items():
        said = _holder(entry, theirs)
        url = member(said, "zipFile")
        if url is not None:
            issued = parse_instant(member(said, "issuance"), "issuance")
            found.append(GisProduct(ours, member(said, "advNum"), issued, url))
    return tuple(found)


def _holder(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = entry.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{name} is no object")  # noqa: TRY004  a reject's reason
    return value


def _describe(storm: CurrentStorm) -> dict[str, Any]:
    columns = {
        name: getattr(storm, name) for name in CURRENT_STORMS.columns if hasattr(storm, name)
    }
    links = {f"{product.name}_zip_url": product.zip_url for product in storm.products}
    place = shapely.Point(storm.longitude_deg, storm.latitude_deg)
    return columns | links | {"geometry": place}


KIND = Kind(
    "current_storms", "Tropical cyclones alive now (NHC CurrentStorms.json)",
    CURRENT_STORMS, read_current_storm_records,
)  # fmt: skip
