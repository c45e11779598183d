"""Homes that the ledger knows under other numbers than today's book gives them. Pure.

A spreadsheet takes the zeros off ``000001``; a renewal makes ``POL123-01`` of ``POL123``; a new
administration system numbers everything anew. A draft under the new number would be the second
for one home, so such a home goes to a person, with the incident that it may have already.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from claims.incidents.finding_again import PART_KEY
from claims.incidents.states import CLOSED_STATES
from claims.ledger.current import OPENED_COLUMNS, find_moved
from core.damage import Decision
from core.schemas.book import LOCATION_KEY
from core.tables import CODE_SEPARATOR, join_codes

KNOWN_CODE = "known_under_other_number"
"""Reason code of the review."""
_KNOWN_AS = "known_as"
"""Head of the code whose detail is the number that the incident was opened under."""

SAME_POINT_M = 10.0
"""Two points no farther apart are one place: a coordinate cut to four decimals moves by up to 8 m,
and a house is wider than that."""
_METRES_PER_DEGREE = 111_320.0
"""Of latitude, and of longitude on the equator: the sphere of 40,075 km around."""

_SUFFIX = r"[\s\-/_.]+[0-9a-z]{1,3}$"
_SEPARATORS = r"[\s\-/_.]+"
_LEADING_ZEROS = r"(?<![0-9])0+(?=[0-9])"


def find_known(found: pd.DataFrame, current: pd.DataFrame, as_of_utc: datetime) -> "pd.Series[str]":
    """The incident that each home without one may have: known under other numbers, or its own old.

    A person may have moved an incident to a home's new numbers. Where the old numbers stand in the
    book all the same, nobody can say which home it is, and no second incident is opened.

    Args:
        found: as ``find_incidents`` gives it, with ``longitude`` and ``latitude``.
        current: ``Ledger.current`` of the event.
        as_of_utc: the run's instant.

    Returns:
        Incident ids by label of ``found``; homes that are known under no other number are left out.
    """
    hits = find_renumbered(found, current, as_of_utc)
    moved = current[find_moved(current)]
    if moved.empty:
        return hits
    left = moved[OPENED_COLUMNS].set_axis(LOCATION_KEY, axis=1).assign(left=moved["incident_id"])
    homes = found.loc[found["incident_id"].isna(), LOCATION_KEY].rename_axis("home").reset_index()
    old = homes.merge(left, on=LOCATION_KEY).set_index("home")["left"]
    return pd.concat([old, hits[~hits.index.isin(old.index)]])


def find_renumbered(
    found: pd.DataFrame, current: pd.DataFrame, as_of_utc: datetime
) -> "pd.Series[str]":
    """The incident that each home without one may have under other numbers.

    It is one that no home of today's book has and that was opened at the same building or point,
    or under the same policy and location where the key is known in part. If one of the homes there
    has numbers that are akin, it is that one; else it may be each that something is to be done
    about. Where today's book still has its home too, it counts if an earlier run opened it
    under akin numbers. Akin are numbers that differ in zeros, case, separators or a short suffix
    alone, as those of two terms of one policy do.

    Args:
        found: as ``find_incidents`` gives it, with ``longitude`` and ``latitude``.
        current: ``Ledger.current`` of the event.
        as_of_utc: the run's instant.

    Returns:
        Incident ids by label of ``found``; homes that are known under no other number are left out.
    """
    homes = found[found["incident_id"].isna()]
    if homes.empty or current.empty:
        return pd.Series(dtype=str)
    is_gone = ~current["incident_id"].isin(found["incident_id"])
    pairs = pd.concat(
        [
            _pair_on(homes, current, ["building_id"]),
            _pair_points(homes, current),
            _pair_on(homes, current[current["account_number"].isna()], PART_KEY),
        ]
    ).drop_duplicates()
    is_akin = _are_akin(homes.loc[pairs["home"]], current.loc[pairs["place"]])
    is_earlier = (current["detected_at_utc"] < as_of_utc).loc[pairs["place"]].to_numpy()
    has_akin = pd.Series(is_akin).groupby(pairs["place"].to_numpy()).transform("any").to_numpy()
    acts = (homes["decision"] != Decision.NONE.value).loc[pairs["home"]].to_numpy()
    is_moved = is_gone.loc[pairs["place"]].to_numpy() & ~has_akin & acts
    counts = is_moved | (is_akin & (is_earlier | is_gone.loc[pairs["place"]].to_numpy()))
    kept = pairs.assign(order=~is_akin)[counts].sort_values(["home", "order", "place"])
    first = kept.drop_duplicates("home").set_index("home")["place"]
    return first.map(current["incident_id"])


def refer_renumbered(
    decided: pd.DataFrame, hits: "pd.Series[str]", current: pd.DataFrame
) -> pd.DataFrame:
    """Decisions, those of renumbered homes turned to ``review`` and naming the incident.

    Where nothing is to be done and a person has closed the incident, it stays at that.

    Args:
        decided: ``decision, decision_reasons, incident_id`` and the key, labelled as ``found``.
        hits: as ``find_renumbered`` gives it.
        current: ``Ledger.current`` of the event.
    """
    if hits.empty:
        return decided
    known = current.set_index("incident_id").loc[hits].set_axis(hits.index)
    is_settled = known["state"].isin(CLOSED_STATES) & (
        decided.loc[hits.index, "decision"] == Decision.NONE.value
    )
    referred = hits.index[~is_settled.to_numpy()]
    numbers = (known["policy_number"] + "/" + known["location_number"]).loc[referred]
    names = [f"{_KNOWN_AS}:{number.replace(CODE_SEPARATOR, ',')}" for number in numbers]
    changed = decided.copy()
    changed.loc[hits.index, "incident_id"] = hits
    changed.loc[referred, "decision"] = Decision.REVIEW.value
    changed.loc[referred, "decision_reasons"] = [
        join_codes((KNOWN_CODE, name, reasons))
        for name, reasons in zip(names, decided.loc[referred, "decision_reasons"], strict=True)
    ]
    return changed


def _pair_on(homes: pd.DataFrame, current: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Labels of homes and incidents that agree in columns, as ``home`` and ``place``."""
    names = list(columns)
    left = homes[names].dropna().rename_axis("home").reset_index()
    right = current[names].dropna().rename_axis("place").reset_index()
    return left.merge(right, on=names)[["home", "place"]]


def _pair_points(homes: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Labels of homes and incidents that lie within ``SAME_POINT_M``."""
    placed = current[current["longitude"].notna()]
    scale = np.cos(np.deg2rad(homes["latitude"].mean()))
    tree = shapely.STRtree(_points_m(placed, scale))
    home, place = tree.query(_points_m(homes, scale), predicate="dwithin", distance=SAME_POINT_M)
    return pd.DataFrame({"home": homes.index[home], "place": placed.index[place]})


def _points_m(table: pd.DataFrame, scale: float) -> NDArray[np.object_]:
    x = table["longitude"].to_numpy(float) * (_METRES_PER_DEGREE * scale)
    points: NDArray[np.object_] = shapely.points(x, table["latitude"] * _METRES_PER_DEGREE)
    return points


def _are_akin(homes: pd.DataFrame, known: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether the numbers of pairs are the same but for what spreadsheets and renewals change."""
    akin = np.ones(len(homes), dtype=bool)
    for name in LOCATION_KEY:
        akin &= _stems(homes[name]) == _stems(known[name])
    return akin


def _stems(numbers: "pd.Series[str]") -> NDArray[np.object_]:
    stems = numbers.str.lower().str.strip().str.replace(_SUFFIX, "", regex=True)
    stems = stems.str.replace(_SEPARATORS, "", regex=True)
    return stems.str.replace(_LEADING_ZEROS, "", regex=True).to_numpy(dtype=object)
