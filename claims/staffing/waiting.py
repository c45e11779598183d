"""Which homes a day's adjusters may be sent to. Pure."""

import pandas as pd

from core.damage import CoverageResult, Decision, Status
from core.expected_loss import compute_relative_severe_loss
from core.schemas.book import LOCATION_KEY

_SETTLED = r"(?:^|;)(?:person_decided|claim_exists|claim_closed)"
"""Heads of reasons by which a home has no step because somebody works it already."""


def find_waiting(findings: pd.DataFrame, locations: pd.DataFrame) -> pd.DataFrame:
    """Homes that wait for somebody: with a step, or not seen and so known by hazard alone.

    A home that nobody has seen counts with its chance by the hazard, so that a plan can be made
    before any picture comes in. Homes that fail on paper, or that people decided about, wait only
    where they have a step.

    Args:
        findings: FINDINGS.
        locations: LOCATIONS, for the postal codes.

    Returns:
        On the index of those rows: the location key, ``latitude, longitude, loss`` in median homes
        of the row's currency, ``p_severe, postal_code``.
    """
    has_step = findings["decision"] != Decision.NONE
    is_settled = findings["decision_reasons"].str.contains(_SETTLED, regex=True)
    may_be = (findings["status"] != Status.GRADED) & ~is_settled
    may_be &= findings["coverage_result"] != CoverageResult.FAIL
    waiting = findings[has_step | may_be]
    book = pd.DataFrame(locations)[[*LOCATION_KEY, "postal_code"]]
    named = pd.DataFrame(waiting)[LOCATION_KEY].merge(book, on=LOCATION_KEY, how="left")
    points = waiting.geometry
    return pd.DataFrame(waiting)[[*LOCATION_KEY, "p_severe"]].assign(
        latitude=points.y,
        longitude=points.x,
        loss=compute_relative_severe_loss(findings)[waiting.index],
        postal_code=named["postal_code"].to_numpy(),
    )
