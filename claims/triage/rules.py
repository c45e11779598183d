"""The decision table of triage, as data: rules made of the names of conditions."""

from dataclasses import dataclass

from core.damage import Decision


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


REVIEWED_PREFIX = "reviewed_"
"""Heads the reason code of a home that people graded: ``reviewed_no_damage`` and so on."""


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
