"""Batched inference. Device and number format are explicit; results do not depend on batching."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from torch import Tensor

from core.chips import ChipBatch
from core.damage import GRADED, GradeProbabilities
from core.hazards.kinds import EventKind
from core.provenance import ModelRef
from detectors.calibrate import Calibration
from detectors.network.model import (
    Evidence,
    SiameseDamageNet,
    clip_by_bits,
    round_weights,
)
from detectors.network.novelty import Novelty
from detectors.network.number_format import NumberFormat
from detectors.network.options import PredictOptions
from detectors.network.saliency import lay_on_chip, map_damage
from detectors.network.transforms import scale_colours, take_outline
from detectors.network.weights import load_weights, read_novelty

MIRRORED: tuple[tuple[int, ...], ...] = ((), (-1,), (-2,), (-2, -1))
"""Axes that each of the averaged views is mirrored along."""


@contextmanager
def sharing_cores(graders: int) -> Iterator[None]:
    """Let each of several graders of this process compute in its own share of the cores.

    More threads than cores wait for each other more than they compute, and waiting they spin: two
    graders of one thread each graded 514 pairs a second on two cores, of two each 428, one of two
    317. numpy and scipy have pools of their own (BLAS); held to one thread, a whole run graded 200
    homes a second instead of 150.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // graders))
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)


def computing_in(number_format: NumberFormat, device: torch.device) -> torch.autocast:
    """Lets a network compute in a number format, where it does not ask for float32 itself."""
    is_half = number_format is NumberFormat.BFLOAT16
    return torch.autocast(device.type, torch.bfloat16, enabled=is_half)


@dataclass(frozen=True, slots=True, eq=False)
class SiameseDetector:
    """The Detector of this house: network, calibration and how to compute."""

    network: SiameseDamageNet
    calibration: Calibration
    model: ModelRef
    options: PredictOptions
    novelty: Novelty | None = None
    """None for weights without one: then nothing is said of novelty."""

    @classmethod
    def load(
        cls, weights: Path, options: PredictOptions, kind: EventKind | None = None
    ) -> "SiameseDetector":
        """Load verified weights.

        Args:
            weights: the file; its card lies beside it.
            options: how to compute.
            kind: of the event that is graded, which chooses the calibration; None = not known.

        Raises:
            WeightsError: see ``load_weights``.
        """
        network, card = load_weights(weights)
        network = clip_by_bits(round_weights(network))
        network = network.to(options.device).to(memory_format=torch.channels_last)
        calibration = card.calibrations.choose(kind)
        return cls(network, calibration, card.ref, options, read_novelty(weights))

    def grade(self, chips: ChipBatch) -> GradeProbabilities:
        """See ``base.Detector``."""
        seen = (
            _see_part(self.network, part, self.options) for part in chips.cut(self.options.batch)
        )
        return self.judge(seen, chips.footprint.shape[1:])

    def judge(self, seen: "Iterable[Seen]", chip_shape: tuple[int, int]) -> GradeProbabilities:
        """Calibrated chances of what the network says, and where it sees damage.

        Args:
            seen: all parts of some chips; none, if there are no chips.
            chip_shape: ``(height, width)`` of the chips.
        """
        readings = [np.empty((0, self.network.options.hidden), np.float32)]
        parts = [
            GradeProbabilities(
                np.empty((0, len(GRADED)), np.float32), None, np.empty((0, *chip_shape), np.float32)
            )
        ]
        for each in seen:
            readings.append(each.answers.readings)
            parts.append(self._judge_part(each))
        grades = GradeProbabilities.concatenate(parts)
        if self.novelty is None:
            return grades
        novelty_frac = self.novelty.compute_novelty_frac(np.concatenate(readings))
        return GradeProbabilities(grades.values, novelty_frac, grades.heat)

    def _judge_part(self, seen: "Seen") -> GradeProbabilities:
        chances = self.calibration.probabilities(seen.answers.logits)
        wanted = GradeProbabilities(chances).is_damaged
        heat = np.full((len(chances), *seen.chip_shape), np.nan, np.float32)
        if wanted.any():
            heat[wanted] = self._map_damage(seen, wanted)
        return GradeProbabilities(chances, None, heat)

    def _map_damage(self, seen: "Seen", wanted: NDArray[np.bool_]) -> NDArray[np.float32]:
        chosen = torch.from_numpy(wanted).to(seen.outline.device)
        evidence = Evidence(*(part[chosen] for part in seen.evidence))
        maps = map_damage(self.network, evidence, seen.outline[chosen])
        laid = lay_on_chip(maps, self.network.options.view_px, seen.chip_shape)
        heat: NDArray[np.float32] = laid.cpu().numpy()
        return heat


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a network says of chips, averaged over mirrored views.

    Attributes:
        logits: float32 ``(batch, grades)``.
        readings: float32 ``(batch, hidden)``, which the logits rest on.
    """

    logits: NDArray[np.float32]
    readings: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a network makes of a few chips, as they lie.

    Attributes:
        answers: averaged over mirrored views.
        evidence: what changed, not mirrored.
        outline: footprints in the view, ``(batch, 1, view_px, view_px)``.
        chip_shape: ``(height, width)`` of the chips.
    """

    answers: Answers
    evidence: Evidence
    outline: Tensor
    chip_shape: tuple[int, int]


def compute_logits(
    network: SiameseDamageNet, chips: ChipBatch, options: PredictOptions
) -> NDArray[np.float32]:
    """Logits ``(batch, grades)``, averaged over mirrored views."""
    return compute_answers(network, chips, options).logits


def compute_answers(
    network: SiameseDamageNet, chips: ChipBatch, options: PredictOptions
) -> Answers:
    """Logits of chips, and the readings behind them."""
    seen = [_see_part(network, part, options).answers for part in chips.cut(options.batch)]
    none = Answers(
        np.empty((0, len(GRADED)), np.float32), np.empty((0, network.options.hidden), np.float32)
    )
    return Answers(
        np.concatenate([each.logits for each in (none, *seen)]),
        np.concatenate([each.readings for each in (none, *seen)]),
    )


@torch.inference_mode()
def _see_part(network: SiameseDamageNet, chips: ChipBatch, options: PredictOptions) -> Seen:
    device, view_px = torch.device(options.device), network.options.view_px
    images = scale_colours(chips.images, chips.valid, view_px).to(device)
    outline = take_outline(chips, view_px).to(device)
    logits, readings = torch.zeros(1, device=device), torch.zeros(1, device=device)
    found: list[Evidence] = []
    for axes in MIRRORED[: options.flips]:
        pair, drawn = (part.flip(axes) if axes else part for part in (images, outline))
        with computing_in(options.number_format, device):
            found.append(network.weigh(pair, drawn))
            read = network.conclude(found[-1], drawn)
            logits = logits + network.decide(read).float()
        readings = readings + read.float()
    mean = 1 / options.flips
    answers = Answers((logits * mean).cpu().numpy(), (readings * mean).cpu().numpy())
    return Seen(answers, found[0], outline, chips.footprint.shape[1:])
