"""Rows of the list for homes whose insureds filed a claim of their own."""

import pandas as pd

from core.damage import Decision

_CODE = (
    r"(?:^|;)(?P<code>claim_exists|claim_may_exist|claim_closed):(?P<claim>[^;]*)"
    r";noticed:(?P<day>[0-9-]+)"
)


def say_filed(table: pd.DataFrame) -> "pd.Series[str]":
    """What there is of the insured's own claim, and what is left to do; missing where none is.

    Args:
        table: with ``decision, decision_reasons, incident_id`` of the daily list.
    """
    told = table["decision_reasons"].fillna("").str.extract(_CODE)
    claim = "Claim " + told["claim"] + ", notice of " + told["day"]
    incident = table["incident_id"].fillna("")
    exists = claim + ": the insured filed it; what was seen goes to it, nothing is opened"
    is_review = table["decision"] == Decision.REVIEW
    merge = claim + ": the insured filed it; merge " + incident + " into it, or say why not"
    may = claim + ": may be of this home; look, then open nothing beside it"
    closed = claim + ": of this loss and closed; look whether it should be reopened"
    words = exists.mask(is_review, merge)
    words = words.mask(told["code"] == "claim_may_exist", may)
    return words.mask(told["code"] == "claim_closed", closed)
