"""Plain words for the codes that findings carry."""

from types import MappingProxyType

import pandas as pd

from core.damage import CoverageResult, Decision, Status
from core.tables import split_codes

STATUS_WORDS = MappingProxyType(
    {
        Status.GRADED: "Graded from imagery",
        Status.OBSCURED: "Not assessed: cloud, shadow or a gap hides the building",
        Status.NO_IMAGERY: "Not assessed: no imagery covers the place yet",
        Status.STALE_IMAGERY: "Not assessed: no imagery is recent enough",
        Status.MISALIGNED: "Not assessed: the pictures do not line up",
        Status.NO_BUILDING_MATCH: "Not assessed: no building found at the address",
        Status.AMBIGUOUS_MATCH: "Not assessed: more than one building fits the address",
        Status.GEOCODE_TOO_COARSE: "Not assessed: the address is placed too coarsely",
    }
)

STATUS_LABELS = MappingProxyType(
    {
        Status.GRADED: "Graded",
        Status.OBSCURED: "Obscured",
        Status.NO_IMAGERY: "No imagery",
        Status.STALE_IMAGERY: "Stale imagery",
        Status.MISALIGNED: "Misaligned",
        Status.NO_BUILDING_MATCH: "No building match",
        Status.AMBIGUOUS_MATCH: "Ambiguous match",
        Status.GEOCODE_TOO_COARSE: "Geocode too coarse",
    }
)

DECISION_LABELS = MappingProxyType(
    {
        Decision.OPEN_DRAFT: "Open draft",
        Decision.REVIEW: "Review",
        Decision.OUTREACH: "Outreach",
        Decision.NONE: "No step now",
    }
)

COVERAGE_LABELS = MappingProxyType(
    {
        CoverageResult.PASS: "Pass",
        CoverageResult.REFER: "Refer to a person",
        CoverageResult.FAIL: "Fails on paper (a person decides)",
    }
)

INDICATIVE_NOTE = (
    "Indicative, from imagery and weather. Not a denial, not a repair estimate, not a reserve. "
    "No damage seen does not mean no damage."
)


def spell_code(code: str) -> str:
    """A reason code in words: ``late_post:scene-7`` reads ``late post (scene-7)``."""
    head, _, detail = code.partition(":")
    words = head.replace("_", " ").strip()
    return f"{words} ({detail})" if detail else words


def spell_codes(cells: "pd.Series[str]") -> "pd.Series[str]":
    """Each cell of joined codes as one sentence part; missing stays missing.

    Distinct cells are few, so each is spelled once whatever the number of rows.
    """
    codes, distinct = pd.factorize(cells)
    spelled = [", ".join(map(spell_code, split_codes(cell))) for cell in distinct]
    words = pd.Series(spelled, dtype="str").reindex(codes)
    words.index = cells.index
    return words
