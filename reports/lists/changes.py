"""What changed against the previous list of the same event, and through what."""

import numpy as np
import pandas as pd

from core.damage import CoverageResult, Decision, Status, Tier
from core.errors import InputError
from core.tables import has_code
from reports.lists.columns import ACTION_DECISIONS, ENDED, Change
from reports.lists.open_drafts import DECIDER
from reports.words import DECISION_LABELS, spell_codes

LIST_KEY = ["portfolio_no", "account_no", "policy_no", "loc_no"]
_PART_KEY = ["policy_no", "loc_no"]
"""What rows of lists that were written before the whole key was kept are known by."""
_COMPARED = ["tier", "p_severe", "decision", "status", "status_reason", "post_date"]
_NEEDED = [*_PART_KEY, "event_id", "tier", "p_severe", "decision"]

SEVERE_STEP = 0.05
"""A smaller move of p_severe inside one tier is noise: ``unchanged``.

Half the width of one bar of a ten-bar reliability plot: finer than a calibration can be checked.
"""

DEPARTED_REASON = "not_in_path_any_more"
_DEPARTED_WORDS = "not in the path or the book any more"
_FOUND_UNDAMAGED = ("reviewed_no_damage", "person_decided:WITHDRAWN_NO_DAMAGE")
"""Reasons of a decision by which people found a home undamaged."""
_OTHERS_STAND = r"(?:^|;)(?:person_decided|claim_exists|claim_may_exist|claim_closed)"
"""Heads of reasons by which no step is left though the damage may stand."""

_TIER_ORDER = {Tier.T0: 0, Tier.T1: 1, Tier.T2: 2, Tier.T3: 3, Tier.T4: 4}
"""U has no place in the order; p_severe speaks for it."""


def compute_changes(
    table: pd.DataFrame, previous: pd.DataFrame | None, event_id: str
) -> pd.DataFrame:
    """``change_flag``, ``change_reason`` and ``previous_tier`` of each row, on the table's index.

    The first rule that holds decides: not listed before is ``new``; had a step and has none now is
    ``cleared`` where a person found no damage or a picture shows too little for one, else
    ``withdrawn``; a higher or lower tier is ``upgraded`` or ``downgraded``; a step where there was
    none is ``upgraded``; a move of p_severe by ``SEVERE_STEP`` or more is ``upgraded`` or
    ``downgraded``; else ``unchanged``. Tiers are compared only where both are assessed.

    Args:
        table: the daily list, without these columns.
        previous: the previous list; None for the event's first.
        event_id: the event both lists must be of.

    Raises:
        InputError: the previous list lacks a column, repeats a key or is another event's.
    """
    if previous is None:
        told = {"change_flag": str(Change.NEW), "change_reason": "first list of the event",
                "previous_tier": None}  # fmt: skip
        return pd.DataFrame(told, index=table.index, dtype="str")
    check_previous(previous, event_id)
    key = _choose_key(previous)
    before = table[key].merge(previous.reindex(columns=key + _COMPARED), on=key, how="left")
    before.index = table.index
    flags = _flag(table, before)
    return pd.DataFrame({
        "change_flag": flags,
        "change_reason": _explain(table, before, flags),
        "previous_tier": before["tier"],
    }, index=table.index)  # fmt: skip


def _flag(table: pd.DataFrame, before: pd.DataFrame) -> "pd.Series[str]":
    tier_move = _tier_order(table["tier"]) - _tier_order(before["tier"])
    severe_move = table["p_severe"] - before["p_severe"]
    acts, acted = _has_step(table), _has_step(before)
    ended = acted & ~acts
    up, down = str(Change.UPGRADED), str(Change.DOWNGRADED)
    rules = [
        (before["tier"].isna(), str(Change.NEW)),
        (ended & _is_cleared(table), str(Change.CLEARED)),
        (ended, str(Change.WITHDRAWN)),
        (tier_move > 0, up),
        (tier_move < 0, down),
        (acts & ~acted, up),
        (severe_move >= SEVERE_STEP, up),
        (severe_move <= -SEVERE_STEP, down),
    ]
    flags = np.select(
        [condition for condition, _ in rules],
        [flag for _, flag in rules],
        default=str(Change.UNCHANGED),
    )
    return pd.Series(flags, index=table.index, dtype="str")


def _is_cleared(table: pd.DataFrame) -> "pd.Series[bool]":
    """Of rows without a step: whether what people or pictures show is why."""
    reasons = table["decision_reasons"].fillna("")
    by_people = has_code(reasons, _FOUND_UNDAMAGED[0]) | has_code(reasons, _FOUND_UNDAMAGED[1])
    is_seen = table["status"] == Status.GRADED
    others = reasons.str.contains(_OTHERS_STAND, regex=True)
    return by_people | (is_seen & ~others & (table["coverage_result"] != CoverageResult.FAIL))


def _explain(
    table: pd.DataFrame, before: pd.DataFrame, flags: "pd.Series[str]"
) -> "pd.Series[str]":
    """What moved, and through what, in a few words a row."""
    moved = _say_moved(table, before) + _say_cause(table, before)
    reasons = table["decision_reasons"].fillna("").str.replace(DECIDER, "", regex=True)
    ended = "no step now: " + spell_codes(reasons)
    return pd.Series(
        np.select(
            [flags == Change.NEW, flags == Change.UNCHANGED,
             flags.isin(ENDED)],
            ["not listed before: new in the path or in the book", "as on the previous list", ended],
            default=moved,
        ),
        index=table.index, dtype="str",
    )  # fmt: skip


def _say_moved(table: pd.DataFrame, before: pd.DataFrame) -> "pd.Series[str]":
    tiers = "tier " + before["tier"] + " to " + table["tier"]
    chances = "chance severe " + _percent(before["p_severe"]) + " to " + _percent(table["p_severe"])
    labels = {str(decision): label.lower() for decision, label in DECISION_LABELS.items()}
    step = "a step now: " + table["decision"].map(labels)
    is_step_new = _has_step(table) & ~_has_step(before)
    words = tiers.where(before["tier"] != table["tier"], chances)
    return words + ("; " + step).where(is_step_new, "")


def _say_cause(table: pd.DataFrame, before: pd.DataFrame) -> "pd.Series[str]":
    seen, was_seen = table["status"] == Status.GRADED, before["status"] == Status.GRADED
    told = table["status_reason"].fillna("").str.contains("reviewed_", regex=False)
    was_told = before["status_reason"].fillna("").str.contains("reviewed_", regex=False)
    day = table["post_date"].dt.strftime("%Y-%m-%d").fillna("")
    newer = table["post_date"] != before["post_date"]
    causes = [
        (told & ~was_told, "; a person graded it"),
        (seen & ~was_seen, "; first picture that could be graded, of " + day),
        (was_seen & ~seen, "; no picture can be graded any more: "
         + table["status"].str.replace("_", " ")),
        (seen & newer, "; another picture, of " + day),
    ]  # fmt: skip
    words = np.select(
        [condition for condition, _ in causes],
        [np.broadcast_to(np.asarray(said, dtype=object), len(table)) for _, said in causes],
        default="; the hazard, the homes around or the reviews say otherwise",
    )
    return pd.Series(words, index=table.index, dtype="str")


def _percent(chances: "pd.Series[float]") -> "pd.Series[str]":
    return chances.map("{:.0%}".format, na_action="ignore").astype("str").fillna("unknown")


def find_departed(table: pd.DataFrame, previous: pd.DataFrame | None) -> pd.DataFrame:
    """Rows of the previous list that had a step and are not in ``table`` at all, as withdrawn."""
    if previous is None:
        return pd.DataFrame(columns=table.columns)
    key = _choose_key(previous)
    listed = pd.MultiIndex.from_frame(table[key])
    gone = ~pd.MultiIndex.from_frame(previous[key]).isin(listed)
    # a home that came under another number names the incident that it had under the old one
    is_renamed = previous["incident_id"].isin(table["incident_id"].dropna()).to_numpy()
    rows = previous[gone & _has_step(previous).to_numpy() & ~is_renamed]
    return rows.assign(
        change_flag=str(Change.WITHDRAWN),
        change_reason=_DEPARTED_WORDS,
        previous_tier=rows["tier"],
        decision=str(Decision.NONE),
        decision_reasons=DEPARTED_REASON,
    )


def _choose_key(previous: pd.DataFrame) -> list[str]:
    """The list's key, or as much of it as an older list has."""
    is_whole = previous[LIST_KEY].notna().all(axis=None)
    return LIST_KEY if is_whole else _PART_KEY


def _has_step(table: pd.DataFrame) -> "pd.Series[bool]":
    return table["decision"].isin(ACTION_DECISIONS)


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
