"""Homes of one policy that an event struck together. Pure.

Each is an incident of its own, with a draft of its own, since a draft names one home; whether a
policy's homes become one claim or several is for whoever opens them, who has to know of all.
"""

from collections.abc import Hashable

import pandas as pd

from core.damage import Decision, Tier

POLICY_KEY = ["portfolio_number", "account_number", "policy_number"]
_SEVERE = (Tier.T3.value, Tier.T4.value)
_STEPS = (Decision.OPEN_DRAFT.value, Decision.REVIEW.value)
_STANDS = r"(?:^|;)(?:draft_waits|person_decided:CLAIM_(?:DRAFT|OPEN))(?:;|$)"
"""Among the reasons of a decision: a draft or a claim is there, whatever is seen today."""


def find_siblings(table: pd.DataFrame) -> dict[Hashable, tuple[Hashable, ...]]:
    """For each home with a step, the other homes of its policy that were struck too.

    Struck is a home that is drafted, whose draft or claim is there, or that a person has to look
    at for severe damage.

    Args:
        table: a row a home: ``POLICY_KEY`` and ``location_number, tier, decision,
            decision_reasons``; its index has no repeats.

    Returns:
        Labels of rows, in the order of their location numbers; no entry where there are none.
    """
    decision, reasons = table["decision"], table["decision_reasons"].fillna("")
    is_severe = table["tier"].isin(_SEVERE) & decision.isin(_STEPS)
    is_struck = is_severe | (decision == Decision.OPEN_DRAFT.value) | reasons.str.contains(_STANDS)
    has_step = is_struck | (decision != Decision.NONE.value)
    keys = table[POLICY_KEY].fillna("").astype("str")
    # of most books nearly every policy has one home
    several = keys[has_step].duplicated(keep=False)
    chosen = table.loc[several.index[several]].assign(is_struck=is_struck)
    found: dict[Hashable, tuple[Hashable, ...]] = {}
    for _, homes in chosen.groupby([keys.loc[chosen.index, name] for name in POLICY_KEY]):
        struck = list(homes[homes["is_struck"]].sort_values("location_number").index)
        for label in homes.index:
            others = tuple(each for each in struck if each != label)
            if others:
                found[label] = others
    return found
