"""Grades of homes by networks that never saw their neighbourhood, for every home there is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from detectors.calibrate import Calibrations
from detectors.network.model import SiameseDamageNet
from detectors.network.novelty import measure_distances
from detectors.network.options import PredictOptions
from detectors.network.predict import compute_answers
from detectors.training.dataset import LabelledChips
from detectors.training.sampling import draw_known, weigh_events

Teach = Callable[[LabelledChips, str], SiameseDamageNet]
"""Trains a network on chips; the text names the training and its checkpoint."""


@dataclass(frozen=True, slots=True, eq=False)
class Judgements:
    """What networks say of chips of which no training showed them the area.

    Attributes:
        rows: int64 ``(batch,)``, which of the labelled chips each is.
        logits: ``(batch, grades)``.
        grades: ``(batch,)``, the truth.
        events: ``(batch,)``, event of each chip.
        kinds: ``(batch,)``, EventKind of that event.
        parts: int64 ``(batch,)``, which network spoke.
        distances: ``(batch,)`` from what that network was trained on, see
            ``novelty.measure_distances``.
    """

    rows: NDArray[np.int64]
    logits: NDArray[np.float32]
    grades: NDArray[np.int64]
    events: NDArray[np.str_]
    kinds: NDArray[np.str_]
    parts: NDArray[np.int64]
    distances: NDArray[np.float64]

    def select(self, keep: NDArray[np.bool_]) -> Self:
        """What is said of the chips that a mask picks."""
        return type(self)(
            self.rows[keep], self.logits[keep], self.grades[keep], self.events[keep],
            self.kinds[keep], self.parts[keep], self.distances[keep],
        )  # fmt: skip

    @classmethod
    def concatenate(cls, several: "list[Judgements]") -> Self:
        """All in one."""
        names = ("rows", "logits", "grades", "events", "kinds", "parts", "distances")
        return cls(*(np.concatenate([getattr(each, name) for each in several]) for name in names))

    def calibrate(self) -> Calibrations:
        """Fitted to all of them, events weighed by the square root of their size, and by kind."""
        return Calibrations.fit(self.logits, self.grades, weigh_events(self.events), self.kinds)

    def calibrate_across(self) -> NDArray[np.float32]:
        """``(batch, grades)``: each part's chances, calibrated on the other parts alone."""
        chances = np.empty_like(self.logits)
        for part in np.unique(self.parts):
            is_own = self.parts == part
            fitted = self.select(~is_own).calibrate()
            chances[is_own] = fitted.probabilities(self.logits[is_own], self.kinds[is_own])
        return chances


def judge(
    network: SiameseDamageNet,
    labelled: LabelledChips,
    is_trained: NDArray[np.bool_],
    is_held: NDArray[np.bool_],
    *,
    part: int,
    kinds: NDArray[np.str_],
    predicting: PredictOptions,
    seed: int,
) -> Judgements:
    """What a network says of chips that it was not trained on.

    Args:
        network: trained.
        labelled: all chips.
        is_trained: ``(batch,)``, those it was trained on.
        is_held: ``(batch,)``, those it judges.
        part: which network it is.
        kinds: ``(batch,)`` EventKind of each of the labelled chips.
        predicting: how.
        seed: draws the chips that tell what the trained ones look like.
    """
    trained = np.flatnonzero(is_trained)
    is_known = np.zeros(len(labelled), bool)
    is_known[trained[draw_known(len(trained), seed)]] = True
    known, held = labelled.select(is_known), labelled.select(is_held)
    readings = compute_answers(network, known.chips, predicting).readings
    answers = compute_answers(network, held.chips, predicting)
    return Judgements(
        np.flatnonzero(is_held), answers.logits, held.grades, held.events, kinds[is_held],
        np.full(len(held), part), measure_distances(readings, answers.readings),
    )  # fmt: skip


def name_part(folds: tuple[int, ...]) -> str:
    """What the files of a part's network are called after."""
    return "folds-" + "-".join(map(str, folds))


def judge_out_of_fold(
    labelled: LabelledChips,
    folds: NDArray[np.int64],
    *,
    parts: tuple[tuple[int, ...], ...],
    kinds: NDArray[np.str_],
    teach: Teach,
    predicting: PredictOptions,
    seed: int,
) -> Judgements:
    """Train one network for each part of the areas, on all others, and let it judge that part.

    Args:
        labelled: all chips.
        folds: ``(batch,)``, see ``LabelledChips.folds``; negative where nothing is held back.
        parts: the folds of each part; a fold in no part is always trained on.
        kinds: see ``judge``.
        teach: trains.
        predicting: how chips are judged.
        seed: see ``judge``.
    """
    judged = []
    for part, held in enumerate(parts):
        is_held = np.isin(folds, held)
        if not is_held.any():
            continue
        network = teach(labelled.select(~is_held), name_part(held))
        judged.append(
            judge(
                network, labelled, ~is_held, is_held, part=part, kinds=kinds,
                predicting=predicting, seed=seed,
            )
        )  # fmt: skip
    return Judgements.concatenate(judged)
