"""Which homes have a claim of the insured's own already for this loss. Pure.

Such a home gets no draft: what was seen goes to the claim that is there, and the earliest notice
is the one that counts.
"""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from core.damage import Decision
from core.events import CatEvent, Peril
from core.schemas.book import LOCATION_KEY
from core.tables import CODE_SEPARATOR, join_codes

FILED_CODE = "claim_exists"
"""Head of the code whose detail is the claim that the insured filed; ``noticed`` follows it."""
NOTICED_CODE = "noticed"
MAYBE_CODE = "claim_may_exist"
"""Head of the code of a review: the policy has such a claim, but it is not said of which home."""
CLOSED_CODE = "claim_closed"
"""Head of the code of a review: the claim for this loss is closed already."""

_FILED = ["claim_number", "claim_notice_at_utc"]
NOBODY_FILED = pd.DataFrame(
    {
        "claim_number": pd.Series(dtype="str"),
        "claim_notice_at_utc": pd.Series(dtype="datetime64[us, UTC]"),
        "is_closed": pd.Series(dtype=bool),
        "is_sure": pd.Series(dtype=bool),
    }
)
"""What ``find_filed`` gives where the event names no file of claims."""


def find_filed(
    homes: pd.DataFrame,
    claims: pd.DataFrame,
    event: CatEvent,
    loss_causes: Mapping[Peril, str],
    same_loss_days: int,
) -> pd.DataFrame:
    """The claim of this event's loss that each home has, or may have.

    A claim names a home by policy and as many further numbers as it states. It is of this loss
    where its day lies in the event's window, or so many days beside it, its cause is not one of
    the carrier's codes for another peril, and it did not come of a draft of ours. Of several
    claims the open ones go first, and then the earliest notice.

    Args:
        homes: LOCATION_KEY of today's findings.
        claims: as ``read_filed_claims`` gives them.
        event: the event.
        loss_causes: the carrier's codes by peril.
        same_loss_days: days beside the window.

    Returns:
        One row a home that has one, labelled as ``homes``: ``claim_number``,
        ``claim_notice_at_utc``, ``is_closed``, and ``is_sure`` where the claim names this home.
    """
    same = claims[_is_same_loss(claims, event, loss_causes, same_loss_days)]
    keyed = homes[LOCATION_KEY].rename_axis("home").reset_index()
    pairs = same.rename_axis("claim").reset_index().merge(
        keyed, on="policy_number", suffixes=("_claimed", "")
    )  # fmt: skip
    fits = np.ones(len(pairs), dtype=bool)
    for name in LOCATION_KEY:
        if name != "policy_number":
            stated = pairs[f"{name}_claimed"]
            fits &= (stated.isna() | (stated == pairs[name])).to_numpy(bool)
    pairs = pairs[fits]
    counted = pairs.groupby("claim")["home"].transform("size")
    pairs = pairs.assign(is_sure=counted == 1).rename(columns={"notice_at_utc": _FILED[1]})
    # of several claims: sure, open, early; the number makes the order one
    order = ["home", "is_unsure", "is_closed", _FILED[1], "claim_number"]
    ranked = pairs.assign(is_unsure=~pairs["is_sure"]).sort_values(order)
    first = ranked.drop_duplicates("home").set_index("home")
    return first[[*_FILED, "is_closed", "is_sure"]].rename_axis(None)


def bind_filed(decided: pd.DataFrame, filed: pd.DataFrame) -> pd.DataFrame:
    """FINDINGS with the claims that insureds filed: of these homes the machine drafts nothing.

    A home with an open claim of its own has decision ``none``; one that may have it, or whose claim
    is closed, is a ``review``. A home without a step stays without one.

    Args:
        decided: with ``decision, decision_reasons``.
        filed: as ``find_filed`` gives it.
    """
    acts = decided["decision"] != Decision.NONE.value
    told = filed[acts.loc[filed.index].to_numpy(bool)]
    is_claimed = told["is_sure"] & ~told["is_closed"]
    changed = decided.assign(
        claim_number=pd.Series(None, index=decided.index, dtype="str"),
        claim_notice_at_utc=pd.Series(pd.NaT, index=decided.index, dtype="datetime64[us, UTC]"),
    )
    claimed = told.index[is_claimed]
    changed.loc[claimed, _FILED] = told.loc[claimed, _FILED]
    changed.loc[claimed, "decision"] = Decision.NONE.value
    changed.loc[told.index[~is_claimed], "decision"] = Decision.REVIEW.value
    reasons = decided.loc[told.index, "decision_reasons"]
    changed.loc[told.index, "decision_reasons"] = [
        join_codes((*_name(row), why))
        for row, why in zip(told.to_dict("records"), reasons, strict=True)
    ]
    return changed


def _is_same_loss(
    claims: pd.DataFrame, event: CatEvent, loss_causes: Mapping[Peril, str], days: int
) -> "pd.Series[bool]":
    margin = pd.Timedelta(days=days)
    first = pd.Timestamp(event.window.start_utc).tz_localize(None).normalize() - margin
    last = pd.Timestamp(event.window.end_utc).tz_localize(None).normalize() + margin
    others = _name_other_causes(event, loss_causes)
    is_ours = claims["incident_id"].notna()
    return claims["loss_date"].between(first, last) & ~claims["loss_cause"].isin(others) & ~is_ours


def _name_other_causes(event: CatEvent, loss_causes: Mapping[Peril, str]) -> Collection[str]:
    """The carrier's codes that stand for no peril of the event."""
    own = {loss_causes[peril] for peril in event.perils if peril in loss_causes}
    return sorted(set(loss_causes.values()) - own)


def _name(row: Mapping[str, object]) -> tuple[str, ...]:
    code = FILED_CODE if row["is_sure"] else MAYBE_CODE
    head = CLOSED_CODE if row["is_closed"] else code
    number = str(row["claim_number"]).replace(CODE_SEPARATOR, ",")
    notice = row["claim_notice_at_utc"]
    return f"{head}:{number}", f"{NOTICED_CODE}:{notice:%Y-%m-%d}"
