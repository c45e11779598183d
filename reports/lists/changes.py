"""What changed against the previous list of the same event."""

import numpy as np
import pandas as pd

from core.damage import Decision, Tier
from core.errors import InputError
from reports.lists.columns import (
    ACTION_DECISIONS,
    CHANGE_DOWN,
    CHANGE_DROPPED,
    CHANGE_NEW,
    CHANGE_SAME,
    CHANGE_UP,
)

LIST_KEY = ["portfolio_no", "account_no", "policy_no", "loc_no"]
_PART_KEY = ["policy_no", "loc_no"]
"""What rows of lists that were written before the whole key was kept are known by."""
_COMPARED = ["tier", "p_severe", "decision"]
_NEEDED = [*_PART_KEY, "event_id", *_COMPARED]

SEVERE_STEP = 0.05
"""A smaller move of p_severe inside one tier is noise and flagged ``same``.

Half the width of one bar of a ten-bar reliability plot: finer than a calibration can be checked.
"""

DEPARTED_REASON = "not_in_path_any_more"

_TIER_ORDER = {Tier.T0: 0, Tier.T1: 1, Tier.T2: 2, Tier.T3: 3, Tier.T4: 4}
"""U has no place in the order; p_severe speaks for it."""


def compute_change_flags(
    table: pd.DataFrame, previous: pd.DataFrame | None, event_id: str
) -> pd.DataFrame:
    """``change_flag`` and ``previous_tier`` of each row of ``table``, on its index.

    The first rule that holds decides: not listed before is ``new``; had a step and has none now
    is ``dropped_off``; a higher or lower tier is ``up`` or ``down``; a step where there was none
    is ``up``; a move of p_severe by ``SEVERE_STEP`` or more is ``up`` or ``down``; else ``same``.
    Tiers are compared only where both are assessed.

    Args:
        table: with ``policy_no, loc_no, tier, p_severe, decision``.
        previous: the previous list; None for the event's first.
        event_id: the event both lists must be of.

    Raises:
        InputError: the previous list lacks a column, repeats a key or is another event's.
    """
    if previous is None:
        return pd.DataFrame(
            {"change_flag": CHANGE_NEW, "previous_tier": None}, index=table.index, dtype="str"
        )
    check_previous(previous, event_id)
    key = _choose_key(previous)
    before = table[key].merge(previous[key + _COMPARED], on=key, how="left")
    before.index = table.index
    tier_move = _tier_order(table["tier"]) - _tier_order(before["tier"])
    severe_move = table["p_severe"] - before["p_severe"]
    acts, acted = table["decision"].isin(ACTION_DECISIONS), _had_step(before)
    flags = np.select(
        [
            before["tier"].isna(),
            acted & ~acts,
            tier_move > 0,
            tier_move < 0,
            acts & ~acted,
            severe_move >= SEVERE_STEP,
            severe_move <= -SEVERE_STEP,
        ],
        [CHANGE_NEW, CHANGE_DROPPED, CHANGE_UP, CHANGE_DOWN, CHANGE_UP, CHANGE_UP, CHANGE_DOWN],
        default=CHANGE_SAME,
    )
    return pd.DataFrame({"change_flag": flags, "previous_tier": before["tier"]}, index=table.index)


def find_departed(table: pd.DataFrame, previous: pd.DataFrame | None) -> pd.DataFrame:
    """Rows of the previous list that had a step and are not in ``table`` at all, as dropped_off."""
    if previous is None:
        return pd.DataFrame(columns=table.columns)
    key = _choose_key(previous)
    listed = pd.MultiIndex.from_frame(table[key])
    gone = ~pd.MultiIndex.from_frame(previous[key]).isin(listed)
    # a home that came under another number names the incident that it had under the old one
    is_renamed = previous["incident_id"].isin(table["incident_id"].dropna()).to_numpy()
    rows = previous[gone & _had_step(previous).to_numpy() & ~is_renamed]
    return rows.assign(
        change_flag=CHANGE_DROPPED,
        previous_tier=rows["tier"],
        decision=str(Decision.NONE),
        decision_reasons=DEPARTED_REASON,
    )


def _choose_key(previous: pd.DataFrame) -> list[str]:
    """The list's key, or as much of it as an older list has."""
    is_whole = previous[LIST_KEY].notna().all(axis=None)
    return LIST_KEY if is_whole else _PART_KEY


def _had_step(previous: pd.DataFrame) -> "pd.Series[bool]":
    return previous["decision"].isin(ACTION_DECISIONS)


def _tier_order(tiers: "pd.Series[str]") -> "pd.Series[float]":
    return tiers.map({str(tier): place for tier, place in _TIER_ORDER.items()}).astype(float)


def check_previous(previous: pd.DataFrame, event_id: str) -> None:
    """Refuse what is no list of the event that today's can be compared with.

    Raises:
        InputError: it lacks a column, repeats a key or is another event's.
    """
    work = f"comparing with the previous list of event {event_id}"
    remedy = "Give what an earlier run of the same event found"
    missing = [name for name in _NEEDED if name not in previous.columns]
    if missing:
        raise InputError(work, f"it has no column {missing[0]!r}", remedy)
    others = set(previous["event_id"].dropna()) - {event_id}
    if others:
        raise InputError(work, f"it lists event {min(others)!r}", remedy)
    columns = _choose_key(previous)
    repeated = previous[previous.duplicated(columns)]
    if len(repeated):
        key = "/".join(repeated[columns].iloc[0])
        raise InputError(work, f"it lists {key!r} twice", remedy)
