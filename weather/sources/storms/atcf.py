"""Reads ATCF decks: best tracks (b-decks) and forecasts (a-decks) of tropical cyclones.

Format: "ATCF a/b/f-deck" notes of the Naval Research Laboratory. A line holds one wind radius of
one instant, so an instant has up to three. Places are tenths of a degree, winds knots, distances
nautical miles. 0 stands for what was not estimated, except in a radius whose wind has another.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path

from core.errors import WeatherError
from core.schemas.evidence.storms import ATCF
from weather.fields.storm import Track
from weather.sources.lines import LineError, Lines, read_lines
from weather.sources.records import Kind, Records, Reject
from weather.sources.storms.atcf_lines import DeckLine, looks_like_deck, parse_line
from weather.sources.storms.atcf_points import Fix, merge_lines
from weather.sources.storms.points import describe_point, tabulate_points

BEST = "BEST"
OFFICIAL = "OFCL"
_WHAT = "an ATCF deck, as in bal142018.dat"
_TECHNIQUE = 4
"""Where a line names it."""
_REMEDY = "Restore the line from the published deck"


def read_atcf_records(path: Path) -> Records:
    """Every fix and forecast of a deck; broken lines are rejected alone.

    Raises:
        WeatherError: the file cannot be opened or has no line of a deck.
    """
    source = _open(path)
    rejects: list[Reject] = []
    fixes = _collect(source, lambda error: rejects.append(error.reject))
    rows = []
    for fix in fixes:
        columns = describe_point(fix.point)
        rows.append(
            {
                "storm_id": fix.storm_id, "name": fix.name, "technique": fix.technique,
                "issued_at_utc": fix.issued_at_utc, "valid_at_utc": columns.pop("at_utc"),
                "forecast_hour": fix.forecast_hour, **columns,
            }
        )  # fmt: skip
    by_line = sorted(rejects, key=lambda reject: int(reject.place.split()[-1]))
    return Records(tabulate_points(rows, ATCF), tuple(by_line))


def read_atcf(path: Path, storm_id: str | None = None) -> Track:
    """The best track of a b-deck.

    Args:
        path: the deck.
        storm_id: as in ``AL112017``; may be left out where the deck has one storm.

    Raises:
        WeatherError: the file cannot be opened, has no best track, or not this storm's; or one
            of its lines is unreadable.
    """
    source = _open(path)
    fixes = [fix for fix in _collect(source, _raise_of(BEST, source)) if fix.technique == BEST]
    if not fixes:
        raise WeatherError(
            f"reading {path.name}", "it has no best track (no line of technique BEST)",
            "Give the storm's b-deck, as in bal142018.dat",
        )  # fmt: skip
    return _as_track(_of_storm(fixes, storm_id, path.name))


def read_forecast_track(
    path: Path, technique: str = OFFICIAL, issued_at_utc: datetime | None = None
) -> Track:
    """One forecast of an a-deck.

    Args:
        path: the deck.
        technique: as in ``OFCL``.
        issued_at_utc: synoptic instant that it starts from; the latest where it is left out.

    Returns:
        The forecast's points, the one at its start among them where the deck has it.

    Raises:
        WeatherError: the file cannot be opened, has no such forecast, or one of its lines is
            unreadable.
    """
    source = _open(path)
    wanted = technique.strip().upper()
    found = _collect(source, _raise_of(wanted, source))
    fixes = [fix for fix in found if fix.technique == wanted and fix.forecast_hour >= 0]
    issued = issued_at_utc or max((fix.issued_at_utc for fix in fixes), default=None)
    fixes = [fix for fix in fixes if fix.issued_at_utc == issued]
    if not fixes:
        known = sorted({f"{fix.technique} {fix.issued_at_utc:%Y-%m-%d %H:%M}" for fix in found})
        at = "" if issued is None else f" of {issued:%Y-%m-%d %H:%M}"
        raise WeatherError(
            f"reading {path.name}", f"it has no forecast {wanted}{at}",
            f"Give one that it has, as in {', '.join(known[-3:]) or 'OFCL'}",
        )  # fmt: skip
    return _as_track(_of_storm(fixes, None, path.name))


def _open(path: Path) -> Lines:
    source = read_lines(path, _WHAT)
    if not any(looks_like_deck(line) for line in source.lines):
        raise WeatherError(
            f"reading {path.name}", "no line is one of an ATCF deck", f"Give {_WHAT}"
        )
    return source


def _collect(source: Lines, on_error: Callable[[LineError], None]) -> list[Fix]:
    """The fixes of a deck in order of storm, technique, start and instant."""
    lines: list[DeckLine] = []
    for number, line in enumerate(source.lines, start=1):
        if not line.strip():
            continue
        try:
            if number == len(source.lines):
                _refuse_cut(source, number)
            lines.append(parse_line(number, source.values(number)))
        except ValueError as error:
            on_error(source.fail(number, str(error), _REMEDY))
    fixes: list[Fix] = []
    for _, group in groupby(sorted(lines, key=lambda each: each.key), key=lambda each: each.key):
        fix, problems = merge_lines(list(group))
        fixes.append(fix)
        for number, problem in problems:
            on_error(source.fail(number, problem, _REMEDY))
    return fixes


def _refuse_cut(source: Lines, number: int) -> None:
    """A last line without an end that is shorter than the one above it was cut.

    Raises:
        ValueError: it is.
    """
    above = next((line for line in reversed(source.lines[: number - 1]) if line.strip()), "")
    last = source.lines[number - 1]
    is_alike = above.split(",")[_TECHNIQUE : _TECHNIQUE + 1] == last.split(",")[_TECHNIQUE:][:1]
    if is_alike and last.count(",") < above.count(","):
        raise ValueError("the file ends in the middle of the line")


def _raise_of(technique: str, source: Lines) -> Callable[[LineError], None]:
    """Raises errors about lines of a technique, or of none that can be told."""

    def raise_or_pass(error: LineError) -> None:
        cells = source.values(error.number)
        if len(cells) <= _TECHNIQUE or cells[_TECHNIQUE].upper() == technique:
            raise error

    return raise_or_pass


def _of_storm(fixes: Sequence[Fix], storm_id: str | None, file: str) -> list[Fix]:
    known = sorted({fix.storm_id for fix in fixes})
    wanted = known[0] if storm_id is None and len(known) == 1 else (storm_id or "").strip().upper()
    if wanted not in known:
        raise WeatherError(
            f"reading {file}", f"it has no storm {wanted!r}; it has {', '.join(known)}",
            "Use basin, number and season, as in AL142018",
        )  # fmt: skip
    return [fix for fix in fixes if fix.storm_id == wanted]


def _as_track(fixes: Sequence[Fix]) -> Track:
    return Track(fixes[0].storm_id, _last_name(fixes), tuple(fix.point for fix in fixes))


def _last_name(fixes: Iterable[Fix]) -> str:
    """The name that a storm came to have; before, decks call it INVEST or by its number."""
    names = [fix.name for fix in fixes if fix.name is not None]
    return names[-1] if names else "UNNAMED"


KIND = Kind(
    "atcf", "Best tracks and forecasts of tropical cyclones (ATCF b-decks and a-decks, text)",
    ATCF, read_atcf_records,
)  # fmt: skip
