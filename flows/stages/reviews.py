"""People's grades of this event's homes recalibrate what the pictures say of all of them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.damage import PROBABILITIES, Status
from core.provenance import sha256_of_file
from detectors.recalibrate import Recalibration, RecalibrationOptions, fit_recalibration
from detectors.training.labels import Reviews, known_by, read_reviews, resolve_reviews
from flows.wiring.context import RunContext
from flows.wiring.storage import atomic_path
from reports.lists.files import defuse_formulas

REVIEW_REJECTS_FILE = "review_rejects.csv"
"""Reviews that could not be used or lost against others, for whoever mends them."""
_RECORD = "recalibration"


def recalibrate_grades(run: RunContext, grades: pd.DataFrame) -> pd.DataFrame:
    """The buildings' grades, their chances refitted to the reviews that the event names.

    Without reviews, or where they do not help, the grades come back as they are. Keeps what was
    done for ``run.json``, and review rejects as a CSV beside the list.

    Args:
        run: the run.
        grades: GRADES; status and everything but the four chances stays.

    Raises:
        InputError: the reviews cannot be read as a whole.
    """
    path = run.source.reviews
    if path is None:
        return grades
    everything = read_reviews(path)
    known = known_by(everything, run.as_of_utc)
    buildings = pd.read_parquet(run.source.footprints, columns=["building_id"])["building_id"]
    reviews = resolve_reviews(known, buildings.astype("str"), path.name)
    fitted = fit_to_reviews(grades, reviews, RecalibrationOptions())
    _write_rejects(run, reviews)
    _write_record(run, path, fitted, {
        "rows": len(everything.table), "after_as_of": len(everything.table) - len(known.table),
        "buildings": len(reviews.table), "rejects": len(reviews.rejects),
    })  # fmt: skip
    return apply_recalibration(grades, fitted)


def fit_to_reviews(
    grades: pd.DataFrame, reviews: Reviews, options: RecalibrationOptions
) -> Recalibration:
    """Fit to the buildings that both a picture and a person graded, in the order of their ids."""
    seen = grades.loc[grades["status"] == Status.GRADED, ["building_id", *PROBABILITIES]]
    both = seen.merge(reviews.table, on="building_id", validate="one_to_one")
    both = both.sort_values("building_id")
    return fit_recalibration(
        both[PROBABILITIES].to_numpy(np.float64), both["grade"].to_numpy(np.int64), options
    )


def apply_recalibration(grades: pd.DataFrame, fitted: Recalibration) -> pd.DataFrame:
    """Grades with recalibrated chances; rows that are not graded keep their missing ones."""
    is_graded = (grades["status"] == Status.GRADED).to_numpy(bool)
    changed = grades.copy()
    changed.loc[is_graded, PROBABILITIES] = fitted.apply(
        grades.loc[is_graded, PROBABILITIES].to_numpy(np.float64)
    )
    return changed


def read_recalibration(run: RunContext) -> dict[str, Any] | None:
    """What ``run.json`` says of recalibration; None where the event names no reviews."""
    if run.source.reviews is None:
        return None
    record: dict[str, Any] = json.loads(_record_path(run).read_text(encoding="utf-8"))
    return record


def _record_path(run: RunContext) -> Path:
    return run.folder.work(_RECORD).with_suffix(".json")


def _write_record(
    run: RunContext, path: Path, fitted: Recalibration, counts: dict[str, int]
) -> None:
    record = {"reviews_sha256": sha256_of_file(path), "reviews": counts, "fit": asdict(fitted)}
    with atomic_path(_record_path(run)) as partial:
        partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _write_rejects(run: RunContext, reviews: Reviews) -> None:
    rejects = reviews.rejects
    with atomic_path(run.folder.file(REVIEW_REJECTS_FILE)) as path:
        rejects.assign(value=defuse_formulas(rejects["value"])).to_csv(path, index=False)
