"""A run's homes, worst first, held so that a tile of the map finds its own at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from core.damage import Decision, Status, Tier
from core.schemas.book import LOCATION_KEY
from reports.lists.ranking import RANK_COLUMNS, rank_findings
from web.tiles.places import LEVELS, interleave, to_world

_COLUMNS = (
    *RANK_COLUMNS, "building_id", "tier", "status", "incident_id", "pre_scene_id", "post_scene_id",
)  # fmt: skip
_OPTIONAL = ("reviewed_grade",)
_KEY_HEAD = "home"
TIERS = tuple(Tier)
DECISIONS = tuple(Decision)
STATUSES = tuple(Status)


@dataclass(frozen=True, slots=True)
class HomeFilter:
    """Which homes are shown; an empty set means all.

    Attributes:
        tiers: tiers shown.
        decisions: next steps shown.
        statuses: statuses shown.
    """

    tiers: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Homes:
    """A run's homes. Row numbers are ranks, 0 the worst.

    Attributes:
        event_id: the event.
        table: the columns above, worst first.
        lon: degrees, by row.
        lat: degrees, by row.
        order: rows in the order of ``places``.
        places: sorted Morton numbers of the homes at the finest level, so that those of a tile
            stand side by side.
        tier: index into ``TIERS`` by row.
        decision: index into ``DECISIONS`` by row.
        status: index into ``STATUSES`` by row.
        is_seen: whether a person reviewed the home, by row.
    """

    event_id: str
    table: pd.DataFrame
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    order: NDArray[np.int64]
    places: NDArray[np.uint64]
    tier: NDArray[np.int8]
    decision: NDArray[np.int8]
    status: NDArray[np.int8]
    is_seen: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.table)

    def choose(self, wanted: HomeFilter) -> NDArray[np.bool_] | None:
        """Which rows a filter shows; None for all."""
        chosen: NDArray[np.bool_] | None = None
        for codes, known, words in (
            (self.tier, TIERS, wanted.tiers), (self.decision, DECISIONS, wanted.decisions),
            (self.status, STATUSES, wanted.statuses),
        ):  # fmt: skip
            if words:
                is_one = np.array([str(each) in words for each in known])[codes]
                chosen = is_one if chosen is None else chosen & is_one
        return chosen

    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north of all homes, degrees; None where there are none."""
        if not len(self):
            return None
        edges = self.lon.min(), self.lat.min(), self.lon.max(), self.lat.max()
        west, south, east, north = map(float, edges)
        return west, south, east, north

    def home_id(self, row: int) -> str:
        """The id of a home across runs: its incident's, or else its key's."""
        home = self.table.iloc[row]
        if pd.notna(home["incident_id"]):
            return str(home["incident_id"])
        return "~".join([_KEY_HEAD, *(quote(str(home[name]), safe="") for name in LOCATION_KEY)])

    def find(self, home_id: str) -> int | None:
        """The row of a home by its id; None if this run has no such home."""
        head, *parts = home_id.split("~")
        if head != _KEY_HEAD or len(parts) != len(LOCATION_KEY):
            return _first(self.table["incident_id"] == home_id)
        is_it = np.ones(len(self), bool)
        for name, part in zip(LOCATION_KEY, parts, strict=True):
            is_it &= (self.table[name] == unquote(part)).to_numpy(bool)
        return _first(pd.Series(is_it))


def _first(is_it: "pd.Series[bool]") -> int | None:
    mask = is_it.fillna(value=False).to_numpy(bool)
    return int(mask.argmax()) if mask.any() else None


def read_homes(event_id: str, findings: Path) -> Homes:
    """Read a run's findings.

    Args:
        event_id: the event.
        findings: FINDINGS as GeoParquet.
    """
    known = set(pq.read_schema(findings).names)
    columns = [*_COLUMNS, *(name for name in _OPTIONAL if name in known), "geometry"]
    table = rank_findings(pd.read_parquet(findings, columns=columns))
    points = shapely.from_wkb(table.pop("geometry").to_numpy())
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    if "reviewed_grade" not in table:
        table["reviewed_grade"] = pd.Series(None, index=table.index, dtype="str")
    places = interleave(*to_world(lon, lat, LEVELS))
    order = np.argsort(places, kind="stable")
    is_seen = table["reviewed_grade"].notna().to_numpy(bool)
    return Homes(
        event_id, table, lon, lat, order, places[order],
        _code(table["tier"], TIERS), _code(table["decision"], DECISIONS),
        _code(table["status"], STATUSES), is_seen,
    )  # fmt: skip


def _code(words: "pd.Series[str]", known: Sequence[str]) -> NDArray[np.int8]:
    """Words as their index among those known."""
    return pd.Categorical(words.astype(object), categories=[str(each) for each in known]).codes
