"""The answer under way: which building each row has so far, and how it is written down."""

from dataclasses import dataclass, field
from typing import Self

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from core.damage import Status
from core.schemas.book import LOCATION_KEY, MATCHES
from core.tables import CODE_SEPARATOR, check_table
from policies.matching.geocode import (
    compute_confidence,
    compute_is_automatic,
)
from policies.matching.ground import Floats, Places

MATCHED = "matched"
INSIDE, NEAREST = "inside", "nearest"
SEVERAL_BUILDINGS = "several_buildings"
"""Reason code of a row that stands for several buildings, matched or not."""
FLATS = (1052,)
"""OED OccupancyCode of homes that share a building by nature (multi-family dwellings)."""
MAX_OTHERS = 12
"""So many other buildings are kept of a row."""


@dataclass(slots=True, eq=False)
class Answer:
    """Columns of MATCHES under way, ``(rows,)`` each; ``building`` is -1 for none.

    ``inside`` is the one building that the point lies in, whatever is answered; ``others`` are
    rows and buildings beside the answer that are kept as evidence.
    """

    status: NDArray[np.object_]
    reason: NDArray[np.object_]
    building: Places
    inside: Places
    method: NDArray[np.object_]
    distance_m: Floats
    count: NDArray[np.int64]
    others: list[tuple[Places, Places]] = field(default_factory=list)

    @classmethod
    def empty(cls, count: int) -> Self:
        """Nothing found yet."""
        return cls(
            np.full(count, str(Status.NO_BUILDING_MATCH), dtype=object),
            np.full(count, "nothing_in_radius", dtype=object),
            np.full(count, -1, dtype=np.intp),
            np.full(count, -1, dtype=np.intp),
            np.full(count, None, dtype=object),
            np.full(count, np.nan),
            np.zeros(count, dtype=np.int64),
        )

    def say(self, rows: Places | NDArray[np.bool_], status: str, reason: str) -> None:
        """Give rows a status and its reason."""
        self.status[rows] = str(status)
        self.reason[rows] = reason

    def match(
        self, rows: Places, building: Places, method: str, reason: str, distance_m: Floats | float
    ) -> None:
        """Give rows a building; a building that the point lies in is remembered."""
        self.say(rows, MATCHED, reason)
        if method == INSIDE:
            self.inside[rows] = building
        self.building[rows] = building
        self.method[rows] = method
        self.distance_m[rows] = distance_m

    def forget(self, rows: Places) -> None:
        """Take the buildings of rows away."""
        self.building[rows] = -1
        self.method[rows] = None
        self.distance_m[rows] = np.nan

    def keep(self, rows: Places, buildings: Places) -> None:
        """Keep other buildings of rows as evidence."""
        self.others.append((rows, buildings))


def write_matches(
    locations: gpd.GeoDataFrame,
    answer: Answer,
    building_id: NDArray[np.object_],
    stack_accounts: int,
) -> pd.DataFrame:
    """The answer as a checked MATCHES table.

    Shared buildings, coordinates that stand for many addresses and coarse ones are noted.

    Args:
        locations: LOCATIONS.
        answer: in their order.
        building_id: of the ground.
        stack_accounts: so many accounts on one coordinate are a default point.
    """
    is_matched = answer.building >= 0
    stack = _count_stacks(locations)
    is_stacked = is_matched & (stack >= stack_accounts)
    geocode_class = locations["geocode_class"].to_numpy()
    marks = {
        "shared_building": _find_shared(answer.building),
        "stacked_point": is_stacked,
        "review_geocode": is_matched & ~compute_is_automatic(geocode_class),
    }
    confidence = compute_confidence(geocode_class, np.nan_to_num(answer.distance_m))
    confidence = np.where(is_stacked, confidence / np.maximum(stack, 1), confidence)
    matches = (
        locations[LOCATION_KEY]
        .reset_index(drop=True)
        .assign(
            match_status=_spell(answer.status),
            match_reason=_note(answer.reason, marks),
            building_id=_take(building_id, answer.building),
            match_method=_spell(answer.method),
            match_distance_m=answer.distance_m,
            match_confidence=np.where(is_matched, confidence, np.nan),
            candidate_count=answer.count,
            other_building_ids=_list_others(answer, building_id),
        )
    )
    checked: pd.DataFrame = check_table(pd.DataFrame(matches), MATCHES)
    return checked


def _find_shared(building: Places) -> NDArray[np.bool_]:
    """Rows whose building is another row's too, ``(rows,)``."""
    homes = np.bincount(building[building >= 0], minlength=1)
    return (building >= 0) & (homes[building] > 1)


def _count_stacks(locations: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Accounts on the very same coordinate, ``(rows,)``; 1 for flats, which explain them."""
    points = locations.geometry
    places = pd.DataFrame({"lon": points.x.to_numpy(), "lat": points.y.to_numpy()})
    shared = np.flatnonzero(places.duplicated(keep=False) & places["lon"].notna())
    rows = locations.iloc[shared]
    account = rows.groupby(["portfolio_number", "account_number"]).ngroup().to_numpy()
    on_point = places.iloc[shared].assign(account=account).groupby(["lon", "lat"])["account"]
    stacks = np.ones(len(locations), dtype=np.int64)
    stacks[shared] = on_point.transform("nunique").to_numpy()
    stacks[locations["occupancy_code"].isin(FLATS).to_numpy()] = 1
    return stacks


def _note(reasons: NDArray[np.object_], marks: dict[str, NDArray[np.bool_]]) -> "pd.Series[str]":
    """Reasons with the codes of the marks that hold; each combination is spelled once."""
    codes, words = pd.factorize(reasons)
    bits = np.zeros(len(reasons), dtype=np.int64)
    for place, holds in enumerate(marks.values()):
        bits |= holds.astype(np.int64) << place
    pairs, rows = np.unique(codes << len(marks) | bits, return_inverse=True)
    cells = [
        CODE_SEPARATOR.join(
            [
                words[pair >> len(marks)],
                *(mark for place, mark in enumerate(marks) if pair >> place & 1),
            ]
        )
        for pair in pairs
    ]
    return _take(np.array(cells, dtype=object), rows)


def _spell(words: NDArray[np.object_]) -> "pd.Series[str]":
    """Text of few distinct words, as the tables hold it."""
    codes, distinct = pd.factorize(words)
    return _take(np.asarray(distinct, dtype=object), codes)


def _take(words: NDArray[np.object_], places: NDArray[np.intp]) -> "pd.Series[str]":
    """Words at places, as a column of text; missing at -1."""
    texts = pd.array(pa.array([*words], pa.large_string()), dtype="str")
    return pd.Series(texts.take(places, allow_fill=True))


def _list_others(answer: Answer, building_id: NDArray[np.object_]) -> "pd.Series[str]":
    """Other buildings of each row, joined; a row's own building is none."""
    cells = pd.Series(None, index=range(len(answer.building)), dtype="str")
    if not answer.others:
        return cells
    row, other = (np.concatenate(side) for side in zip(*answer.others, strict=True))
    kept = pd.DataFrame({"row": row, "other": other})[other != answer.building[row]]
    kept = kept.drop_duplicates()
    kept = kept[kept.groupby("row").cumcount() < MAX_OTHERS]
    nth = kept.groupby("row").cumcount().to_numpy()
    rows, names = kept["row"].to_numpy(), building_id[kept["other"]]
    joined = np.full(len(answer.building), None, dtype=object)
    for place in range(int(nth.max(initial=-1)) + 1):
        here = rows[nth == place]
        joined[here] = (
            names[nth == place]
            if not place
            else joined[here] + (CODE_SEPARATOR + names[nth == place])
        )
    return pd.Series(joined, dtype="str")
