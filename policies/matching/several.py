"""Rows of the book that stand for several buildings: which they are, and that the worst decides."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.damage import MAJORITY, PROBABILITIES, Status
from core.tables import CODE_SEPARATOR, has_code, split_codes
from policies.matching.answer import INSIDE, MATCHED, MAX_OTHERS, NEAREST, SEVERAL_BUILDINGS, Answer
from policies.matching.ground import Ground, Pairs

_GRADES = np.arange(len(PROBABILITIES), dtype=np.float64)
_UNSEEN = 1.0
"""Rank of a building that was not graded: after one seen damaged, before one seen undamaged."""
_DAMAGED = 2.0


def match_several(
    houses: Pairs, wanted: NDArray[np.float64], ground: Ground, answer: Answer
) -> None:
    """Rows match the largest of their buildings where as many stand near as they stand for.

    With more or fewer, or a building that another home lies inside, no roof answers for them. The
    other buildings are kept either way.

    Args:
        houses: rows and the houses in their radius, by outline.
        wanted: how many buildings each row stands for, ``(rows,)``.
        ground: the buildings.
        answer: is filled.
    """
    taken = answer.building[answer.method == INSIDE]
    found = pd.DataFrame({"row": houses.place, "building": houses.building, "m": houses.away_m})
    found["is_taken"] = np.isin(found["building"], taken)
    found["area_m2"] = ground.area_m2[found["building"]]
    by_row = found.groupby("row")
    count = by_row["building"].transform("size").to_numpy()
    is_clear = (count <= MAX_OTHERS) & (count == wanted[found["row"]])
    is_clear &= ~by_row["is_taken"].transform("any").to_numpy()
    largest = found[is_clear].sort_values(
        ["row", "area_m2", "building"], ascending=[True, False, True]
    )
    largest = largest.drop_duplicates("row")
    row, building = largest["row"].to_numpy(), largest["building"].to_numpy()
    away_m = largest["m"].to_numpy()
    for method, is_so in ((INSIDE, away_m == 0), (NEAREST, away_m > 0)):
        answer.match(row[is_so], building[is_so], method, SEVERAL_BUILDINGS, away_m[is_so])
    answer.count[found["row"]] = count
    answer.keep(houses.place, houses.building)


def list_buildings(matches: pd.DataFrame) -> set[str]:
    """Buildings to look at: those matched, and all that a matched row of several stands for."""
    several = matches.loc[_is_of_several(matches), "other_building_ids"].dropna()
    return set(matches["building_id"].dropna()) | {
        other for cell in several for other in split_codes(cell)
    }


def choose_worst(matches: pd.DataFrame, grades: pd.DataFrame) -> pd.DataFrame:
    """The matches, each row of several buildings under the worst of them; the others are kept.

    Worst is the gravest of those seen damaged; with none, one that was not seen, since nothing is
    known of it; with all seen undamaged, the likeliest damaged.

    Args:
        matches: MATCHES.
        grades: GRADES.
    """
    is_several = _is_of_several(matches)
    if not is_several.any():
        return matches
    rank = _rank(grades)
    matches = matches.copy()
    for row in matches.index[is_several]:
        own, others = matches.loc[row, ["building_id", "other_building_ids"]]
        all_ids = sorted([own, *split_codes("" if pd.isna(others) else others)])
        worst = max(all_ids, key=lambda name: rank.get(name, _UNSEEN))
        matches.loc[row, "building_id"] = worst
        left = [name for name in all_ids if name != worst]
        matches.loc[row, "other_building_ids"] = CODE_SEPARATOR.join(left) or None
    return matches


def _is_of_several(matches: pd.DataFrame) -> "pd.Series[bool]":
    return (matches["match_status"] == MATCHED) & has_code(
        matches["match_reason"], SEVERAL_BUILDINGS
    )


def _rank(grades: pd.DataFrame) -> dict[str, float]:
    """How bad each building is: 0 to 1 seen undamaged, 1 not seen, from 2 on damaged."""
    chances = grades[PROBABILITIES].to_numpy(dtype=np.float64)
    gravity = chances @ _GRADES
    is_damaged = chances[:, 1:].sum(axis=1) >= MAJORITY
    seen = np.where(is_damaged, _DAMAGED + gravity, gravity / _GRADES[-1])
    is_graded = (grades["status"] == Status.GRADED).to_numpy()
    ranks = np.where(is_graded, seen, _UNSEEN)
    return dict(zip(grades["building_id"], ranks.tolist(), strict=True))
