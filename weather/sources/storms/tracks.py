"""A storm's best track from whichever file holds it."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from weather.fields.storm import Track
from weather.sources.lines import read_lines
from weather.sources.storms.atcf import BEST, read_atcf, read_atcf_records
from weather.sources.storms.atcf_lines import looks_like_deck
from weather.sources.storms.hurdat2 import list_hurdat2, read_hurdat2
from weather.sources.storms.ibtracs import read_ibtracs, read_ibtracs_records

_WHAT = "a HURDAT2 file, an ATCF b-deck or a CSV of IBTrACS"
_ReadTrack = Callable[[Path, str], Track]
_ListStorms = Callable[[Path], Iterable[str]]
_IBTRACS = re.compile(r"\s*\"?SID\"?\s*,")


def read_track(path: Path, storm_id: str) -> Track:
    """A storm's best track; what the file is, its first line with text says.

    Args:
        path: a HURDAT2 file (any other text is taken for one), an ATCF b-deck or an IBTrACS CSV.
        storm_id: as in ``AL142018``; of IBTrACS its SID too.

    Raises:
        WeatherError: the file cannot be opened, is none of these, has no such storm, or one of
            the storm's lines is wrong.
    """
    return _choose(path)[0](path, storm_id)


def list_storms(path: Path) -> frozenset[str]:
    """Ids of the storms of a file of best tracks; of IBTrACS SIDs and those of US agencies.

    Raises:
        WeatherError: the file cannot be opened or is none of the three.
    """
    return frozenset(_choose(path)[1](path))


def _choose(path: Path) -> tuple[_ReadTrack, _ListStorms]:
    first = next((line for line in read_lines(path, _WHAT).lines if line.strip()), "")
    if looks_like_deck(first):
        return read_atcf, _list_atcf
    if _IBTRACS.match(first):
        return read_ibtracs, _list_ibtracs
    return read_hurdat2, list_hurdat2


def _list_atcf(path: Path) -> Iterable[str]:
    table = read_atcf_records(path).table
    return table.loc[table["technique"] == BEST, "storm_id"]


def _list_ibtracs(path: Path) -> Iterable[str]:
    table = read_ibtracs_records(path).table
    return [*table["storm_id"], *table["usa_atcf_id"].dropna()]
