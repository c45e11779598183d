"""Batched inference. Device and number format are explicit; results do not depend on batching."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.chips import ChipBatch
from core.damage import GRADED, GradeProbabilities
from core.provenance import ModelRef
from detectors.calibrate import Calibration
from detectors.model import SiameseDamageNet
from detectors.novelty import Novelty
from detectors.transforms import stack_channels
from detectors.weights import load_weights, read_novelty

MIRRORED: tuple[tuple[int, ...], ...] = ((), (-1,), (-2,), (-2, -1))
"""Axes that each of the averaged views is mirrored along."""


@contextmanager
def sharing_cores(graders: int) -> Iterator[None]:
    """Let each of several graders of this process compute in its own share of the cores.

    More threads than cores wait for each other more than they compute: two graders of one thread
    each graded 514 pairs a second on two cores, of two each 428, one of two 317.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // graders))
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True, slots=True)
class PredictOptions:
    """How to compute; part of the cache key of grades."""

    device: str = "cpu"
    batch: int = 16
    """Chips computed at once; two CPU cores graded 628 pairs a second by 16, 273 by 64."""
    flips: int = 1
    """Views averaged a chip: 1 as it lies, 2 also mirrored left to right, 4 also upside down."""
    is_half: bool = True
    """Compute in bfloat16, which is twice as fast where the processor has it."""


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
    def load(cls, weights: Path, options: PredictOptions) -> "SiameseDetector":
        """Load verified weights.

        Raises:
            WeightsError: see ``load_weights``.
        """
        network, card = load_weights(weights)
        network = network.to(options.device).to(memory_format=torch.channels_last)
        return cls(network, card.calibration, card.ref, options, read_novelty(weights))

    def grade(self, chips: ChipBatch) -> GradeProbabilities:
        """See ``base.Detector``."""
        return self.to_grades(compute_answers(self.network, chips, self.options))

    def to_grades(self, answers: "Answers") -> GradeProbabilities:
        """Calibrated chances of a network's answers."""
        chances = self.calibration.probabilities(answers.logits)
        if self.novelty is None:
            return GradeProbabilities(chances)
        return GradeProbabilities(chances, self.novelty.compute_novelty_frac(answers.readings))


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a network says of chips, averaged over mirrored views.

    Attributes:
        logits: float32 ``(batch, grades)``.
        readings: float32 ``(batch, hidden)``, which the logits rest on.
    """

    logits: NDArray[np.float32]
    readings: NDArray[np.float32]


def compute_logits(
    network: SiameseDamageNet, chips: ChipBatch, options: PredictOptions
) -> NDArray[np.float32]:
    """Logits ``(batch, grades)``, averaged over mirrored views."""
    return compute_answers(network, chips, options).logits


def compute_answers(
    network: SiameseDamageNet, chips: ChipBatch, options: PredictOptions
) -> Answers:
    """Logits of chips, and the readings behind them."""
    logits = np.zeros((len(chips), len(GRADED)), np.float32)
    readings = np.zeros((len(chips), network.options.hidden), np.float32)
    for first in range(0, len(chips), options.batch):
        part = np.arange(first, min(first + options.batch, len(chips)))
        logits[part], readings[part] = _answer_part(network, chips.select(part), options)
    return Answers(logits, readings)


@torch.inference_mode()
def _answer_part(
    network: SiameseDamageNet, chips: ChipBatch, options: PredictOptions
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    device = torch.device(options.device)
    views = prepare_views(network, chips).to(device)
    logits, readings = torch.zeros(1, device=device), torch.zeros(1, device=device)
    for axes in MIRRORED[: options.flips]:
        mirrored = views.flip(axes) if axes else views
        with torch.autocast(device.type, torch.bfloat16, enabled=options.is_half):
            read = network.read(mirrored)
            logits = logits + network.decide(read).float()
        readings = readings + read.float()
    mean = 1 / options.flips
    return (logits * mean).cpu().numpy(), (readings * mean).cpu().numpy()


def prepare_views(network: SiameseDamageNet, chips: ChipBatch) -> Tensor:
    """Views ``(batch, time, channels, view_px, view_px)`` as the network grades them."""
    return stack_channels(chips, network.options.view_px)
