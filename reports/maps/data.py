"""What the map page reads: one JSON value, ids only, every word already spelled."""

import json
from typing import Any

import geopandas as gpd
import pandas as pd

from core.damage import TIER_LABELS, Status
from core.pictures.looks import HEAT_STOPS
from reports.lists.daily_list import MPH_PER_MPS
from reports.maps.outlines import DEGREE_DIGITS
from reports.maps.pictures import InlinePictures
from reports.maps.rings import trace_rings
from reports.palette import (
    DECISION_SWATCHES,
    SCENE_LINES,
    TIER_SWATCHES,
    Swatch,
)
from reports.summary.expecting import ExpectedCount, round_to_known
from reports.summary.files import say_untested
from reports.summary.numbers import Summary
from reports.words import (
    COVERAGE_LABELS,
    DECISION_LABELS,
    INDICATIVE_NOTE,
    STATUS_LABELS,
    STATUS_WORDS,
    spell_codes,
)

_CHANCE_DIGITS = 3

_CHANCES = {
    "pDamage": "p_damage",
    "pSevere": "p_severe",
    "pNone": "p_no_damage",
    "pMinor": "p_minor",
    "pMajor": "p_major",
    "pDestroyed": "p_destroyed",
    "prior": "prior_damage",
    "usable": "usable_frac",
}
_CODED = {
    "tier": "tier",
    "status": "status",
    "decision": "decision",
    "coverage": "coverage_result",
    "preScene": "pre_scene_id",
    "postScene": "post_scene_id",
    "currency": "currency",
    "basis": "hazard_basis",
    "evidence": "evidence",
    "windOrWater": "wind_or_water",
    "hazards": "hazards_in_words",
}
_SPELLED = {
    "statusReason": "status_reason",
    "decisionReasons": "decision_reasons",
    "coverageReasons": "coverage_reasons",
}
_INSTANTS = {"preAt": "pre_captured_at_utc", "postAt": "post_captured_at_utc"}


def build_rows(
    ranked: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, pictures: InlinePictures
) -> dict[str, Any]:
    """The findings as columns, worst first; few-valued text as codes into its distinct words.

    Args:
        ranked: FINDINGS, worst first.
        buildings: FOOTPRINTS whose outlines are in the page, in that order.
        pictures: which pictures are in the page.
    """
    outline = pd.Series(range(len(buildings)), index=buildings["building_id"], dtype="int64")
    points = ranked.geometry.array
    lon = pd.Series(points.x, index=ranked.index)
    lat = pd.Series(points.y, index=ranked.index)
    return {
        "portfolio": _codes(ranked["portfolio_number"]),
        "account": ranked["account_number"].tolist(),
        "policy": ranked["policy_number"].tolist(),
        "location": ranked["location_number"].tolist(),
        "building": _texts(ranked["building_id"]),
        "incident": _texts(ranked["incident_id"]),
        "lat": _numbers(lat, DEGREE_DIGITS),
        "lon": _numbers(lon, DEGREE_DIGITS),
        "gustMph": _numbers(ranked["gust_mps"] * MPH_PER_MPS, 0),
        "shiftM": _numbers(ranked["registration_shift_m"], 1),
        "value": _numbers(ranked["building_tiv"], 0),
        "deductible": _numbers(ranked["deductible_amount"], 0),
        "geocode": ranked["geocode_class"].tolist(),
        "outline": ranked["building_id"].map(outline).fillna(-1).astype("int64").tolist(),
        "picture": pictures.place.tolist(),
        **{name: _numbers(ranked[column], _CHANCE_DIGITS) for name, column in _CHANCES.items()},
        **{name: _codes(ranked[column]) for name, column in _CODED.items()},
        "lossDate": _codes(ranked["loss_date"].dt.strftime("%Y-%m-%d").astype("str")),
        **{name: _codes(spell_codes(ranked[column])) for name, column in _SPELLED.items()},
        **{name: _codes(_spell_instants(ranked[column])) for name, column in _INSTANTS.items()},
        **_build_reviews(ranked),
    }


def _build_reviews(ranked: gpd.GeoDataFrame) -> dict[str, Any]:
    """What people said of the homes: grade in words, who by code, and the day; -1 where nobody."""
    if "reviewed_grade" not in ranked.columns:
        nobody: pd.Series[str] = pd.Series(None, index=ranked.index, dtype="str")
        return dict.fromkeys(("reviewedGrade", "reviewer", "reviewedAt"), _codes(nobody))
    day = pd.to_datetime(ranked["reviewed_at_utc"], utc=True).dt.strftime("%Y-%m-%d")
    return {
        "reviewedGrade": _codes(ranked["reviewed_grade"].str.replace("-", " ", regex=False)),
        "reviewer": _codes(ranked["reviewer"]),
        "reviewedAt": _codes(day.astype("str")),
    }


def build_scenes(scenes: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Each scene's id, side, capture, resolution, provider, licence and rings."""
    return [
        {
            "id": row.scene_id,
            "role": row.role,
            "at": at,
            "gsd": f"{row.gsd_m:.2f} m",
            "credit": f"{row.provider}, {row.licence}",
            "rings": rings,
        }
        for row, at, rings in zip(
            scenes.itertuples(),
            _spell_instants(scenes["captured_at_utc"]),
            trace_rings(scenes.geometry),
            strict=True,
        )
    ]


def build_legend() -> dict[str, Any]:
    """Words and colours of every code the page can meet."""
    return {
        "tiers": _coloured(TIER_LABELS, TIER_SWATCHES),
        "decisions": _coloured(DECISION_LABELS, DECISION_SWATCHES),
        "statuses": {str(s): {"label": STATUS_LABELS[s], "words": STATUS_WORDS[s]} for s in Status},
        "reviews": {
            "yes": {"label": "Reviewed by a person"},
            "no": {"label": "Not reviewed"},
        },
        "coverages": {str(key): {"label": words} for key, words in COVERAGE_LABELS.items()},
        "sceneLines": dict(SCENE_LINES),
        "heat": list(HEAT_STOPS),
        "note": INDICATIVE_NOTE,
    }


def build_headline(summary: Summary) -> list[dict[str, str]]:
    """The figures in the top bar: value, range, words, and what stands behind them."""
    share = "-" if summary.assessed_frac is None else f"{summary.assessed_frac:.0%}"
    unseen = f"{round_to_known(summary.damaged_not_assessed.expected):,} of these are not assessed"
    interval = f"{summary.interval_frac:.0%} interval.{say_untested(summary)}"
    return [
        _figure(f"{summary.locations:,}", "", "in the path", "insured locations in the hazard"),
        _figure(share, "", "assessed", f"{summary.assessed:,} graded; {summary.imaged:,} imaged"),
        _expected("damaged expected", summary.damaged, f"{unseen}; {interval}"),
        _expected("severe expected", summary.severe, interval),
    ]


def _expected(words: str, count: ExpectedCount, more: str) -> dict[str, str]:
    expected, low, high = map(round_to_known, (count.expected, count.low, count.high))
    return _figure(f"{expected:,}", f"{low:,} to {high:,}", words, more)


def _figure(value: str, spread: str, words: str, more: str) -> dict[str, str]:
    return {"value": value, "range": spread, "words": words, "more": more}


def embed_json(value: Any) -> str:
    """JSON that cannot end the script element it stands in, nor open another tag."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _coloured(labels: Any, swatches: Any) -> dict[str, dict[str, str]]:
    return {str(key): {"label": labels[key]} | _colours(swatches[key]) for key in labels}


def _colours(swatch: Swatch) -> dict[str, str]:
    return {"fill": swatch.fill, "ink": swatch.ink, "line": swatch.line}


def _spell_instants(instants: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    """``2018-10-11 19:42 UTC``; missing stays missing."""
    return instants.dt.strftime("%Y-%m-%d %H:%M UTC").astype("str")


def _numbers(values: "pd.Series[float]", digits: int) -> list[float | None]:
    """Rounded; what JSON cannot say is null."""
    rounded = values.astype("float64").round(digits)
    if digits == 0:
        rounded = rounded.astype("Int64")
    return rounded.astype(object).where(values.notna(), None).tolist()


def _texts(values: "pd.Series[str]") -> list[str | None]:
    return values.astype(object).where(values.notna(), None).tolist()


def _codes(values: "pd.Series[str]") -> dict[str, list[Any]]:
    """``words`` and, for each row, ``codes`` into them; -1 is missing."""
    codes, words = pd.factorize(values)
    return {"codes": codes.tolist(), "words": [str(word) for word in words]}
