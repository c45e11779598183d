"""Reads damage surveys of the National Weather Service: statements in words, and drawn tracks.

The content tells which: GeoJSON of the Damage Assessment Toolkit begins with a brace.
"""

from pathlib import Path

import pandas as pd

from core.errors import WeatherError
from core.schemas.evidence.reports import DAMAGE_SURVEYS
from weather.sources.cells import decode
from weather.sources.records import Kind, Records, Reject, read_bytes, tabulate
from weather.sources.reports.survey_shapes import read_shapes
from weather.sources.reports.survey_text import read_statement

_WHAT = "a survey statement (PNS text) or GeoJSON of surveyed tracks, points or areas"


def read_damage_surveys(path: Path) -> Records:
    """The tracks, points and areas of a file.

    Raises:
        WeatherError: the file is neither, or holds no survey.
    """
    text = decode(read_bytes(path, _WHAT))
    try:
        found = list(read_shapes(text) if text.lstrip().startswith("{") else read_statement(text))
    except ValueError as error:
        raise _no_survey(path, str(error)) from error
    if not found:
        raise _no_survey(path, "it holds no survey")
    rows = [each for each in found if not isinstance(each, Reject)]
    table = pd.DataFrame(rows, columns=list(DAMAGE_SURVEYS.columns))
    for column in ("started_at_utc", "ended_at_utc"):
        table[column] = pd.to_datetime(table[column], utc=True)
    rejects = tuple(each for each in found if isinstance(each, Reject))
    return Records(tabulate(table, DAMAGE_SURVEYS), rejects)


def _no_survey(path: Path, problem: str) -> WeatherError:
    return WeatherError(f"reading {path.name}", problem, f"Give {_WHAT} as published")


KIND = Kind(
    "damage_surveys", "Damage surveys: tracks, points, areas (NWS, PNS text or GeoJSON)",
    DAMAGE_SURVEYS, read_damage_surveys,
)  # fmt: skip
