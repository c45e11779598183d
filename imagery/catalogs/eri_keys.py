"""What the keys of NOAA's Emergency Response Imagery say: day, flight, corner. Pure.

The styles are those of the bucket ``noaa-eri-pds``, 2005 to 2026. Tiles in degrees give their
north-west corner as ``DDDMMSSwDDMMSSn``, after the flight, a survey's name or nothing; those of
2009 to 2011 give metres of a UTM zone that their folder names. Days stand in the folder or the
name as ``20200307``, as ``20170915_16`` for two days, or as ``aug30`` of the event's year; surveys
before a season tell the year alone.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from core.grid import WGS84

ARC_SECOND_DEG = 1 / 3600
LAST_YEAR_OF_LARGE_TILES = 2020
LARGE_TILE_S = 90
SMALL_TILE_S = 45
"""Tiles are 90 arc seconds a side through 2020 and 45 since."""
CUT_S = 1
"""Some names cut a corner's second: 30'44" stands for 30'45"; it lies on the tiles' grid."""
UTM_TILE_M = 2500.0
LAST_NAD83_ZONE = 23
DEG_AN_HOUR = 15.0
"""The sun's way over the ground."""
LONGEST_DAY = timedelta(hours=26)
"""From a day's earliest start to its latest end as ``end_of_local_day`` takes it: an hour of
summer time and an hour for zones drawn wide of the sun's."""

_MAX_LATITUDE_DEG, _MAX_LONGITUDE_DEG = 90.0, 180.0
_CORNER = re.compile(
    r"(?P<longitude>\d{7})(?P<east>[we])(?P<latitude>\d{6})(?P<north>[ns])\.tiff?", re.IGNORECASE
)
_METRES = re.compile(r"(?<!\d)(?P<x>\d{6})e(?P<y>\d{7})n\.tiff?", re.IGNORECASE)
_ZONE = re.compile(r"utm_?zone_?(\d{1,2})(?!\d)", re.IGNORECASE)
_DAY = re.compile(r"(?<!\d)(?P<day>20\d{6})(?:_(?P<last>\d{2})(?!\d))?(?!\d)")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH_DAY = re.compile(rf"(?<![a-z])(?P<month>{'|'.join(_MONTHS)})(?P<day>\d{{2}})", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
_SURVEY = re.compile(r"pre_?-?event", re.IGNORECASE)
_NOT_VISIBLE = re.compile(r"(?<![a-z])(nir|cir|ir|thermal|lidar|dsm|dem)(?![a-z])", re.IGNORECASE)
_OBLIQUE = re.compile(r"oblique", re.IGNORECASE)


class UnreadableKeyError(ValueError):
    """A key that does not say what its tile is."""


@dataclass(frozen=True, slots=True)
class TileKey:
    """What a key says.

    Attributes:
        extent: the tile by its name, EPSG:4326; its file reaches some 11 m over it.
        began_at_utc: the first instant that the tile may show.
        ended_at_utc: the last.
    """

    extent: BaseGeometry
    began_at_utc: datetime
    ended_at_utc: datetime


def tell_no_picture(key: str) -> str | None:
    """Why a key names no picture from above in visible light, or None."""
    flight = key.partition("/")[2].rpartition("/")[0]
    if _NOT_VISIBLE.search(flight):
        return "its folder is not of visible light"
    return "its folder is of oblique pictures" if _OBLIQUE.search(flight) else None


def parse_key(key: str, stored_at_utc: datetime | None = None) -> TileKey:
    """Take a key apart.

    Args:
        key: as listed, from the event's folder on.
        stored_at_utc: when the object was put there: where the key tells the year alone, the tile
            was flown before.

    Raises:
        UnreadableKeyError: it says no corner or no day.
    """
    event, _, rest = key.partition("/")
    folders, _, name = rest.rpartition("/")
    corner = _CORNER.search(name)
    before = name if corner is None else name[: corner.start()]
    days = _find_days(folders, event) or _find_days(before, event)
    year = _find_year(event) if days is None else days[1].year
    if year is None or (days is None and not _SURVEY.search(key)):
        raise UnreadableKeyError("it says no day")
    extent = _find_extent(corner, name, folders, year)
    first, last = days or (date(year, 1, 1), date(year, 12, 31))
    longitude = extent.bounds[0]
    began = end_of_local_day(first, longitude) - LONGEST_DAY
    ended = end_of_local_day(last, longitude)
    if days is None and stored_at_utc is not None and began < stored_at_utc:
        ended = min(ended, stored_at_utc)
    return TileKey(extent, began, ended)


def end_of_local_day(day: date, longitude_deg: float) -> datetime:
    """The latest instant, UTC, that may still be that day at a longitude.

    By the sun, rounded up to whole hours: no zone of the United States ends its day later.
    """
    midnight = datetime.combine(day + timedelta(days=1), time(), UTC)
    return midnight + timedelta(hours=math.ceil(-longitude_deg / DEG_AN_HOUR))


def _find_days(text: str, event: str) -> tuple[date, date] | None:
    """First and last day in a folder or before a name's corner."""
    found, spelt, year = _DAY.search(text), _MONTH_DAY.search(text), _find_year(event)
    try:
        if found is not None:
            digits = found["day"]
            first = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
            last = first if found["last"] is None else first.replace(day=int(found["last"]))
            return first, max(first, last)
        if spelt is None or year is None:
            return None
        day = date(year, _MONTHS.index(spelt["month"].lower()) + 1, int(spelt["day"]))
    except ValueError as error:
        raise UnreadableKeyError(str(error)) from error
    return day, day


def _find_year(event: str) -> int | None:
    found = _YEAR.search(event)
    return None if found is None else int(found[0])


def _find_extent(corner: re.Match[str] | None, name: str, folders: str, year: int) -> BaseGeometry:
    if corner is None:
        metres, zone = _METRES.search(name), _ZONE.search(folders)
        if metres is None or zone is None:
            raise UnreadableKeyError("it does not end in a tile's corner")
        return _utm_box(float(metres["x"]), float(metres["y"]), int(zone[1]))
    side = LARGE_TILE_S if year <= LAST_YEAR_OF_LARGE_TILES else SMALL_TILE_S
    west = _seconds(corner["longitude"], side) * (-1 if corner["east"].lower() == "w" else 1)
    north = _seconds(corner["latitude"], side) * (-1 if corner["north"].lower() == "s" else 1)
    box = [second * ARC_SECOND_DEG for second in (west, north - side, west + side, north)]
    if abs(box[0]) > _MAX_LONGITUDE_DEG or abs(box[3]) > _MAX_LATITUDE_DEG:
        raise UnreadableKeyError("the corner is not on the Earth")
    return shapely.box(*box)


def _seconds(text: str, side_s: int) -> int:
    """``DDDMMSS`` or ``DDMMSS`` in arc seconds, on the tiles' grid where only a second is cut."""
    seconds = int(text[:-4]) * 3600 + int(text[-4:-2]) * 60 + int(text[-2:])
    on_grid = round(seconds / side_s) * side_s
    return on_grid if abs(on_grid - seconds) <= CUT_S else seconds


def _utm_box(west_m: float, north_m: float, zone: int) -> BaseGeometry:
    """A tile of a UTM zone of NAD83, by its north-west corner."""
    if not 1 <= zone <= LAST_NAD83_ZONE:
        raise UnreadableKeyError(f"there is no UTM zone {zone} of NAD83")
    to_degrees = Transformer.from_crs(f"EPSG:269{zone:02}", WGS84, always_xy=True)
    x = [west_m, west_m + UTM_TILE_M, west_m + UTM_TILE_M, west_m]
    y = [north_m, north_m, north_m - UTM_TILE_M, north_m - UTM_TILE_M]
    return shapely.Polygon(zip(*to_degrees.transform(x, y), strict=True))
