"""What stands of the judgements as files: the event's reviews, and labels for training."""

import csv
import statistics
from collections.abc import Sequence
from pathlib import Path

from core.damage import XBD_SUBTYPES
from detectors.training.labels import REVIEW_COLUMNS
from web.reviewing.judgement import (
    GRADE_OF_TIER,
    Judgement,
    by_building,
    find_agreement,
    is_settled,
    settle,
)
from web.reviewing.options import ReviewOptions
from web.reviewing.queue import Deck

REVIEWS_FILE = "reviews.csv"
"""Each standing answer about a home on which enough people looked: runs of the event read it."""
LABELS_FILE = "labels.csv"
"""One grade a home; ``train`` reads it as reviews."""
_WORDS = {grade: word for word, grade in XBD_SUBTYPES.items()}


def write_reviews(
    path: Path, standing: Sequence[Judgement], _deck: Deck, options: ReviewOptions
) -> None:
    """The file that ``reviews`` of an event file names, with tier and seconds behind."""
    rows = [
        (each.building_id, _WORDS[GRADE_OF_TIER[each.tier]], each.reviewer, each.at_utc,
         each.tier, f"{each.seconds:.1f}")
        for answers in by_building(standing).values()
        if is_settled(answers, second_reader=options.second_reader)
        for each in answers
    ]  # fmt: skip
    _write(path, (*REVIEW_COLUMNS, "tier", "seconds"), rows)


def write_labels(
    path: Path, standing: Sequence[Judgement], deck: Deck, options: ReviewOptions
) -> None:
    """One row a settled home: grade, readers, agreement, median seconds, place in the lot."""
    lot = {name: place for place, name in enumerate(deck.drawn)}
    rows = []
    for name, answers in by_building(standing).items():
        if is_settled(answers, second_reader=options.second_reader):
            pairs, agreed = find_agreement(answers)
            seconds = statistics.median(each.seconds for each in answers)
            rows.append(
                (name, _WORDS[settle(answers)], answers[-1].reviewer, answers[-1].at_utc,
                 len(answers), "" if not pairs else "yes" if agreed else "no", f"{seconds:.1f}",
                 lot.get(name, ""))
            )  # fmt: skip
    _write(path, (*REVIEW_COLUMNS, "readers", "agreed", "median_s", "lot"), rows)


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
