"""A home's hazards in plain words, with product and time; US units first, SI beside. Pure."""

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd

from core.hazards.kinds import HazardKind
from core.schemas.book import LOCATION_KEY
from core.units import FOOT_M, INCH_M, MILE_M, MPH_MPS

PHRASE_SEPARATOR = "; "
"""Between the phrases of a home's hazards."""

WORDS_COLUMN = "hazards_in_words"
_TRACK = "track:"
"""Products that are fields of a track know when rain fell; rasters hold a sum of a time."""
_M_PER_KM = 1000
_MM_PER_M = 1000
_NAMES = MappingProxyType(
    {
        HazardKind.SURGE: "surge depth",
        HazardKind.RIVER_FLOOD: "river flood depth",
    }
)
"""Kinds that are not called as their code is, where their strength is known."""


class _Spelling(NamedTuple):
    """How values of an SI unit are said to people in the United States."""

    unit: str
    si_per_unit: float
    digits: int
    si_digits: int


_SPELLINGS = MappingProxyType(
    {
        "m/s": _Spelling("mph", MPH_MPS, 0, 0),
        "mm": _Spelling("in", INCH_M * _MM_PER_M, 1, 0),
        "m": _Spelling("ft", FOOT_M, 1, 1),
    }
)


def tell_strength(value: float, unit: str | None, measure: str | None = None) -> str:
    """``62 mph sustained (28 m/s)``; as stated where people say it in no other unit.

    Args:
        value: in ``unit``.
        unit: as HAZARD_ROWS and HAZARD_AREAS have it; None = the product states none.
        measure: what of the hazard was measured, a word behind the unit.
    """
    spelling = _SPELLINGS.get(unit or "")
    if spelling is None:
        return " ".join(filter(None, (f"{round(value, 1):g}", unit, measure)))
    said = f"{value / spelling.si_per_unit:.{spelling.digits}f} {spelling.unit}"
    si = f"({value:.{spelling.si_digits}f} {unit})"
    return " ".join(filter(None, (said, measure, si)))


def tell_hazard(row: Mapping[Hashable, Any]) -> str | None:
    """One row of HAZARD_ROWS in words; None where the hazard was not there, or nobody knows.

    As in ``wind 62 mph sustained (28 m/s) by track:AL142018, strongest 2018-10-10 18:10Z``.
    """
    strength = row["value"]
    is_unknown = pd.isna(strength)
    if not row["is_reached"] and (is_unknown or strength <= 0):
        return None
    kind = HazardKind(row["hazard"])
    if is_unknown:
        said = f"{spell_kind(kind)} of unknown strength"
    else:
        measured = tell_strength(strength, _known(row["unit"]), _known(row.get("measure")))
        said = f"{_NAMES.get(kind, spell_kind(kind))} {measured}"
    return ", ".join(filter(None, (f"{said} by {row['product']}", *_tell_circumstances(row))))


def tell_home_hazards(rows: pd.DataFrame) -> pd.DataFrame:
    """What every home's hazards were in words: ``LOCATION_KEY`` and ``hazards_in_words``.

    Those that reached their thresholds come first; a home without any has no row.

    Args:
        rows: HAZARD_ROWS.
    """
    ordered = rows.sort_values("is_reached", ascending=False, kind="stable")
    words = pd.Series(map(tell_hazard, ordered.to_dict("records")), ordered.index, dtype="str")
    told = ordered[LOCATION_KEY].assign(**{WORDS_COLUMN: words}).dropna(subset=[WORDS_COLUMN])
    if told.empty:
        return told.reset_index(drop=True)
    phrases = told.groupby(LOCATION_KEY, sort=False)[WORDS_COLUMN].agg(PHRASE_SEPARATOR.join)
    return phrases.astype("str").reset_index()


def spell_kind(kind: HazardKind) -> str:
    """``river flood`` for ``river_flood``."""
    return kind.value.replace("_", " ")


def tell_minute(instant: Any) -> str | None:
    """``2018-10-10 18:10Z``; None where it is missing."""
    return None if pd.isna(instant) else f"{instant:%Y-%m-%d %H:%M}Z"


def _tell_circumstances(row: Mapping[Hashable, Any]) -> tuple[str | None, ...]:
    """When it was strongest, when that was published, how far off, and whether it was enough."""
    peak, issued = tell_minute(row["peak_at_utc"]), tell_minute(row["issued_at_utc"])
    peaked = "strongest"
    if row["hazard"] == HazardKind.RAIN:
        peaked = "half fallen" if row["product"].startswith(_TRACK) else "as of"
    distance = row["distance_m"]
    return (
        peak and f"{peaked} {peak}",
        issued and f"issued {issued}",
        _tell_distance(distance) if distance > 0 else None,
        None if row["is_reached"] else "below its threshold",
    )


def _tell_distance(distance_m: float) -> str:
    miles, km = distance_m / MILE_M, distance_m / _M_PER_KM
    return f"taken {miles:.1f} mi ({km:.1f} km) away"


def _known(text: Any) -> str | None:
    return None if pd.isna(text) else str(text)
