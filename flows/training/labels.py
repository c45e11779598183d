"""What people know of an event's buildings, for training: truth, labels, or the run's reviews."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.errors import InputError, SettingsError
from detectors.training.labels import Reviews, check_truth, read_reviews, resolve_reviews
from flows.wiring.event_file import EventFile
from flows.wiring.storage.folders import read_table

TRUTH_FILE = "truth.parquet"
LABELS_FILE = "labels.csv"


@dataclass(frozen=True, slots=True, eq=False)
class EventLabels:
    """Grades of an event's buildings.

    Attributes:
        path: the file that they come from.
        grades: building_id -> grade, 0 to 3.
        rejects: REJECTS of rows that do not count.
    """

    path: Path
    grades: pd.Series
    rejects: pd.DataFrame


def choose_labels_file(event_file: Path, source: EventFile) -> Path:
    """The file of grades: truth or labels beside the event, else the reviews that it names.

    Raises:
        SettingsError: there is none, or both truth and labels, so it is unclear which to trust.
    """
    beside = [event_file.parent / name for name in (TRUTH_FILE, LABELS_FILE)]
    found = [path for path in beside if path.is_file()]
    if len(found) > 1:
        raise SettingsError(
            f"training on {event_file}", f"{TRUTH_FILE} and {LABELS_FILE} are both there",
            "Keep the one to learn from beside event.yaml",
        )  # fmt: skip
    if found:
        return found[0]
    if source.reviews is not None and source.reviews.is_file():
        return source.reviews
    raise SettingsError(
        f"training on {event_file}", f"there is no {TRUTH_FILE} and no {LABELS_FILE} beside it",
        "docs/train-your-own.md shows a labels.csv",
    )  # fmt: skip


def read_event_labels(event_file: Path, source: EventFile, building_ids: pd.Series) -> EventLabels:
    """Read and resolve an event's grades.

    Raises:
        SettingsError: see ``choose_labels_file``.
        InputError: the file cannot be read as a whole.
    """
    path = choose_labels_file(event_file, source)
    file = f"{source.event_id}/{path.name}"
    if path.name == TRUTH_FILE:
        reviews = _read_truth(path, file)
    else:
        reviews = resolve_reviews(read_reviews(path), building_ids, file)
        reviews = Reviews(reviews.table, reviews.rejects.assign(file=file))
    grades = reviews.table.set_index("building_id")["grade"]
    return EventLabels(path, grades, reviews.rejects)


def _read_truth(path: Path, file: str) -> Reviews:
    work = f"reading the truth {path}"
    try:
        truth = read_table(path)
    except (OSError, ValueError) as error:
        raise InputError(work, f"not Parquet ({error})", "Write it anew") from error
    lost = [name for name in ("building_id", "grade") if name not in truth]
    if lost:
        raise InputError(
            work, f"it has no column {', '.join(lost)}", "docs/data-dictionary.md describes truth"
        )
    return check_truth(truth, file)
