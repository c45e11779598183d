"""What stands behind a finding, as plain JSON values that travel with a claim draft."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from claims.drafts.hazards import choose_cause, describe_hazards
from claims.drafts.plain import plain_value
from core.damage import MAJORITY, TIER_LABELS, Tier
from core.events import CatEvent
from core.hazards.kinds import WindOrWater
from core.tables import split_codes

PROBABILITY_DIGITS = 4
"""Digits of a probability: finer than any calibration, coarser than two machines' noise."""

SURE = 0.99
"""From here the chance of severe damage leaves nothing to say against it."""

CONFIDENCE, OTHERS = "confidence", "otherBuildingIds"
"""Keys of how sure a match is, and of the buildings beside it: a better outline moves both."""
CITED = "rules"
"""Key of the rules of the coverage screen that spoke: they say why, the reasons say what."""

USE_LIMIT = (
    "Satellite or aerial imagery is never the sole basis for denying, reducing or closing a claim. "
    "No damage detected does not mean no damage."
)
"""Goes with every piece of evidence; US states ask for it in their bulletins on aerial images."""


def round_probability(value: Any) -> float | None:
    """A probability to ``PROBABILITY_DIGITS``; missing as None."""
    return None if pd.isna(value) else round(float(value), PROBABILITY_DIGITS)


def describe_evidence(finding: Mapping[str, Any], event: CatEvent) -> dict[str, Any]:
    """The evidence block: images, model, probabilities, hazard, match, cover and the reasons.

    Args:
        finding: one row of FINDINGS; see ``describe_hazards``.
        event: the event.
    """
    tier = Tier(finding["tier"])
    return {
        "useLimit": USE_LIMIT,
        "event": _describe_event(finding, event),
        "lossDate": plain_value(finding["loss_date"]),
        "images": _describe_images(finding),
        "registrationShiftM": plain_value(finding["registration_shift_m"]),
        "usableFrac": plain_value(finding["usable_frac"]),
        "status": finding["status"],
        "statusReasons": split_codes(finding["status_reason"]),
        "whatThePicturesShow": plain_value(finding["evidence"]),
        "speaksAgainst": list(name_doubts(finding)),
        "review": _describe_review(finding),
        "modelSha256": plain_value(finding["model_sha256"]),
        "imageProbabilities": {
            name: round_probability(finding[f"p_{name}"])
            for name in ("no_damage", "minor", "major", "destroyed")
        },
        "priorDamage": round_probability(finding["prior_damage"]),
        "pDamage": round_probability(finding["p_damage"]),
        "pSevere": round_probability(finding["p_severe"]),
        "tier": {"code": tier.value, "label": TIER_LABELS[tier]},
        "hazard": describe_hazards(finding),
        "match": {
            "buildingId": plain_value(finding["building_id"]),
            "geocodeClass": plain_value(finding["geocode_class"]),
            "method": plain_value(finding["match_method"]),
            "distanceM": plain_value(finding["match_distance_m"]),
            **_describe_match(finding),
        },
        "coverageScreen": {
            "result": finding["coverage_result"],
            "reasons": split_codes(finding["coverage_reasons"]),
            CITED: _cite_rules(finding),
        },
        "decision": finding["decision"],
        "decisionReasons": split_codes(finding["decision_reasons"]),
    }


def name_doubts(finding: Mapping[str, Any]) -> Iterator[str]:
    """What speaks against the draft, in plain sentences, for whoever decides on it."""
    severe = round_probability(finding["p_severe"])
    if severe is not None and severe < SURE:
        yield f"The chance that it is not severely damaged is put at {1 - severe:.0%}."
    if finding["prior_damage"] < MAJORITY:
        yield f"By the hazard alone damage has a chance of {finding['prior_damage']:.0%}."
    if plain_value(finding.get("wind_or_water")) == WindOrWater.BOTH:
        yield "Wind and water both reached the home, and policies often cover one alone."
    if plain_value(finding["match_method"]) not in (None, "inside"):
        yield f"The insured point lies {finding['match_distance_m']:.0f} m beside the building."
    if plain_value(finding["deductible_amount"]) is None:
        yield "The book states no deductible."


def _describe_review(finding: Mapping[str, Any]) -> dict[str, Any] | None:
    """What people graded, which outranks the model; None where nobody did."""
    if plain_value(finding.get("reviewed_grade")) is None:
        return None
    return {
        "grade": finding["reviewed_grade"],
        "reviewer": plain_value(finding["reviewer"]),
        "reviewedAtUtc": plain_value(finding["reviewed_at_utc"]),
    }


def _describe_match(finding: Mapping[str, Any]) -> dict[str, Any]:
    """How sure the match is, and which other buildings bear on it."""
    others = split_codes(plain_value(finding.get("other_building_ids")) or "")
    return {
        CONFIDENCE: round_probability(finding.get("match_confidence")),
        OTHERS: others or None,
    }


def _cite_rules(finding: Mapping[str, Any]) -> dict[str, Any] | None:
    """The rules that spoke, each by its id and version; None of findings that name none."""
    cited = split_codes(plain_value(finding.get("coverage_rules")) or "")
    if not cited:
        return None
    return {
        "ruleset": plain_value(finding.get("coverage_ruleset")),
        "spoke": [
            {"id": rule_id, "version": int(version)}
            for rule_id, _, version in (each.rpartition("@") for each in cited)
        ],
    }


def _describe_event(finding: Mapping[str, Any], event: CatEvent) -> dict[str, Any]:
    peril, basis = choose_cause(finding, event)
    return {
        "eventId": event.event_id,
        "name": event.name,
        "perils": [peril.value for peril in event.perils],
        "lossCausePeril": peril.value,
        "lossCauseBasis": basis,
        "windowStartUtc": plain_value(pd.Timestamp(event.window.start_utc)),
        "windowEndUtc": plain_value(pd.Timestamp(event.window.end_utc)),
        "carrierCatCode": event.carrier_cat_code,
        "pcsCode": event.pcs_code,
    }


def _describe_images(finding: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "role": role,
            "sceneId": plain_value(finding[f"{role}_scene_id"]),
            "capturedAtUtc": plain_value(finding[f"{role}_captured_at_utc"]),
        }
        for role in ("pre", "post")
        if plain_value(finding[f"{role}_scene_id"]) is not None
    ]
