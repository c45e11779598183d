"""Grading as runs do it: so many graders, each in its share of the cores."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from core.chips import ChipBatch
from detectors.base import Detector
from detectors.network.number_format import FormatWish
from detectors.network.options import PredictOptions
from detectors.network.predict import sharing_cores
from flows.wiring.number_format import choose_format

GRADERS = 2
"""What the settings ask for unless told otherwise."""

CHOSEN = PredictOptions(number_format=choose_format(FormatWish.AUTO, "cpu").number_format)
"""As runs compute on this machine."""


def make_work(detector: Detector, chips: ChipBatch) -> Callable[[], None]:
    """Grades all chips once, each grader a part of them."""
    parts = list(chips.cut(-(-len(chips) // GRADERS)))

    def work() -> None:
        with sharing_cores(GRADERS), ThreadPoolExecutor(GRADERS) as pool:
            list(pool.map(detector.grade, parts))

    return work
