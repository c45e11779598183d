"""One line of an ATCF deck: one wind radius of one instant."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.units import KNOT_MPS, NAUTICAL_MILE_M
from weather.fields.storm import RADII_WINDS_KT, UNKNOWN, Quadrants
from weather.sources.storms.points import wrap_degrees

_LINE = re.compile(r"\s*[A-Z]{2}\s*,\s*\d{1,2}\s*,\s*\d{10}\s*,", re.IGNORECASE | re.ASCII)
_PLACE = re.compile(r"(\d{1,4})([NSEW])", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,6}", re.ASCII)
_FEWEST_VALUES = 9
"""Up to the wind; the oldest decks end early."""
_ALL_VALUES = 28
_SOUTHERN_BASINS = ("SH", "SI", "SP")
_SEASON_BEGINS_IN_JULY = 7
_FULL_CIRCLE = "AAA"
_BEST = "BEST"
_NOT_GIVEN = (0, -99, -999, 9999)
_HOURS = (-240, 480)
_WIND_KT, _PRESSURE_HPA, _EXTENT_NMI = (0, 250), (800, 1100), (0, 2000)
"""As for HURDAT2: beyond the records."""
_TENTHS = 10


@dataclass(frozen=True, slots=True)
class DeckLine:
    """What a line says.

    Attributes:
        number: of the line, the first is 1.
        storm_id: basin, number and season, as in ``AL142018``.
        technique: as in ``BEST``.
        issued_at_utc: what the technique started from; of best tracks the instant itself.
        valid_at_utc: when the storm is there.
        forecast_hour: between the two.
        latitude_deg: north positive.
        longitude_deg: -180 to 180.
        max_wind_mps: None = not given.
        min_pressure_hpa: None = not given.
        status: two letters, or empty.
        radius_wind_kt: wind of the radius, 0 = the line has none.
        extent_m: of that wind by quadrant.
        rmw_m: None = not given.
        name: None = not given.
    """

    number: int
    storm_id: str
    technique: str
    issued_at_utc: datetime
    valid_at_utc: datetime
    forecast_hour: int
    latitude_deg: float
    longitude_deg: float
    max_wind_mps: float | None
    min_pressure_hpa: float | None
    status: str
    radius_wind_kt: int
    extent_m: Quadrants
    rmw_m: float | None
    name: str | None

    @property
    def key(self) -> tuple[str, str, datetime, datetime]:
        """What lines of one fix share."""
        return (self.storm_id, self.technique, self.issued_at_utc, self.valid_at_utc)

    @property
    def fix(self) -> tuple[object, ...]:
        """What lines of one fix must agree on."""
        return (self.latitude_deg, self.longitude_deg, self.max_wind_mps)


def looks_like_deck(line: str) -> bool:
    """Whether a line begins as those of a deck do."""
    return _LINE.match(line) is not None


def parse_line(number: int, values: list[str]) -> DeckLine:
    """A line's values as what they say.

    Raises:
        ValueError: one is missing or unreadable; the message quotes it.
    """
    if len(values) < _FEWEST_VALUES:
        raise ValueError(f"{len(values)} values where a line has at least {_FEWEST_VALUES}")
    cells = values + [""] * (_ALL_VALUES - len(values))
    technique = cells[4].upper()
    if not technique:
        raise ValueError("the technique is missing")
    hour = _whole(cells[5] or "0", "forecast hour", _HOURS)
    issued = _parse_instant(cells[2], cells[3] if technique == _BEST else "")
    radius, extent = _parse_radius(cells[11:17])
    latitude, longitude = _parse_place(cells[6], cells[7])
    return DeckLine(
        number, _storm_id(cells[0], cells[1], issued), technique, issued,
        issued + timedelta(hours=hour), hour, latitude, longitude,
        _measure(cells[8], "wind in knots", _WIND_KT, KNOT_MPS),
        _measure(cells[9], "pressure in hPa", _PRESSURE_HPA, 1.0),
        cells[10], radius, extent,
        _measure(cells[19], "radius of maximum wind", _EXTENT_NMI, NAUTICAL_MILE_M),
        cells[27] or None,
    )  # fmt: skip


def _parse_instant(hour: str, minute: str) -> datetime:
    """Of best tracks the fourth value is the minute, of others the technique's number."""
    try:
        at = datetime.strptime(hour, "%Y%m%d%H").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{hour!r} is not a date and hour YYYYMMDDHH") from None
    return at + timedelta(minutes=_whole(minute or "0", "minute", (0, 59)))


def _storm_id(basin: str, storm: str, at_utc: datetime) -> str:
    """Basin, number and season; the southern one is named after the year in which it ends."""
    basin = basin.upper()
    if not re.fullmatch("[A-Z]{2}", basin):
        raise ValueError(f"basin {basin!r} is not two letters")
    is_early = basin in _SOUTHERN_BASINS and at_utc.month >= _SEASON_BEGINS_IN_JULY
    return f"{basin}{_whole(storm, 'storm number', (0, 99)):02d}{at_utc.year + is_early}"


def _parse_place(latitude: str, longitude: str) -> tuple[float, float]:
    """Degrees; 0 north and 0 west stand for no place, as forecasts without one have it."""
    north, east = _tenths(latitude, "NS", "latitude"), _tenths(longitude, "EW", "longitude")
    if north == 0 and east == 0:
        raise ValueError(f"{latitude!r}, {longitude!r} stands for no place")
    if abs(north) > 90 or abs(east) > 360:  # noqa: PLR2004  degrees
        raise ValueError(f"no place has latitude {latitude!r} and longitude {longitude!r}")
    return north, wrap_degrees(east)


def _tenths(value: str, letters: str, what: str) -> float:
    found = _PLACE.fullmatch(value.upper())
    if found is None or found[2] not in letters:
        raise ValueError(
            f"{what} {value!r} is not tenths of a degree followed by {' or '.join(letters)}"
        )
    return int(found[1]) / _TENTHS * (1 if found[2] in "NE" else -1)


def _parse_radius(cells: list[str]) -> tuple[int, Quadrants]:
    """The wind of a radius and its extents; 0 and unknown where the line has none."""
    wind, code, *extents = cells
    wind_kt = _whole(wind or "0", "wind of the radius", (0, 250))
    if wind_kt == 0:
        return 0, UNKNOWN
    if wind_kt not in RADII_WINDS_KT:
        raise ValueError(f"wind of the radius is {wind!r}, not one of 34, 50, 64")
    values = [_extent(value) for value in extents]
    if code.upper() == _FULL_CIRCLE:
        values = values[:1] * 4
    elif code.upper() != "NEQ":
        raise ValueError(f"code of the radius is {code!r}, neither NEQ nor AAA")
    north_east, south_east, south_west, north_west = values
    return wind_kt, (north_east, south_east, south_west, north_west)


def _extent(value: str) -> float | None:
    if value in {"", "-99", "-999"}:
        return None
    return _whole(value, "radius in nautical miles", _EXTENT_NMI) * NAUTICAL_MILE_M


def _measure(value: str, what: str, believable: tuple[int, int], unit: float) -> float | None:
    if value == "" or _whole(value, what) in _NOT_GIVEN:
        return None
    return _whole(value, what, believable) * unit


def _whole(value: str, what: str, believable: tuple[int, int] | None = None) -> int:
    if not _WHOLE.fullmatch(value):
        raise ValueError(f"{what} is {value!r}, not a whole number")
    lowest, highest = believable or (-(10**6), 10**6)
    if not lowest <= int(value) <= highest:
        raise ValueError(f"{what} is {value}, outside {lowest} to {highest}")
    return int(value)
