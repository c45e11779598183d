"""Reads best-track files into ``Track``.

HURDAT2 is described in Landsea and Franklin (2013, Monthly Weather Review 141) and in the format
note beside the files of the National Hurricane Center: UTC, knots, nautical miles, hemisphere
letters; a header a storm, then the promised number of rows.
"""

import difflib
import re
from datetime import UTC, datetime
from pathlib import Path

from core.errors import WeatherError
from core.schemas.evidence.storms import HURDAT2
from core.units import KNOT_MPS, NAUTICAL_MILE_M
from weather.fields.storm import Quadrants, Track, TrackPoint, WindRadii
from weather.sources.lines import LineError, Lines, read_lines
from weather.sources.records import Kind, Records, Reject
from weather.sources.storms.points import describe_point, tabulate_points, wrap_degrees

_WHAT = "the HURDAT2 text file"

_HEADER = re.compile(r"[A-Z]{2}\d{6}")
_PLACE = re.compile(r"(\d+(?:\.\d+)?)([NSEW])")
_VALUES_WITHOUT_RMW, _VALUES_WITH_RMW = 20, 21
_RADII_COLUMN, _RMW_COLUMN = 8, 20
_MISSING = (-999, -99)
"""-999 marks any value that was not estimated; some depressions carry a wind of -99."""
_LANDFALL = "L"
_NEAR_IDS = 3
_WIND_KT = (0, 250)
_PRESSURE_HPA = (800, 1100)
_EXTENT_NMI = (0, 2000)
"""Widest believable values: beyond the records (190 kt, 870 hPa, Sandy's 34 kt winds to 500 nmi),
so that a shifted column or a broken digit is an error and not a storm."""


def read_hurdat2(path: Path, storm_id: str) -> Track:
    """One storm of a HURDAT2 file, in either layout (with or without the RMW column).

    Args:
        path: the file, holding one or many storms.
        storm_id: as in ``AL142018``; case does not matter.

    Returns:
        The storm's points in the file's order, landfall rows between six-hour marks included.

    Raises:
        WeatherError: the file cannot be opened, holds no storm or not this one, or a line of the
            storm is cut, out of order or unreadable; the message names the line and its value.
    """
    source = read_lines(path, _WHAT)
    wanted = storm_id.strip().upper()
    headers = _find_headers(source)
    if wanted not in headers:
        raise _unknown_storm(source.name, wanted, list(headers))
    return _parse_storm(source, wanted, headers[wanted])


def list_hurdat2(path: Path) -> tuple[str, ...]:
    """Ids of the storms of a HURDAT2 file, broken or not, in its order.

    Raises:
        WeatherError: the file cannot be opened or holds no storm.
    """
    source = read_lines(path, _WHAT)
    headers = _find_headers(source)
    if not headers:
        raise _unknown_storm(source.name, "", [])
    return tuple(headers)


def read_hurdat2_records(path: Path) -> Records:
    """Every storm of a HURDAT2 file; a broken one is rejected whole, the others stay.

    Raises:
        WeatherError: the file cannot be opened or holds no storm.
    """
    source = read_lines(path, _WHAT)
    headers = _find_headers(source)
    if not headers:
        raise _unknown_storm(source.name, "", [])
    rejects = _reject_before(source, min(numbers[0] for numbers in headers.values()))
    rows: list[dict[str, object]] = []
    for storm_id, numbers in headers.items():
        try:
            track = _parse_storm(source, storm_id, numbers)
        except LineError as error:
            rejects.append(error.reject)
            continue
        about = {"storm_id": storm_id, "name": track.name}
        rows += [
            about | describe_point(point) | {"is_landfall": point.is_landfall}
            for point in track.points
        ]
    return Records(tabulate_points(rows, HURDAT2), tuple(rejects))


def _find_headers(source: Lines) -> dict[str, list[int]]:
    """Lines of each storm's headers, in the file's order."""
    headers: dict[str, list[int]] = {}
    for number, line in enumerate(source.lines, start=1):
        if _HEADER.match(line.lstrip()):
            headers.setdefault(source.values(number)[0].upper(), []).append(number)
    return headers


def _reject_before(source: Lines, header: int) -> list[Reject]:
    """Lines before the first header are no storm's."""
    return [
        Reject(f"line {number}", f"{source.lines[number - 1]!r} comes before the first storm")
        for number in range(1, header) if source.lines[number - 1].strip()
    ]  # fmt: skip


def _parse_storm(source: Lines, storm_id: str, headers: list[int]) -> Track:
    header = headers[0]
    if len(headers) > 1:
        raise _twice(source, storm_id, headers)
    values = source.values(header)
    name, count = _parse_header(source, header, values)
    points: list[TrackPoint] = []
    for number in range(header + 1, header + 1 + count):
        point = _parse_row(source, number, header, count)
        if points and point.at_utc <= points[-1].at_utc:
            raise source.fail(
                number,
                f"{point.at_utc:%Y-%m-%d %H:%M} is not after the row before it",
                "Restore the file's own order, one row an instant",
            )
        points.append(point)
    _check_end(source, header, count)
    return Track(storm_id, name, tuple(points))


def _unknown_storm(file: str, wanted: str, known: list[str]) -> WeatherError:
    if not known:
        return WeatherError(
            f"reading {file}",
            "no line is the header of a HURDAT2 storm",
            "Give the text file of the HURDAT2 database, as in hurdat2-1851-2024.txt",
        )
    near = difflib.get_close_matches(wanted, known, n=_NEAR_IDS, cutoff=0) or known[:_NEAR_IDS]
    return WeatherError(
        f"reading {file}",
        f"it has no storm {wanted!r}; near ones are {', '.join(near)}",
        "Use basin, number and year, as in AL142018, and a file that covers the year",
    )


def _twice(source: Lines, wanted: str, headers: list[int]) -> WeatherError:
    lines = " and ".join(str(number) for number in headers)
    return source.fail(
        headers[-1],
        f"storm {wanted} is in the file more than once, in lines {lines}",
        "Keep the one that the weather service published last, with its rows",
    )


def _check_end(source: Lines, header: int, count: int) -> None:
    """Refuse rows past the number that the storm's header promises: half a storm is none."""
    more: list[int] = []
    for number in range(header + 1 + count, len(source.lines) + 1):
        line = source.lines[number - 1].strip()
        if _HEADER.match(line):
            break
        if line:
            more.append(number)
    if more:
        raise source.fail(
            header,
            f"the header promises {count} rows, but {count + len(more)} follow it; those in lines "
            f"{more[0]} to {more[-1]} are past its number",
            f"Write {count + len(more)} as its third value if the rows are this storm's, or fetch "
            "the file again",
        )


def _parse_header(source: Lines, number: int, values: list[str]) -> tuple[str, int]:
    header_values = 3
    if len(values) != header_values or not values[2].isdecimal() or int(values[2]) < 1:
        raise source.fail(
            number,
            f"the header {source.lines[number - 1]!r} does not give id, name and number of rows",
            "Restore the line from the published file",
        )
    return values[1], int(values[2])


def _parse_row(source: Lines, number: int, header: int, count: int) -> TrackPoint:
    if number > len(source.lines) or not source.lines[number - 1].strip():
        raise source.fail(
            number,
            f"the file ends after {number - header - 1} of the {count} rows "
            f"that the header in line {header} promises",
            "The file was cut; fetch it again",
        )
    if _HEADER.match(source.lines[number - 1].lstrip()):
        raise source.fail(
            number,
            f"the next storm begins after {number - header - 1} of the {count} rows that the "
            f"header in line {header} promises: {len(source.values(number))} "
            f"values where a row has {_VALUES_WITHOUT_RMW} or {_VALUES_WITH_RMW}",
            "Write the number of its rows into the header, or fetch the file again",
        )
    values = source.values(number)
    if len(values) not in (_VALUES_WITHOUT_RMW, _VALUES_WITH_RMW):
        raise source.fail(
            number,
            f"{len(values)} values where a row has {_VALUES_WITHOUT_RMW} or {_VALUES_WITH_RMW}: "
            f"{source.lines[number - 1]!r}",
            "Restore the line from the published file",
        )
    if _is_cut(source, number, header):
        raise source.fail(
            number, f"the file ends in the middle of the row: {source.lines[number - 1]!r}",
            "The file was cut; fetch it again",
        )  # fmt: skip
    try:
        return _parse_point(values)
    except ValueError as error:
        raise source.fail(number, str(error), "Restore the line from the published file") from error


def _is_cut(source: Lines, number: int, header: int) -> bool:
    """Whether the file's last line, without an end, lacks the comma that the row above ends in."""
    if number < len(source.lines) or number - 1 == header:
        return False
    above, last = (source.lines[k - 1].rstrip() for k in (number - 1, number))
    return above.endswith(",") and not last.endswith(",")


def _parse_point(values: list[str]) -> TrackPoint:
    rmw = values[_RMW_COLUMN] if len(values) == _VALUES_WITH_RMW else str(_MISSING[0])
    extents = values[_RADII_COLUMN:_RMW_COLUMN]
    return TrackPoint(
        at_utc=_parse_instant(values[0], values[1]),
        latitude_deg=_parse_degrees(values[4], "NS", "latitude"),
        longitude_deg=wrap_degrees(_parse_degrees(values[5], "EW", "longitude")),
        max_wind_mps=_scaled(_parse_number(values[6], _WIND_KT, "wind in knots"), KNOT_MPS),
        min_pressure_hpa=_parse_number(values[7], _PRESSURE_HPA, "pressure in hPa"),
        radii_m=WindRadii(
            _parse_extents(extents[0:4]), _parse_extents(extents[4:8]), _parse_extents(extents[8:])
        ),
        rmw_m=_parse_extent(rmw),
        status=values[3],
        is_landfall=values[2] == _LANDFALL,
    )


def _parse_instant(day: str, time: str) -> datetime:
    try:
        return datetime.strptime(f"{day} {time}", "%Y%m%d %H%M").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{day!r}, {time!r} is not a date YYYYMMDD and a time HHMM") from None


def _parse_degrees(value: str, letters: str, what: str) -> float:
    found = _PLACE.fullmatch(value)
    if found is None or found[2] not in letters:
        raise ValueError(f"{what} {value!r} is not degrees followed by {' or '.join(letters)}")
    return float(found[1]) * (1 if found[2] in "NE" else -1)


def _parse_number(value: str, believable: tuple[int, int], what: str) -> float | None:
    try:
        number = int(value)
    except ValueError:
        raise ValueError(f"{what} is {value!r}, not a whole number") from None
    if number in _MISSING:
        return None
    lowest, highest = believable
    if not lowest <= number <= highest:
        raise ValueError(f"{what} is {number}, outside {lowest} to {highest}")
    return float(number)


def _scaled(value: float | None, unit: float) -> float | None:
    return None if value is None else value * unit


def _parse_extent(value: str) -> float | None:
    return _scaled(_parse_number(value, _EXTENT_NMI, "radius in nautical miles"), NAUTICAL_MILE_M)


def _parse_extents(values: list[str]) -> Quadrants:
    north_east, south_east, south_west, north_west = map(_parse_extent, values)
    return (north_east, south_east, south_west, north_west)


KIND = Kind(
    "hurdat2", "Best tracks of tropical cyclones (NHC HURDAT2, text, either layout)",
    HURDAT2, read_hurdat2_records,
)  # fmt: skip
