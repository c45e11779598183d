"""One home's evidence as plain JSON values: what a proactive claim must be able to show. Pure.

``pack.schema.json`` beside this file is its published shape. The same sources give the same bytes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from claims.clocks.deadlines import Deadline
from claims.clocks.due import spell_reason
from claims.drafts.evidence import USE_LIMIT, name_doubts, round_probability
from claims.drafts.hazards import describe_row
from claims.drafts.plain import plain_value
from claims.evidence.pictures import describe_chip
from claims.evidence.sources import Audience, PackSources, Row, RuleWords
from claims.evidence.words import explain_score, say_code, say_seen
from claims.incidents.roles import MACHINES
from claims.ledger.entry import Entry
from claims.ledger.kinds import NOTE_KINDS
from core.damage import GRADED, PROBABILITIES, TIER_LABELS, Decision, Status, Tier
from core.provenance import canonical_json, digest_of_rows, sha256_of_bytes
from core.tables import split_codes

PACK_SCHEMA = "firstnotice.evidence-pack/1"
_IN_FORCE, _NOT_IN_FORCE = "in_force", ("policy_expired", "policy_cancelled", "policy_lapsed")
_BOOK_INPUTS = ("location", "account", "book")
"""Heads of the names of a run's inputs that are the book."""
_ROLES = {"pre": "before", "post": "after"}
_METRES_PER_PX = 1e-9
"""A ground sample distance below this is none."""


def build_pack(sources: PackSources) -> dict[str, Any]:
    """The whole pack, for claims people."""
    finding, run = sources.finding, sources.run
    tier, is_drafted = Tier(finding["tier"]), finding["decision"] == Decision.OPEN_DRAFT
    score = _describe_score(finding)
    return {
        "schema": PACK_SCHEMA,
        "audience": str(Audience.CLAIMS),
        "use_limit": USE_LIMIT,
        "incident": _describe_incident(sources),
        "event": _describe_event(sources),
        "policy": _describe_policy(sources),
        "location": _describe_location(sources),
        "images": list(_describe_images(sources)),
        "model": _describe_model(sources),
        "score": score | {"meaning": list(explain_score(score))},
        "explanation": {
            "sentence": say_seen(finding["status"], tier, score["quality_flags"]),
            "what_the_pictures_show": plain_value(finding["evidence"]),
            "speaks_against": list(name_doubts(finding)) if is_drafted else [],
            "saliency_chip": describe_chip("tinted", sources.pictures),
        },
        "hazard": [_describe_hazard(row) for row in sources.hazard_rows],
        "fusion": {
            "prior": round_probability(finding["prior_damage"]),
            "posterior": round_probability(finding["p_damage"]),
            "coefs_version": _digest(run.get("settings", {}).get("fusion")),
        },
        "coverage": _describe_coverage(sources),
        "review": _describe_review(sources),
        "contact": _describe_contact(sources.contact),
        "run": {
            "run_id": run["run_id"],
            "as_of_utc": run["as_of_utc"],
            "config_hash": _digest(run.get("settings")),
            "input_manifest": dict(run.get("inputs_sha256", {})),
            "versions": dict(run.get("versions", {})),
        },
        "clock": _describe_clock(sources),
        "history": [_describe_entry(entry) for entry in sources.history],
        "history_digest": digest_of_rows(_history_rows(sources.history)),
    }


def write_pack_text(pack: dict[str, Any]) -> str:
    """The pack as readable JSON, the same text for the same pack."""
    text = json.dumps(pack, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return f"{text}\n"


def _describe_incident(sources: PackSources) -> dict[str, Any]:
    last, finding = sources.history[-1], sources.finding
    return {
        "incident_id": last.incident_id,
        "state": str(last.to_state),
        "portfolio_number": finding["portfolio_number"],
        "account_number": finding["account_number"],
        "policy_number": finding["policy_number"],
        "location_number": finding["location_number"],
        "loss_date": plain_value(finding["loss_date"]),
        "decision": finding["decision"],
        "decision_reasons": split_codes(finding["decision_reasons"]),
    }


def _describe_event(sources: PackSources) -> dict[str, Any]:
    event = sources.event
    names = ("event_id", "name", "carrier_cat_code", "pcs_code")
    products = sorted({str(row["product"]) for row in sources.hazard_rows})
    told: dict[str, Any] = {name: event.get(name) for name in names}
    return told | {
        "perils": list(event["perils"]),
        "window_start_utc": event.get("window_start_utc"),
        "window_end_utc": event.get("window_end_utc"),
        "product_ids": products,
    }


def _describe_policy(sources: PackSources) -> dict[str, Any]:
    finding, location = sources.finding, sources.location
    reasons = split_codes(finding["coverage_reasons"])
    is_out = any(code.partition(":")[0] in _NOT_IN_FORCE for code in reasons)
    inputs = sources.run.get("inputs_sha256", {})
    book = {name: sha for name, sha in inputs.items() if name.startswith(_BOOK_INPUTS)}
    return {
        "snapshot_hash": _digest(book),
        "as_of": sources.run["as_of_utc"],
        "in_force": True if _IN_FORCE in reasons else False if is_out else None,
        "inception_date": plain_value(location.get("inception_date")),
        "expiry_date": plain_value(location.get("expiry_date")),
        "perils": split_codes(plain_value(location.get("policy_perils")) or ""),
        "deductible": plain_value(finding["deductible_amount"]),
        "building_value": plain_value(finding["building_tiv"]),
        "contents_value": plain_value(location.get("contents_tiv")),
        "currency": finding["currency"],
    }


def _describe_location(sources: PackSources) -> dict[str, Any]:
    finding, location, contact = sources.finding, sources.location, sources.contact
    return {
        "latitude": finding["geometry"].y,
        "longitude": finding["geometry"].x,
        "street_address": plain_value(contact.get("street_address")),
        "city": plain_value(contact.get("city")),
        "state": plain_value(location.get("area_code")),
        "postal_code": plain_value(location.get("postal_code")),
        "country": plain_value(location.get("country_code")),
        "geocode_class": plain_value(finding["geocode_class"]),
        "footprint_id": plain_value(finding["building_id"]),
        "footprint_source": plain_value(sources.building.get("source")),
        "match_method": plain_value(finding["match_method"]),
        "match_reason": plain_value(finding["match_reason"]),
        "distance_m": plain_value(finding["match_distance_m"]),
    }


def _describe_images(sources: PackSources) -> Iterator[dict[str, Any]]:
    """The scenes of the pair, also where the home could not be seen in them."""
    finding = sources.finding
    for role, chip in _ROLES.items():
        scene_id = plain_value(finding[f"{role}_scene_id"])
        if scene_id is None:
            continue
        scene = sources.scenes.get(scene_id, {})
        names = ("provider", "licence", "asset_uri", "asset_sha256", "gsd_m", "off_nadir_deg")
        told = {name: plain_value(scene.get(name)) for name in names}
        shift, gsd_m = plain_value(finding["registration_shift_m"]), told["gsd_m"]
        is_known = shift is not None and gsd_m is not None and gsd_m > _METRES_PER_PX
        yield told | {
            "role": role,
            "scene_id": scene_id,
            "captured_at_utc": plain_value(finding[f"{role}_captured_at_utc"]),
            "sun_elevation_deg": plain_value(scene.get("sun_elevation_deg")),
            "cloud_frac": plain_value(scene.get("cloud_frac")),
            "chip": describe_chip(chip, sources.pictures),
            "registration_shift_px": round(shift / gsd_m, 2) if is_known else None,
        }


def _describe_model(sources: PackSources) -> dict[str, Any]:
    model, card = sources.run.get("model", {}), sources.card
    return {
        "name": model.get("name"),
        "weights_sha256": model.get("sha256"),
        "licence": model.get("licence"),
        "graded_this_home": plain_value(sources.finding["model_sha256"]) is not None,
        "training_set": list(card.get("training_data", ())),
        "calibration_id": _digest(card.get("calibration")),
        "code_version": sources.run.get("versions", {}).get("firstnotice"),
        "number_format": (sources.run.get("number_format") or {}).get("number_format"),
    }


def _describe_score(finding: Row) -> dict[str, Any]:
    is_graded = finding["status"] == Status.GRADED
    tier = Tier(finding["tier"])
    probabilities = {
        grade.name.lower(): round_probability(finding[name])
        for grade, name in zip(GRADED, PROBABILITIES, strict=True)
    }
    return {
        "class_probs": probabilities if is_graded else None,
        "p_damage": round_probability(finding["p_damage"]),
        "p_severe": round_probability(finding["p_severe"]),
        "tier": str(tier),
        "tier_label": TIER_LABELS[tier],
        "interval": None,
        "status": finding["status"],
        "quality_flags": split_codes(finding["status_reason"]),
        "usable_frac": plain_value(finding["usable_frac"]),
        "novelty_frac": round_probability(finding["novelty_frac"]),
        "abstain_reason": None if is_graded else finding["status_reason"],
    }


def _describe_hazard(row: Row) -> dict[str, Any]:
    told = describe_row(row)
    return {
        "hazard": told["hazard"],
        "in_words": told["inWords"],
        "value": told["value"],
        "unit": told["unit"],
        "measure": told["measure"],
        "threshold": told["threshold"],
        "is_reached": told["isReached"],
        "product": told["product"],
        "issued_at": told["issuedAt"],
        "peak_at": told["peakAt"],
        "sample_method": told["howSampled"],
        "distance_m": told["distanceM"],
    }


def _describe_coverage(sources: PackSources) -> dict[str, Any]:
    finding = sources.finding
    cited = split_codes(plain_value(finding.get("coverage_rules")) or "")
    codes = split_codes(finding["coverage_reasons"])
    settings = sources.run.get("settings", {}).get("coverage", {})
    return {
        "result": finding["coverage_result"],
        "rules": [_describe_rule(each, sources.rules) for each in cited]
        or [{"id": None, "version": None, "in_words": say_code(c), "source": None} for c in codes],
        "reasons": codes,
        "ruleset_version": plain_value(finding.get("coverage_ruleset")) or settings.get("version"),
    }


def _describe_rule(cited: str, rules: Mapping[str, RuleWords]) -> dict[str, Any]:
    """A rule that spoke; one that this version knows no more is told by its id."""
    rule_id, _, version = cited.rpartition("@")
    known = rules.get(cited)
    return {
        "id": rule_id,
        "version": int(version),
        "in_words": say_code(rule_id.partition(".")[0]) if known is None else known.meaning,
        "source": None if known is None else known.source,
    }


def _describe_review(sources: PackSources) -> dict[str, Any]:
    """What people graded and decided last, each in their name."""
    finding, moves = sources.finding, [e for e in sources.history if _is_decision(e)]
    last = moves[-1] if moves else None
    said = {} if last is None else json.loads(last.payload)
    return {
        "grade": plain_value(finding["reviewed_grade"]),
        "graded_by": plain_value(finding["reviewer"]),
        "graded_at_utc": plain_value(finding["reviewed_at_utc"]),
        "reviewer_id": None if last is None else last.actor,
        "role": said.get("role"),
        "decision": None if last is None else str(last.entry_kind),
        "reason": said.get("reason"),
        "at_utc": None if last is None else last.recorded_at_utc,
    }


def _is_decision(entry: Entry) -> bool:
    """Whether a person decided something by it; that a call came is only noted."""
    return entry.actor not in MACHINES and entry.entry_kind not in NOTE_KINDS


def _describe_contact(contact: Row) -> dict[str, Any]:
    return {
        "insured_name": plain_value(contact.get("insured_name")),
        "channel": plain_value(contact.get("preferred_channel")),
        "language": plain_value(contact.get("language")),
        "has_consent": plain_value(contact.get("has_contact_consent")),
        "attempts": [],
    }


def _describe_clock(sources: PackSources) -> dict[str, Any]:
    clocks = sources.clocks
    notice = clocks.notice
    return {
        "notice_at_utc": None if notice is None else plain_instant(notice.at_utc.isoformat()),
        "basis": None if notice is None else str(notice.basis),
        "abstained": clocks.abstained,
        "why": None if clocks.abstained is None else spell_reason(clocks.abstained),
        "deadlines": [_describe_deadline(each) for each in clocks.deadlines],
    }


def plain_instant(text: str) -> str:
    """An instant in UTC with Z."""
    return text.replace("+00:00", "Z")


def _describe_deadline(deadline: Deadline) -> dict[str, Any]:
    return {
        "name": deadline.name,
        "status": str(deadline.status),
        "due_on": None if deadline.due_on is None else deadline.due_on.isoformat(),
        "basis": deadline.basis,
        "source": deadline.source,
        "needs_counsel": deadline.needs_counsel,
    }


def _describe_entry(entry: Entry) -> dict[str, Any]:
    said = json.loads(entry.payload)
    return {
        "step": entry.step,
        "recorded_at_utc": entry.recorded_at_utc,
        "kind": str(entry.entry_kind),
        "to_state": str(entry.to_state),
        "actor": entry.actor,
        "role": said.get("role"),
        "reason": said.get("reason"),
    }


def _history_rows(history: Sequence[Entry]) -> Iterator[tuple[Any, ...]]:
    for entry in history:
        yield (
            entry.incident_id, entry.step, str(entry.entry_kind), str(entry.to_state), entry.actor,
            entry.payload, entry.recorded_at_utc,
        )  # fmt: skip


def _digest(value: Any) -> str | None:
    return None if not value else sha256_of_bytes(canonical_json(value).encode())
