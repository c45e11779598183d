"""A storm's best track from whichever file holds it."""

import re
from pathlib import Path

from weather.fields.storm import Track
from weather.sources.lines import read_lines
from weather.sources.storms.atcf import read_atcf
from weather.sources.storms.atcf_lines import looks_like_deck
from weather.sources.storms.hurdat2 import read_hurdat2
from weather.sources.storms.ibtracs import read_ibtracs

_WHAT = "a HURDAT2 file, an ATCF b-deck or a CSV of IBTrACS"
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
    first = next((line for line in read_lines(path, _WHAT).lines if line.strip()), "")
    if looks_like_deck(first):
        return read_atcf(path, storm_id)
    if _IBTRACS.match(first):
        return read_ibtracs(path, storm_id)
    return read_hurdat2(path, storm_id)
