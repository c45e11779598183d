"""What is so of a home or not, by name: the conditions that rules of triage are made of."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from claims.triage.options import INSIDE, TriageOptions
from core.damage import AFFECTED_PROBABILITY, CoverageResult, SeenCode, Status, Tier
from core.expected_loss import OverDeductible
from core.hazards.kinds import HazardKind, WindOrWater
from core.tables import has_code

Holds = Callable[[pd.DataFrame, TriageOptions], "pd.Series[bool]"]


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is so of a row or not.

    Attributes:
        meaning: in words, for people.
        holds: bool Series over the rows of the assessed table with its expected loss.
    """

    meaning: str
    holds: Holds


_T3_T4 = [Tier.T3.value, Tier.T4.value]
_T2_UP = [Tier.T2.value, *_T3_T4]
_MANY_BUILDINGS = ("several_buildings", "aggregate_row")
_HARDLY_SEEN = [HazardKind.HAIL.value, HazardKind.RAIN.value]
_BLURRED = [Status.AMBIGUOUS_MATCH.value, Status.MISALIGNED.value, Status.OBSCURED.value]


def _is_reviewed(rows: pd.DataFrame) -> "pd.Series[bool]":
    return rows["reviewed_grade"].notna()


def _is_graded(rows: pd.DataFrame) -> "pd.Series[bool]":
    """By the image or by people."""
    return (rows["status"] == Status.GRADED.value) | _is_reviewed(rows)


def _has_code(rows: pd.DataFrame, code: SeenCode) -> "pd.Series[bool]":
    """Graded, with that code among the reasons of its status."""
    return _is_graded(rows) & has_code(rows["status_reason"], code)


def _is_noted(rows: pd.DataFrame, note: str) -> "pd.Series[bool]":
    """Whether the match carries a note."""
    return has_code(rows["match_reason"].fillna(""), note)


def _names_many_buildings(rows: pd.DataFrame) -> "pd.Series[bool]":
    named = [has_code(rows["status_reason"], code) for code in _MANY_BUILDINGS]
    return ~_is_graded(rows) & (named[0] | named[1])


def _is_automatable(rows: pd.DataFrame, options: TriageOptions) -> "pd.Series[bool]":
    close = rows["match_distance_m"] <= options.automatable_distance_m
    return (
        rows["geocode_class"].isin(options.automatable_geocode_classes)
        & rows["match_method"].isin(options.automatable_match_methods)
        & (close | (rows["match_method"] == INSIDE))
        & ~_is_noted(rows, "review_geocode")
        & ~_is_noted(rows, _MANY_BUILDINGS[0])
    )


CONDITIONS: dict[str, Condition] = {
    "cover_passes": Condition(
        "the terms on paper cover the loss",
        lambda rows, _: rows["coverage_result"] == CoverageResult.PASS.value,
    ),
    "cover_unclear": Condition(
        "the terms on paper leave the cover open",
        lambda rows, _: rows["coverage_result"] == CoverageResult.REFER.value,
    ),
    "cover_fails": Condition(
        "the terms on paper do not cover the loss",
        lambda rows, _: rows["coverage_result"] == CoverageResult.FAIL.value,
    ),
    "reviewed": Condition("people graded the building", lambda rows, _: _is_reviewed(rows)),
    "graded": Condition("the building was seen and graded", lambda rows, _: _is_graded(rows)),
    "damaged": Condition(
        "graded T2, T3 or T4", lambda rows, _: _is_graded(rows) & rows["tier"].isin(_T2_UP)
    ),
    "severe": Condition(
        "graded T3 or T4", lambda rows, _: _is_graded(rows) & rows["tier"].isin(_T3_T4)
    ),
    "minor": Condition(
        "graded T2", lambda rows, _: _is_graded(rows) & (rows["tier"] == Tier.T2.value)
    ),
    "affected": Condition(
        "graded T1", lambda rows, _: _is_graded(rows) & (rows["tier"] == Tier.T1.value)
    ),
    "undamaged": Condition(
        "graded T0", lambda rows, _: _is_graded(rows) & (rows["tier"] == Tier.T0.value)
    ),
    "slight": Condition(
        "graded T0 or T1",
        lambda rows, _: _is_graded(rows) & rows["tier"].isin([Tier.T0.value, Tier.T1.value]),
    ),
    "looks_changed": Condition(
        "graded undamaged by the image, though roof and surroundings measure as changed",
        lambda rows, _: _has_code(rows, SeenCode.LOOKS_CHANGED),
    ),
    "image_severe": Condition(
        "image-only P(major or destroyed) >= image_severe_frac",
        lambda rows, options: (
            _is_graded(rows) & (rows["p_major"] + rows["p_destroyed"] >= options.image_severe_frac)
        ),
    ),
    "hazard_absent": Condition(
        "the hazard's own P(damage) < hazard_absent_frac",
        lambda rows, options: rows["prior_damage"] < options.hazard_absent_frac,
    ),
    "surely_severe": Condition(
        "P(severe) >= draft_severe_frac",
        lambda rows, options: rows["p_severe"] >= options.draft_severe_frac,
    ),
    "novel": Condition(
        "the pictures are unlike those the model was trained on (novelty >= novel_frac)",
        lambda rows, options: rows["novelty_frac"] >= options.novel_frac,
    ),
    "outline_newer": Condition(
        "the building's outline is newer than the picture before",
        lambda rows, _: _has_code(rows, SeenCode.OUTLINE_NEWER),
    ),
    "bare_before": Condition(
        "the picture before shows no building under the outline",
        lambda rows, _: _has_code(rows, SeenCode.BARE_BEFORE),
    ),
    "wind_and_water": Condition(
        "wind and water both passed their thresholds at the home",
        lambda rows, _: rows["wind_or_water"] == WindOrWater.BOTH.value,
    ),
    "hardly_seen_from_above": Condition(
        "hail or rain leads, whose damage pictures hardly show",
        lambda rows, _: rows["leading_hazard"].isin(_HARDLY_SEEN),
    ),
    "match_automatable": Condition(
        "good geocode, and the building is at or near the point", _is_automatable
    ),
    "building_shared": Condition(
        "several insured locations were matched to the building",
        lambda rows, _: _is_noted(rows, "shared_building"),
    ),
    "worst_of_several": Condition(
        "the row of the book stands for several buildings, of which this is the worst",
        lambda rows, _: _is_noted(rows, _MANY_BUILDINGS[0]),
    ),
    "point_stacked": Condition(
        "the coordinate stands for several accounts' addresses",
        lambda rows, _: _is_noted(rows, "stacked_point"),
    ),
    "loss_unknown": Condition(
        "insured value or deductible not known",
        lambda rows, _: rows["over_deductible"] == OverDeductible.UNKNOWN.value,
    ),
    "loss_over_deductible": Condition(
        "expected loss above the deductible",
        lambda rows, _: rows["over_deductible"] == OverDeductible.YES.value,
    ),
    "loss_within_deductible": Condition(
        "expected loss not above the deductible",
        lambda rows, _: rows["over_deductible"] == OverDeductible.NO.value,
    ),
    "likely_damaged": Condition(
        "P(damage) >= review_minor_frac",
        lambda rows, options: rows["p_damage"] >= options.review_minor_frac,
    ),
    "hazard_strong": Condition(
        "the hazard's own P(damage) >= strong_prior_frac",
        lambda rows, options: rows["prior_damage"] >= options.strong_prior_frac,
    ),
    "hazard_likely": Condition(
        f"the hazard's own P(damage) >= {AFFECTED_PROBABILITY}, where a home that was seen is T1",
        lambda rows, _: rows["prior_damage"] >= AFFECTED_PROBABILITY,
    ),
    "many_buildings": Condition(
        "one row of the book stands for several buildings",
        lambda rows, _: _names_many_buildings(rows),
    ),
    "seen_badly": Condition(
        "there are pictures, but the building is obscured, misaligned or ambiguous",
        lambda rows, _: rows["status"].isin(_BLURRED),
    ),
}
