"""Policies of like terms of one account: layers of one cover, which insure a home once.

OED calls PolNumber the number of a policy *layer*. Layers of an account share perils, period and
status; a loss begins with the lowest of them, so that one stands for all.
"""

import pandas as pd

from core.tables import CODE_SEPARATOR
from policies.reading.cells.deductibles import Levels
from policies.reading.oed import ACCOUNT_DEDUCTIBLES, POLICY_DEDUCTIBLES, UNREAD_DED_CODE

ACCOUNT_KEY = ["PortNumber", "AccNumber"]

MAX_TERMS = 24
"""Terms of an account that are told apart; a book that keeps thousands of unlike policies under
one account does not say which of its homes is insured by which, and the choice is referred."""

_LIKE = [*ACCOUNT_KEY, "policy_bits", "policy_inception", "policy_expiry", "status"]
_LEVELS: Levels = (*POLICY_DEDUCTIBLES, *ACCOUNT_DEDUCTIBLES)


def unite_layers(terms: pd.DataFrame) -> pd.DataFrame:
    """One row for all terms of an account that are alike, the lowest layer standing for all.

    A deductible that differs between them is there but not known.

    Args:
        terms: one row a term, of ``policies.reading.accounts``.

    Returns:
        The terms left, the lowest layer first and then in the file's order, with
        ``account_policies`` (all policies of the account joined by ``;``, where there are several)
        and ``has_too_many_terms`` (some were left out).
    """
    status = terms["PolStatus"].str.strip().str.lower()
    ordered = terms.assign(status=status, attachment=terms["layer_attachment"].fillna(0.0))
    ordered = ordered.sort_values(["attachment", "layer_number"], kind="stable")
    lowest = ordered.drop_duplicates(_LIKE)
    if len(lowest) < len(ordered):
        lowest = _mark_unlike_deductibles(lowest, ordered)
    place = lowest.groupby(ACCOUNT_KEY, sort=False).cumcount()
    kept = lowest.loc[place < MAX_TERMS]
    cut = lowest.loc[place >= MAX_TERMS, ACCOUNT_KEY].drop_duplicates().assign(is_cut=True)
    kept = kept.merge(cut, on=ACCOUNT_KEY, how="left").merge(
        _list_policies(terms), on=ACCOUNT_KEY, how="left"
    )
    kept = kept.assign(has_too_many_terms=kept["is_cut"].eq(other=True))
    return kept.drop(columns=["is_cut", "attachment", "status"])


def _mark_unlike_deductibles(lowest: pd.DataFrame, ordered: pd.DataFrame) -> pd.DataFrame:
    names = [name for fields in _LEVELS for name in fields.columns if name in ordered.columns]
    distinct = ordered[[*_LIKE, *names]].drop_duplicates()
    unlike = distinct.loc[distinct.duplicated(_LIKE), _LIKE].drop_duplicates()
    is_unlike = (
        lowest[_LIKE]
        .merge(unlike.assign(is_unlike=True), on=_LIKE, how="left")["is_unlike"]
        .eq(other=True)
    )
    is_unlike.index = lowest.index
    codes = [fields.code for fields in _LEVELS if fields.code in names]
    return lowest.assign(**{name: lowest[name].mask(is_unlike, UNREAD_DED_CODE) for name in codes})


def _list_policies(terms: pd.DataFrame) -> pd.DataFrame:
    names = terms.drop_duplicates([*ACCOUNT_KEY, "PolNumber"])
    several = names[names.duplicated(ACCOUNT_KEY, keep=False)]
    listed = several.groupby(ACCOUNT_KEY, sort=False)["PolNumber"].agg(_join_some)
    return listed.rename("account_policies").reset_index()


def _join_some(names: "pd.Series[str]") -> str:
    return CODE_SEPARATOR.join(names.iloc[:MAX_TERMS])
