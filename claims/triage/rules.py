"""The decision table of triage, as data: conditions, and rules made of their names."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from claims.triage.options import INSIDE, TriageOptions
from core.damage import AFFECTED_PROBABILITY, CoverageResult, Decision, SeenCode, Status, Tier
from core.expected_loss import OverDeductible
from core.hazards import HazardKind, WindOrWater
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


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the decision table: all conditions hold, so this is the decision.

    Attributes:
        code: reason code that goes into ``decision_reasons``.
        when: names of the conditions, all of which must hold; ``!`` in front negates.
        decision: what follows.
        meaning: why, in words, for people.
    """

    code: str
    when: tuple[str, ...]
    decision: Decision
    meaning: str


_T3_T4 = [Tier.T3.value, Tier.T4.value]
_T2_UP = [Tier.T2.value, *_T3_T4]
_MANY_BUILDINGS = ("several_buildings", "aggregate_row")
_HARDLY_SEEN = [HazardKind.HAIL.value, HazardKind.RAIN.value]
_BLURRED = [Status.AMBIGUOUS_MATCH.value, Status.MISALIGNED.value, Status.OBSCURED.value]


REVIEWED_PREFIX = "reviewed_"
"""Heads the reason code of a home that people graded: ``reviewed_no_damage`` and so on."""


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

RULES: tuple[Rule, ...] = (
    Rule(
        f"{REVIEWED_PREFIX}no_damage",
        ("reviewed", "undamaged", "!point_stacked"),
        Decision.NONE,
        "People looked and saw no damage: that outranks the model. Never a ground to deny a claim.",
    ),
    Rule(
        "cover_fails_damaged",
        ("cover_fails", "damaged"),
        Decision.REVIEW,
        "Never opened by the machine; a person looks, for nothing here denies.",
    ),
    Rule(
        "looks_changed",
        ("slight", "looks_changed", "!reviewed"),
        Decision.REVIEW,
        "Graded undamaged, but the two pictures measure as changed: such homes were damaged often "
        "enough for a look to pay.",
    ),
    Rule(
        "cover_fails_no_marked_damage",
        ("cover_fails",),
        Decision.NONE,
        "No cover on paper and no marked damage: nothing to do.",
    ),
    Rule(
        "cover_unclear_damaged",
        ("cover_unclear", "damaged"),
        Decision.REVIEW,
        "A person settles the cover before anything is drafted.",
    ),
    Rule(
        "hazard_absent",
        ("image_severe", "hazard_absent", "!reviewed"),
        Decision.REVIEW,
        "A picture of severe damage where the hazard was not: an older loss, a demolition, a wrong "
        "building or a gap in the hazard data.",
    ),
    Rule(
        "severe_unlike_training",
        ("severe", "novel", "!reviewed"),
        Decision.REVIEW,
        "Severe by the model, but its pictures are unlike those that it learnt from.",
    ),
    Rule(
        "outline_newer_than_images",
        ("severe", "outline_newer", "!reviewed"),
        Decision.REVIEW,
        "Severe by the model, but the outline is newer than the picture before: the home may have "
        "been built since, and bare ground looks destroyed.",
    ),
    Rule(
        "bare_before",
        ("severe", "bare_before", "!reviewed"),
        Decision.REVIEW,
        "Severe by the model, but the picture before shows no building under the outline, and "
        "nobody states how old that is.",
    ),
    Rule(
        "shared_building",
        ("severe", "building_shared"),
        Decision.REVIEW,
        "Severe, but several insured locations were matched to the building: flats, or addresses "
        "on one default point. A person says whose it is.",
    ),
    Rule(
        "worst_of_several",
        ("severe", "worst_of_several"),
        Decision.REVIEW,
        "Severe at the worst of the several buildings that the row of the book stands for, whose "
        "value is that of all: a person looks at the site.",
    ),
    Rule(
        "wind_and_water",
        ("severe", "wind_and_water"),
        Decision.REVIEW,
        "Severe, and wind and water were both strong here: policies often cover one alone, so a "
        "person says which did what.",
    ),
    Rule(
        "hardly_seen_from_above",
        ("severe", "hardly_seen_from_above", "!reviewed"),
        Decision.REVIEW,
        "Severe by the model, but hail and rain lead here, and roofs say little of either: never "
        "drafted on pixels alone.",
    ),
    Rule(
        "severe_within_deductible",
        ("severe", "loss_within_deductible"),
        Decision.REVIEW,
        "Severe by the model, and yet probably within the deductible: a person decides whether a "
        "claim serves the insured.",
    ),
    Rule(
        "severe_damage",
        ("cover_passes", "severe", "surely_severe", "match_automatable"),
        Decision.OPEN_DRAFT,
        "Surely severe, covered on paper, and surely this building.",
    ),
    Rule(
        "severe_match_unsure",
        ("severe", "!match_automatable"),
        Decision.REVIEW,
        "Severe, but perhaps the neighbour's house.",
    ),
    Rule(
        "severe_probability_low",
        ("severe", "!surely_severe"),
        Decision.REVIEW,
        "Severe more likely than not, but not sure enough to draft alone.",
    ),
    Rule(
        "minor_loss_unknown",
        ("minor", "loss_unknown"),
        Decision.REVIEW,
        "Minor damage; whether it passes the deductible cannot be said.",
    ),
    Rule(
        "minor_within_deductible",
        ("minor", "loss_within_deductible"),
        Decision.OUTREACH,
        "Minor damage, probably within the deductible: ask first, to spare the loss history.",
    ),
    Rule(
        "minor_likely",
        ("minor", "loss_over_deductible", "likely_damaged"),
        Decision.REVIEW,
        "Likely minor damage above the deductible: a desk look.",
    ),
    Rule(
        "minor_possible",
        ("minor", "loss_over_deductible", "!likely_damaged"),
        Decision.OUTREACH,
        "Perhaps minor damage above the deductible: ask the insured.",
    ),
    Rule(
        "affected",
        ("affected",),
        Decision.OUTREACH,
        "Perhaps cosmetic damage: ask the insured.",
    ),
    Rule(
        "stacked_point_hazard_strong",
        ("undamaged", "point_stacked", "hazard_strong"),
        Decision.OUTREACH,
        "The building seen is undamaged, but the coordinate stands for several addresses: at most "
        "one of them was seen, and the hazard is strong. Ask the insured.",
    ),
    Rule(
        "no_damage_seen",
        ("undamaged",),
        Decision.NONE,
        "Seen, and no damage seen. Never a ground to deny a claim.",
    ),
    Rule(
        "many_buildings",
        ("many_buildings",),
        Decision.REVIEW,
        "One row of the book stands for several buildings: a person looks at the site, and no roof "
        "answers for all.",
    ),
    Rule(
        "seen_badly_hazard_strong",
        ("!graded", "hazard_strong", "seen_badly"),
        Decision.REVIEW,
        "Strong hazard, and a person may read the pictures where the machine could not.",
    ),
    Rule(
        "not_seen_hazard_strong",
        ("!graded", "hazard_strong"),
        Decision.OUTREACH,
        "Strong hazard and nothing seen: ask the insured.",
    ),
    Rule(
        "not_seen_hazard_likely",
        ("!graded", "hazard_likely"),
        Decision.OUTREACH,
        "Not seen, and as likely damaged as homes that were seen and are asked: ask the insured.",
    ),
    Rule(
        "not_seen_hazard_weak",
        ("!graded", "!hazard_likely"),
        Decision.NONE,
        "Not seen, and the hazard alone gives no ground to act; wait for pictures.",
    ),
)
"""The decision table; the first rule that holds decides."""

FALLBACK = Rule(
    "no_rule_holds",
    (),
    Decision.REVIEW,
    "Should not occur (a graded row of tier U, say): a person looks.",
)
"""What becomes of a row to which no rule applies."""
