"""Several hazards as one: a home is in the path of any, and keeps each one's own row. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.grid import Bounds
from core.schemas.hazards import HAZARD_ROWS, HAZARDS
from core.tables import check_table, join_codes, split_codes
from weather.hazards.footprint import HazardFootprint, join_footprints
from weather.hazards.hazard import Hazard, read_points

_STRENGTHS = ("sustained_wind_mps", "gust_mps", "rain_mm")
_CHANCES = ("prior_damage", "prior_severe")
_OF_LEADING = ("loss_at_utc", "loss_until_utc", "leading_hazard")


@dataclass(frozen=True, slots=True)
class UnionHazard:
    """Hazards of one event, each from its own evidence."""

    parts: tuple[Hazard, ...]
    """At least one, the event's primary first."""

    def footprint(self, near: Bounds | None = None) -> HazardFootprint:
        """Where any of them is; see ``Hazard``."""
        first, *others = (part.footprint(near) for part in self.parts)
        for other in others:
            first = join_footprints(first, other)
        return first

    def find_in_path(self, locations: gpd.GeoDataFrame) -> NDArray[np.bool_]:
        """Which locations any of them reached; see ``Hazard``."""
        return np.asarray(self._find_each(locations).any(axis=0), np.bool_)

    def rows(self, locations: gpd.GeoDataFrame) -> pd.DataFrame:
        """Each hazard's own rows; see ``Hazard``.

        An area's row is of the homes that lie in it, as how strong it is elsewhere is not known.
        """
        each = self._find_each(locations)
        tables = [
            _of_reached(part.rows, locations, reached)
            for part, reached in zip(self.parts, each, strict=True)
        ]
        filled = [table for table in tables if len(table)] or tables[:1]
        table = pd.concat(filled, ignore_index=True).drop_duplicates(
            (HAZARD_ROWS.metadata or {})["key"]
        )
        checked: pd.DataFrame = check_table(table, HAZARD_ROWS)
        return checked

    def assess(self, locations: gpd.GeoDataFrame) -> pd.DataFrame:
        """The strongest of each; dates and words of the hazard that weighs most. See ``Hazard``.

        Chances are the largest of the hazards that reached a home: they strike together, so they
        are not taken to be independent. The loss instant is that of the hazard whose chance of
        damage is the largest.
        """
        each = self._find_each(locations)
        tables = [part.assess(locations) for part in self.parts]
        table = tables[0].copy()
        for name in _STRENGTHS:
            table[name] = _largest(np.stack([t[name].to_numpy(np.float64) for t in tables]))
        chances = {name: np.stack([t[name].to_numpy() for t in tables]) for name in _CHANCES}
        for name, values in chances.items():
            table[name] = np.where(each, values, 0.0).max(axis=0)
        leading = np.where(each, chances["prior_damage"], -1.0).argmax(axis=0)
        for name in _OF_LEADING:
            table[name] = _pick([t[name] for t in tables], leading)
        words = [
            _words(t["hazard_reason"], reached) for t, reached in zip(tables, each, strict=True)
        ]
        bases = [
            _words(t["hazard_basis"], reached) for t, reached in zip(tables, each, strict=True)
        ]
        table["hazard_reason"] = _join(words)
        table["hazard_basis"] = _join(bases).fillna(tables[0]["hazard_basis"])
        checked: pd.DataFrame = check_table(table, HAZARDS)
        return checked

    def _find_each(self, locations: gpd.GeoDataFrame) -> NDArray[np.bool_]:
        """``(hazards, locations)``; True = this one reached it."""
        read_points(locations)
        return np.stack([part.find_in_path(locations) for part in self.parts])


def _of_reached(
    rows: Callable[[gpd.GeoDataFrame], pd.DataFrame],
    locations: gpd.GeoDataFrame,
    reached: NDArray[np.bool_],
) -> pd.DataFrame:
    return rows(locations[reached].reset_index(drop=True))


def _largest(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Over hazards; NaN where none is known."""
    known = np.where(np.isfinite(values), values, -np.inf).max(axis=0)
    return np.where(np.isfinite(known), known, np.nan)


def _pick(columns: Sequence["pd.Series[object]"], which: NDArray[np.intp]) -> "pd.Series[object]":
    """Of each row the value of one column."""
    picked = columns[0].copy()
    for number, column in enumerate(columns[1:], start=1):
        picked = picked.where(which != number, column)
    return picked


def _words(codes: "pd.Series[str]", reached: NDArray[np.bool_]) -> list[list[str]]:
    return [
        split_codes(code) if is_reached and isinstance(code, str) else []
        for code, is_reached in zip(codes, reached, strict=True)
    ]


def _join(words: Sequence[list[list[str]]]) -> "pd.Series[str]":
    """Codes of all hazards, each once, in their order; missing where there are none."""
    joined = [
        join_codes(dict.fromkeys(word for part in parts for word in part)) or None
        for parts in zip(*words, strict=True)
    ]
    return pd.Series(joined, dtype="str")


_HAZARDS: tuple[type[Hazard], ...] = (UnionHazard,)
