"""What of a pack the insured may be shown. Pure.

Only what is named here is taken, so that what a pack learns to say later stays inside. Left out are
cover and its rules, decisions and reasons, what people wrote and who they are, deadlines, and every
number that other homes went into: the chance after fusion draws on the homes around.
"""

from typing import Any

from claims.evidence.sources import Audience
from claims.evidence.words import explain_score

_TAKEN: dict[str, tuple[str, ...]] = {
    "incident": ("incident_id", "policy_number", "location_number", "loss_date"),
    "event": ("event_id", "name", "perils", "window_start_utc", "window_end_utc", "product_ids"),
    "location": ("street_address", "city", "state", "postal_code", "country"),
    "model": ("name", "weights_sha256", "graded_this_home", "code_version"),
    "score": ("class_probs", "tier", "tier_label", "status", "quality_flags", "usable_frac"),
    "explanation": ("sentence", "what_the_pictures_show", "saliency_chip"),
    "run": ("run_id", "as_of_utc"),
}
_OF_IMAGES = ("role", "scene_id", "provider", "licence", "captured_at_utc", "gsd_m", "chip")
_OF_HAZARDS = ("hazard", "in_words", "value", "unit", "is_reached", "product", "peak_at")
TELLING = (
    (
        "We looked at pictures taken from above before and after the event, and at weather data. "
        "This page shows what we saw of your home."
    ),
    (
        "It is no promise of cover and no estimate of any amount, and it is no decision. A person "
        "decides, and never by pictures alone."
    ),
    (
        "Pictures from above can be wrong. If they show another home, or if you see it otherwise, "
        "tell us: you may ask for the pictures and dispute what they are said to show."
    ),
    (
        "If there is no damage, or if you want no claim, say so and none is opened. If there is "
        "damage that the pictures do not show, report it as you would have done without them."
    ),
)
"""What the insured is told, whatever was seen."""


def share_with_insured(pack: dict[str, Any]) -> dict[str, Any]:
    """The pack's version for the insured.

    Args:
        pack: as ``build_pack`` gives it.
    """
    taken = {block: {name: pack[block][name] for name in names} for block, names in _TAKEN.items()}
    score = taken["score"]
    return taken | {
        "schema": pack["schema"],
        "audience": str(Audience.INSURED),
        "use_limit": pack["use_limit"],
        "score": score | {"meaning": list(explain_score(score))},
        "images": [{name: image[name] for name in _OF_IMAGES} for image in pack["images"]],
        "hazard": [{name: row[name] for name in _OF_HAZARDS} for row in pack["hazard"]],
        "review": {"looked_at_by_a_person": _was_looked_at(pack)},
        "telling": list(TELLING),
    }


def _was_looked_at(pack: dict[str, Any]) -> bool:
    review = pack["review"]
    return review["grade"] is not None or review["reviewer_id"] is not None
