"""What a run says of a home, in words for the panel beside the map. Pure."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from core.damage import TIER_LABELS, CoverageResult, Decision, Status, Tier
from core.tables import split_codes
from core.units import MPH_MPS
from reports.words import (
    COVERAGE_LABELS,
    DECISION_LABELS,
    INDICATIVE_NOTE,
    STATUS_WORDS,
    spell_code,
)

CHANCES = {
    "p_damage": "Damaged, with the weather and the homes around",
    "p_severe": "Major or destroyed, likewise",
    "p_no_damage": "Picture alone: no damage",
    "p_minor": "Picture alone: minor",
    "p_major": "Picture alone: major",
    "p_destroyed": "Picture alone: destroyed",
    "prior_damage": "Weather alone: damaged",
}
"""Each chance with what it is of."""


def tell_home(finding: Mapping[str, Any]) -> dict[str, Any]:
    """The panel of a home: ids, words and chances; no name, no contact.

    Args:
        finding: a row of FINDINGS.
    """
    tier, decision = Tier(finding["tier"]), Decision(finding["decision"])
    return {
        "policy": finding["policy_number"],
        "location": finding["location_number"],
        "account": finding["account_number"],
        "portfolio": finding["portfolio_number"],
        "building": _text(finding["building_id"]),
        "incident": _text(finding["incident_id"]),
        "tier": str(tier),
        "tierWords": TIER_LABELS[tier],
        "decision": str(decision),
        "decisionWords": DECISION_LABELS[decision],
        "status": STATUS_WORDS[Status(finding["status"])],
        "chances": [
            {"of": words, "value": round(float(finding[name]), 3)}
            for name, words in CHANCES.items()
            if pd.notna(finding[name])
        ],
        "evidence": _text(finding["evidence"]),
        "facts": [fact for fact in _list_facts(finding) if fact[1]],
        "hazards": [
            part for part in (_text(finding["hazards_in_words"]) or "").split("; ") if part
        ],
        "review": _tell_review(finding),
        "note": INDICATIVE_NOTE,
    }


def _list_facts(finding: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    gust, shift = finding["gust_mps"], finding["registration_shift_m"]
    coverage = COVERAGE_LABELS[CoverageResult(finding["coverage_result"])]
    return [
        ("Why this status", _spell(finding["status_reason"])),
        ("Why this step", _spell(finding["decision_reasons"])),
        ("Cover on paper", f"{coverage}: {_spell(finding['coverage_reasons']) or ''}".rstrip(": ")),
        ("Before", _tell_scene(finding, "pre")),
        ("After", _tell_scene(finding, "post")),
        ("Shift corrected", None if pd.isna(shift) else f"{shift:.1f} m"),
        ("Gust", None if pd.isna(gust) else f"{gust / MPH_MPS:.0f} mph ({gust:.0f} m/s)"),
        ("Wind or water", _text(finding["wind_or_water"])),
        ("Insured value", _tell_money(finding["building_tiv"], finding["currency"])),
        ("Deductible", _tell_money(finding["deductible_amount"], finding["currency"])),
        ("Claim filed", _text(finding.get("claim_number"))),
    ]


def _tell_scene(finding: Mapping[str, Any], side: str) -> str | None:
    scene, at = finding[f"{side}_scene_id"], finding[f"{side}_captured_at_utc"]
    if pd.isna(scene):
        return None
    return f"{at:%Y-%m-%d %H:%M} UTC, {scene}" if pd.notna(at) else str(scene)


def _tell_money(amount: float, currency: str) -> str | None:
    return f"{amount:,.0f} {currency}" if pd.notna(amount) and amount > 0 else None


def _tell_review(finding: Mapping[str, Any]) -> str | None:
    grade = _text(finding.get("reviewed_grade"))
    if grade is None:
        return None
    at = finding.get("reviewed_at_utc")
    day = f", {at:%Y-%m-%d}" if pd.notna(at) else ""
    return f"{grade.replace('-', ' ')}{day}"


def _spell(cell: Any) -> str | None:
    text = _text(cell)
    return ", ".join(map(spell_code, split_codes(text))) if text else None


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)
