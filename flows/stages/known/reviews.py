"""People's grades of this event's homes recalibrate what the pictures say of all of them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.damage import PROBABILITIES, XBD_SUBTYPES, DamageGrade, Status, Tier
from core.provenance import sha256_of_bytes
from core.tables import CODE_SEPARATOR
from detectors.recalibrate import Recalibration, RecalibrationOptions, fit_recalibration
from detectors.training.labels import Reviews, known_by, read_reviews, resolve_reviews
from flows.wiring.context import RunContext
from flows.wiring.storage.folders import atomic_path
from flows.wiring.storage.judged import find_judged
from reports.lists.files import defuse_formulas

REVIEW_REJECTS_FILE = "review_rejects.csv"
"""Reviews that could not be used or lost against others, for whoever mends them."""
_RECORD = "recalibration"
_GRADE_WORDS = {int(grade): word for word, grade in XBD_SUBTYPES.items()}
_TIERS = {
    DamageGrade.NO_DAMAGE: str(Tier.T0),
    DamageGrade.MINOR: str(Tier.T2),
    DamageGrade.MAJOR: str(Tier.T3),
    DamageGrade.DESTROYED: str(Tier.T4),
}
"""The tier of a grade that people gave."""


def find_reviews(run: RunContext) -> tuple[Path, ...]:
    """The files of people's grades that a run reads: the event's, and the web app's."""
    judged = find_judged(run.folder.out, run.source.event_id, run.as_of_utc)
    return tuple(path for path in (run.source.reviews, judged) if path is not None)


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
    paths = find_reviews(run)
    if not paths:
        return grades
    everything, known, reviews = _read_resolved(run, paths)
    fitted = fit_to_reviews(grades, reviews, RecalibrationOptions())
    _write_rejects(run, reviews)
    _write_record(run, paths, fitted, {
        "rows": len(everything.table), "after_as_of": len(everything.table) - len(known.table),
        "buildings": len(reviews.table), "rejects": len(reviews.rejects),
    })  # fmt: skip
    return apply_recalibration(grades, fitted)


def overrule_by_people(run: RunContext, table: pd.DataFrame) -> pd.DataFrame:
    """The homes with what people said of them, see ``overrule``; as they are without reviews.

    Raises:
        InputError: the reviews cannot be read as a whole.
    """
    paths = find_reviews(run)
    nobody = pd.DataFrame(columns=["building_id", "grade", "reviewer", "reviewed_at_utc"])
    return overrule(table, _read_resolved(run, paths)[2].table if paths else nobody)


def overrule(table: pd.DataFrame, reviews: pd.DataFrame) -> pd.DataFrame:
    """A grade that people gave a building stands before the model's; its own chances stay.

    Args:
        table: homes with ``building_id``, ``status_reason``, ``evidence`` and what
            ``add_posterior`` adds.
        reviews: resolved reviews, one row a building.

    Returns:
        The table with ``reviewed_grade``, ``reviewer`` and ``reviewed_at_utc``; of reviewed homes
        ``p_damage`` and ``p_severe`` are 0 or 1, ``tier`` is the grade's, and a code and the line
        of reasons say so.
    """
    said = reviews.assign(
        building_id=reviews["building_id"].astype("str"),
        reviewer=reviews["reviewer"].astype("str"),
        reviewed_at_utc=pd.to_datetime(reviews["reviewed_at_utc"], utc=True),
        reviewed_grade=reviews["grade"].map(_GRADE_WORDS).astype("str"),
    )[["building_id", "reviewed_grade", "reviewer", "reviewed_at_utc"]]
    joined = table.merge(said, on="building_id", how="left", validate="many_to_one")
    joined.index = table.index
    is_said = joined["reviewed_grade"].notna()
    grade = joined.loc[is_said, "reviewed_grade"].map(XBD_SUBTYPES)
    joined.loc[is_said, "p_damage"] = (grade >= DamageGrade.MINOR).astype(float)
    joined.loc[is_said, "p_severe"] = (grade >= DamageGrade.MAJOR).astype(float)
    joined.loc[is_said, "tier"] = grade.map(_TIERS)
    code = "reviewed_" + joined["reviewed_grade"].str.replace("-", "_", regex=False)
    line = (
        "reviewed: " + joined["reviewed_grade"] + ", by " + joined["reviewer"] + ", "
        + joined["reviewed_at_utc"].dt.strftime("%Y-%m-%d")
    )  # fmt: skip
    reason, seen = joined["status_reason"].astype("object"), joined["evidence"].astype("object")
    return joined.assign(
        status_reason=reason.mask(is_said, reason + CODE_SEPARATOR + code),
        evidence=seen.mask(is_said, line + ("; the pictures: " + seen).fillna("")),
    )


def _read_resolved(run: RunContext, paths: tuple[Path, ...]) -> tuple[Reviews, Reviews, Reviews]:
    """All reviews of the files, those made by the run's instant, and these resolved."""
    everything = _join([read_reviews(path) for path in paths])
    known = known_by(everything, run.as_of_utc)
    buildings = pd.read_parquet(run.source.footprints, columns=["building_id"])["building_id"]
    return everything, known, resolve_reviews(known, buildings.astype("str"), _name(paths))


def _join(parts: list[Reviews]) -> Reviews:
    """Reviews of several files as one."""
    if len(parts) == 1:
        return parts[0]
    tables, rejects = [part.table for part in parts], [part.rejects for part in parts]
    return Reviews(pd.concat(tables, ignore_index=True), pd.concat(rejects, ignore_index=True))


def _name(paths: tuple[Path, ...]) -> str:
    """How rejects name the file that a row stands in."""
    return " + ".join(path.name if len(paths) == 1 else str(path) for path in paths)


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
    if not find_reviews(run):
        return None
    record: dict[str, Any] = json.loads(_record_path(run).read_text(encoding="utf-8"))
    return record


def _record_path(run: RunContext) -> Path:
    return run.folder.work(_RECORD).with_suffix(".json")


def _write_record(
    run: RunContext, paths: tuple[Path, ...], fitted: Recalibration, counts: dict[str, int]
) -> None:
    digest = sha256_of_bytes(b"".join(path.read_bytes() for path in paths))
    record = {"reviews_sha256": digest, "reviews": counts, "fit": asdict(fitted)}
    with atomic_path(_record_path(run)) as partial:
        partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _write_rejects(run: RunContext, reviews: Reviews) -> None:
    rejects = reviews.rejects
    with atomic_path(run.folder.file(REVIEW_REJECTS_FILE)) as path:
        rejects.assign(value=defuse_formulas(rejects["value"])).to_csv(path, index=False)
