"""What homes lack where a field of the book could not be read, in words."""

import pandas as pd

from core.damage import CoverageResult, Decision, Status, Tier
from core.tables import has_code, join_codes

_UNREAD = frozenset({
    "misspelt_column", "bad_date", "ambiguous_date", "expiry_before_inception",
    "bad_address_match", "not_a_number", "negative_value", "not_a_flag", "bad_deductible_type",
    "deductible_over_one",
})  # fmt: skip
"""Reasons of NOTICES by which a field counts as missing."""
_DATES = frozenset({"PolInceptionDate", "PolExpiryDate", "LocInceptionDate", "LocExpiryDate"})
_SEVERE = (Tier.T3.value, Tier.T4.value)
_NO_DATES = "dates_missing"
_ONLY_DATES = (_NO_DATES, join_codes((_NO_DATES, "deductible_unknown")))
"""Coverage reasons of a home that nothing but its missing dates refers; a deductible that is not
known is only a note."""
_ONLY_COVER = "cover_unclear_damaged"
"""Decision reasons of a home that nothing but its cover keeps from a draft."""
_STATIC = {
    "PolStatus": "Cancelled and lapsed policies count as in force",
    "NumberOfBuildings": "Rows that stand for several buildings count as one",
    "IsAggregate": "Rows that stand for several buildings count as one",
    "LayerAttachment": "Policies that attach above zero count as paying from the first dollar",
}


def tell_effect(*, field: str, reason: str, findings: pd.DataFrame) -> str | None:
    """What the homes in the path lack since that field was not read; None where nothing is known.

    Args:
        field: OED name.
        reason: of the notice.
        findings: FINDINGS.
    """
    if reason not in _UNREAD:
        return None
    if field in _DATES:
        has_none = has_code(findings["coverage_reasons"], _NO_DATES)
        return _tell("without a known period of cover", has_none)
    if field == "AddressMatch":
        too_coarse = findings["status"] == Status.GEOCODE_TOO_COARSE
        return _tell("placed too coarsely to find their building", too_coarse)
    if field == "BuildingTIV":
        return _tell("without an insured value", findings["building_tiv"] <= 0)
    if "Ded" in field:
        return _tell("without a known deductible", findings["deductible_amount"].isna())
    return _STATIC.get(field)


def count_drafts_fallen(*, field: str, reason: str, findings: pd.DataFrame) -> int:
    """Homes that would be drafted if that field were known and held; see ``tell_effect``.

    A cell that the book leaves blank lacks it too, and is counted.
    """
    if reason not in _UNREAD or field not in _DATES:
        return 0
    is_held = (findings["decision"] == Decision.REVIEW) & (
        findings["decision_reasons"] == _ONLY_COVER
    )
    is_held &= findings["coverage_result"] == CoverageResult.REFER
    is_held &= findings["coverage_reasons"].isin(_ONLY_DATES)
    return int((is_held & findings["tier"].isin(_SEVERE)).sum())


def _tell(words: str, applies: "pd.Series[bool]") -> str | None:
    count = int(applies.sum())
    return f"Homes in the path {words}: {count:,}" if count else None
