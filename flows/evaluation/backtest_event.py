"""``firstnotice backtest``: the newest run of an event against its truth."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.damage import GRADED, PROBABILITIES, XBD_SUBTYPES, DamageGrade, Status, Tier
from core.errors import EventError
from detectors.measuring.evaluate import score
from detectors.network.card import card_path, read_card
from flows.evaluation.evidence import compare_evidence
from flows.wiring.adapters import choose_weights
from flows.wiring.event_file import read_event_file
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import LATEST, read_geo_table, read_table

SEVERE_TIERS = (Tier.T3, Tier.T4)
DIGITS = 4


def backtest_event(event_file: Path, out: Path, settings_file: Path | None) -> dict[str, Any]:
    """Figures of a run against truth, on all scenes and on those that the model never saw.

    Raises:
        EventError: there is no truth beside the event, or no run of it.
    """
    source = read_event_file(event_file)
    truth_file = event_file.parent / "truth.parquet"
    findings_file = out / source.event_id / LATEST / "findings.parquet"
    for path, remedy in ((truth_file, "Import it"), (findings_file, "Run the event first")):
        if not path.exists():
            raise EventError(f"backtesting {source.event_id}", f"there is no {path}", remedy)
    truth = read_table(truth_file)
    findings = read_geo_table(findings_file)
    known = join_truth(findings, truth)
    card = read_card(card_path(choose_weights(Settings.read(settings_file))))
    is_unseen = known["post_scene_id"].isin(card.held_out_scenes)
    return {
        "event_id": source.event_id,
        "model": card.name,
        "locations": len(findings),
        "missing_truth": len(findings) - len(known),
        "status_as_expected_frac": round(
            float((known["status"] == known["expected_status"]).mean()), DIGITS
        ),
        "all_scenes": judge_tiers(known),
        "held_out_scenes": judge_tiers(known[is_unseen]),
    }


def join_truth(findings: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Findings whose truth is known, with ``grade`` and ``expected_status``.

    Truth knows homes by location number and building. A number is unique in the book that an import
    makes; where it stands in several accounts, of a book put in its place, the building found has
    to be the same too, and a home without one has no known truth.

    Args:
        findings: FINDINGS.
        truth: TRUTH.

    Raises:
        EventError: the truth has one home twice.
    """
    number, home = "location_number", ["location_number", "building_id"]
    twice = truth[truth.duplicated(home)]
    if len(twice):
        raise EventError(
            "comparing findings with the truth",
            f"location number {twice[number].iloc[0]} has building {twice['building_id'].iloc[0]} "
            "twice",
            "Import the event again",
        )
    said = [number, "grade", "expected_status"]
    repeated = {*_find_repeated(findings[number]), *_find_repeated(truth[number])}
    is_repeated = findings[number].isin(repeated)
    by_number = truth.loc[~truth[number].isin(repeated), said]
    parts = [
        findings[~is_repeated].merge(by_number, on=number),
        findings[is_repeated].merge(truth[["building_id", *said]], on=home),
    ]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _find_repeated(numbers: "pd.Series[str]") -> "pd.Series[str]":
    return numbers[numbers.duplicated()]


def judge_tiers(known: pd.DataFrame) -> dict[str, Any]:
    """Precision and recall of tier T3 or worse for major or destroyed, and figures of the image."""
    values = known["grade"].map(XBD_SUBTYPES).astype(int)
    usable = known[(known["status"] == Status.GRADED) & (values < DamageGrade.UNCLASSIFIED)]
    grades = usable["grade"].map(XBD_SUBTYPES).to_numpy(np.int64)
    if not len(usable):
        return {"graded": 0}
    said = usable["tier"].isin([str(tier) for tier in SEVERE_TIERS]).to_numpy()
    severe = grades >= DamageGrade.MAJOR
    hits = int((said & severe).sum())
    opened = (usable["decision"] == "open_draft").to_numpy()
    image = usable[PROBABILITIES].to_numpy(np.float64)
    return {
        "evidence": compare_evidence(_chances(usable, image), grades, _scenes(usable)),
        "graded": len(usable),
        "severe": int(severe.sum()),
        "severe_precision": round(hits / said.sum(), DIGITS) if said.any() else None,
        "severe_recall": round(hits / severe.sum(), DIGITS) if severe.any() else None,
        "drafts": int(opened.sum()),
        "drafts_undamaged": int((opened & (grades == DamageGrade.NO_DAMAGE)).sum()),
        "image": score(image, grades),
        "grades": {grade.name.lower(): int((grades == grade).sum()) for grade in GRADED},
    }


def _chances(
    usable: pd.DataFrame, image: NDArray[np.float64]
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """P(minor or worse) and P(major or worse) of each kind of evidence.

    Findings keep the hazard's P(minor or worse) alone, which ranks severe damage as well as any.
    """
    prior = usable["prior_damage"].to_numpy(np.float64)
    return {
        "image": (image[:, 1:].sum(axis=1), image[:, 2:].sum(axis=1)),
        "hazard": (prior, prior),
        "fused": (
            usable["p_damage"].to_numpy(np.float64), usable["p_severe"].to_numpy(np.float64),
        ),
    }  # fmt: skip


def _scenes(usable: pd.DataFrame) -> NDArray[np.object_]:
    return usable["post_scene_id"].to_numpy(object)
