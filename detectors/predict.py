"""Batched inference. Device and number format are explicit; results do not depend on batching."""

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
from detectors.transforms import stack_channels
from detectors.weights import load_weights

MIRRORED: tuple[tuple[int, ...], ...] = ((), (-1,), (-2,), (-2, -1))
"""Axes that each of the averaged views is mirrored along."""


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

    @classmethod
    def load(cls, weights: Path, options: PredictOptions) -> "SiameseDetector":
        """Load verified weights.

        Raises:
            WeightsError: see ``load_weights``.
        """
        network, card = load_weights(weights)
        network = network.to(options.device).to(memory_format=torch.channels_last)
        return cls(network, card.calibration, card.ref, options)

    def grade(self, chips: ChipBatch) -> GradeProbabilities:
        """See ``base.Detector``."""
        return GradeProbabilities(
            self.calibration.probabilities(compute_logits(self.network, chips, self.options))
        )


def compute_logits(
    network: SiameseDamageNet, chips: ChipBatch, options: PredictOptions
) -> NDArray[np.float32]:
    """Logits ``(batch, grades)``, averaged over mirrored views."""
    logits = np.zeros((len(chips), len(GRADED)), np.float32)
    for first in range(0, len(chips), options.batch):
        part = np.arange(first, min(first + options.batch, len(chips)))
        logits[part] = _logits_of_part(network, chips.select(part), options)
    return logits


@torch.inference_mode()
def _logits_of_part(
    network: SiameseDamageNet, chips: ChipBatch, options: PredictOptions
) -> NDArray[np.float32]:
    device = torch.device(options.device)
    views = prepare_views(network, chips).to(device)
    total = torch.zeros(1, device=device)
    for axes in MIRRORED[: options.flips]:
        mirrored = views.flip(axes) if axes else views
        with torch.autocast(device.type, torch.bfloat16, enabled=options.is_half):
            total = total + network(mirrored).float()
    mean: NDArray[np.float32] = (total / options.flips).cpu().numpy()
    return mean


def prepare_views(network: SiameseDamageNet, chips: ChipBatch) -> Tensor:
    """Views ``(batch, time, channels, view_px, view_px)`` as the network grades them."""
    return stack_channels(chips, network.options.view_px)
