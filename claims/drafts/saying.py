"""What a draft says, apart from the pictures and figures that it rests on. Pure."""

import json
import re
from typing import Any

from claims.drafts.evidence import CITED, CONFIDENCE, OTHERS
from claims.drafts.hazards import MEASURED
from claims.incidents.obeying import WAITS_CODE
from core.provenance import canonical_json, sha256_of_bytes

_CAPTURE_DAY = len("2018-10-11")
_FIGURES = (
    "images",
    "registrationShiftM",
    "usableFrac",
    "whatThePicturesShow",
    "modelSha256",
    "imageProbabilities",
    "priorDamage",
    "pDamage",
    "pSevere",
)
"""Of the evidence: a newer picture, or a probability that moved inside its tier."""
_PERCENT = re.compile(r"\d+%")
"""In what speaks against the draft: how likely, which moves with every picture."""
_WEATHER = ("sustainedWindMps", "gustMps", MEASURED)


def digest_saying(document: str) -> str:
    """Hex SHA-256 of what a person reads and does by a draft.

    Left out are the pictures with their days, what was measured in them, the probabilities behind
    the tier and behind what speaks against it, and how strong the
    hazards were by which product, though not which of them reached the home: a
    storm's next advisory or a second picture of the same ruin asks nobody to read the draft anew.
    Nor does it say that it waits: that is ours to know.

    Args:
        document: a draft's JSON.

    Raises:
        ValueError: it is no JSON.
        TypeError: it is no object.
    """
    said = json.loads(document)
    if not isinstance(said, dict):
        raise TypeError(f"a draft is an object, not {type(said).__name__}")
    evidence = said.get("evidence", {})
    days = [str(image.get("capturedAtUtc"))[:_CAPTURE_DAY] for image in evidence.get("images", [])]
    said.pop("pictures", None)
    said["evidence"] = _without(evidence, _FIGURES)
    said["evidence"]["coverageScreen"] = _without(evidence.get("coverageScreen", {}), (CITED,))
    said["evidence"]["match"] = _without(evidence.get("match", {}), (CONFIDENCE, OTHERS))
    said["evidence"]["hazard"] = _without(evidence.get("hazard", {}), _WEATHER)
    against = [_PERCENT.sub("%", line) for line in evidence.get("speaksAgainst", [])]
    reasons = [code.partition(":")[0] for code in evidence.get("statusReasons", [])]
    why = [code for code in evidence.get("decisionReasons", []) if code != WAITS_CODE]
    said["evidence"] |= {
        "speaksAgainst": against, "statusReasons": reasons, "decisionReasons": why,
    }  # fmt: skip
    text = canonical_json(said)
    for day in days:
        text = text.replace(f"images of {day}", "images")
    return sha256_of_bytes(text.encode())


def _without(block: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in block.items() if name not in names}
