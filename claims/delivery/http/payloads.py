"""Drafts and claims in the words of ClaimCenter's Cloud API. Pure.

Sources: Guidewire Cloud API, "The FNOL process" (a draft by ``POST /claim/v1/claims``, opened by
``/submit``), "Preventing duplicate database transactions" (``GW-DBTransaction-ID``) and "Request
payload inclusion" (children made with their parent). Codes are each carrier's own lists.
"""

import json
from collections.abc import Mapping
from typing import Any

from claims.delivery.gateway import ClaimNews
from core.provenance import canonical_json

ALREADY_EXECUTED = "AlreadyExecutedException"
MAX_KEY = 128
"""Characters that ``GW-DBTransaction-ID`` takes."""
_FIXED = ("policyNumber", "lossDate", "mainContact", "reporter")
"""Of a claim that is there: not for a draft's revision to change."""
_THIS = "/claim/v1/claims/this"


def describe_draft(document: str, reference_field: str) -> dict[str, Any]:
    """The body that makes a draft: claim, contact, property incident and a note of the evidence.

    Args:
        document: the draft's JSON.
        reference_field: the carrier's field for our incident's id.
    """
    draft = json.loads(document)
    claim = dict(draft["claim"]["data"]["attributes"])
    contact = claim.pop("mainContact", None)
    incident = draft["fixedPropertyIncident"]["data"]["attributes"]
    included: dict[str, list[dict[str, Any]]] = {
        "FixedPropertyIncident": [_child(incident, "fixed-property-incidents")],
        "ClaimNote": [_child(_describe_note(draft), "notes")],
    }
    if contact is not None:
        included["ClaimContact"] = [_child(contact, "contacts") | {"refid": "insured"}]
        claim["mainContact"] = {"refid": "insured"}
    attributes = claim | {reference_field: draft["incidentId"]}
    return {"data": {"attributes": attributes}, "included": included}


def describe_revision(document: str) -> dict[str, Any]:
    """The body that revises a draft that is there."""
    draft = json.loads(document)
    claim = draft["claim"]["data"]["attributes"]
    changed = {name: value for name, value in claim.items() if name not in _FIXED}
    return {
        "data": {"attributes": changed},
        "included": {"ClaimNote": [_child(_describe_note(draft), "notes")]},
    }


def describe_note(document: str) -> dict[str, Any]:
    """The body that adds the evidence to a claim that the insured opened."""
    return {"data": {"attributes": _describe_note(json.loads(document))}}


def read_claim(attributes: Mapping[str, Any], reference_field: str) -> ClaimNews:
    """A claim as the claims system tells it.

    Raises:
        KeyError, TypeError: it is no claim.
    """
    state = attributes.get("state") or {}
    outcome = attributes.get("closedOutcome") or {}
    return ClaimNews(
        claim_id=str(attributes["id"]),
        claim_number=attributes.get("claimNumber"),
        policy_number=str(attributes["policyNumber"]),
        loss_date=str(attributes["lossDate"]),
        state=str(state.get("code", "")),
        outcome=outcome.get("code"),
        incident_id=attributes.get(reference_field),
        reported_at=attributes.get("reportedDate"),
        updated_at=str(attributes["updateTime"]),
    )


def read_problem(body: Any) -> str:
    """The code of a refusal. Its message may quote names, so it is left out."""
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("errorCode") if isinstance(error, dict) else None
    return str(code).rpartition(".")[2][:80] if code else "no code"


def _child(attributes: Mapping[str, Any], where: str) -> dict[str, Any]:
    return {"attributes": dict(attributes), "method": "post", "uri": f"{_THIS}/{where}"}


def _describe_note(draft: Mapping[str, Any]) -> dict[str, Any]:
    evidence = {
        "incidentId": draft["incidentId"],
        "status": draft.get("status"),
        "evidence": draft.get("evidence"),
    }
    return {"subject": "Evidence from imagery and weather", "body": canonical_json(evidence)}
