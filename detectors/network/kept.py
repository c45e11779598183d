"""Grades with the date before looked at ahead: on the day only the date after is left to look at.

The network looks at each date by itself and compares afterwards, so what it saw at the date before
can be kept from a quiet day. The answers are those of both dates looked at together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from core.chips import POST, PRE, ChipBatch
from core.damage import GradeProbabilities
from core.provenance import ModelRef
from detectors.network.model import SiameseDamageNet, Sight
from detectors.network.options import PredictOptions
from detectors.network.predict import Answers, Seen, SiameseDetector, computing_in
from detectors.network.transforms import scale_colours, take_outline


@dataclass(frozen=True, slots=True, eq=False)
class KeptSight:
    """What the network saw of buildings at the date before.

    Half precision holds what bfloat16 computed, but for the tiniest values.

    Attributes:
        fine: float16 ``(buildings, channels, height / 8, width / 8)``.
        coarse: float16 ``(buildings, channels, height / 16, width / 16)``.
    """

    fine: NDArray[np.float16]
    coarse: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.fine)

    def select(self, wanted: NDArray[np.intp]) -> Self:
        """Some of the buildings, in the order asked for."""
        return type(self)(self.fine[wanted], self.coarse[wanted])

    def to_sight(self, device: torch.device) -> Sight:
        """As the network takes it."""
        fine, coarse = (
            torch.from_numpy(np.ascontiguousarray(part)).to(device, torch.float32)
            for part in (self.fine, self.coarse)
        )
        return Sight(fine, coarse)


@torch.inference_mode()
def look_before(detector: SiameseDetector, chips: ChipBatch) -> KeptSight:
    """Look at the date before of chips; the date after may be anything.

    Args:
        detector: whose network looks; what it sees is good for its very weights alone.
        chips: at least one.
    """
    fine, coarse = [], []
    for part in chips.cut(detector.options.batch):
        sight = _look(detector.network, part, PRE, detector.options)
        fine.append(sight.fine.cpu().to(torch.float16).contiguous().numpy())
        coarse.append(sight.coarse.cpu().to(torch.float16).contiguous().numpy())
    return KeptSight(np.concatenate(fine), np.concatenate(coarse))


@dataclass(frozen=True, slots=True, eq=False)
class KeptDetector:
    """A detector that has seen some buildings before.

    Attributes:
        detector: grades the others as ever.
        kept: what was seen.
        rows: where, by building id.
    """

    detector: SiameseDetector
    kept: KeptSight
    rows: Mapping[str, int]

    @property
    def model(self) -> ModelRef:
        """See ``base.Detector``."""
        return self.detector.model

    def grade(self, chips: ChipBatch) -> GradeProbabilities:
        """See ``base.Detector``.

        Mirrored views were not kept, so with them nothing is; and where a part of a chip is not
        seen, the date before is looked at without that part.
        """
        known = np.array([name in self.rows for name in chips.building_ids], bool)
        known &= chips.valid.all(axis=(1, 2, 3))
        if self.detector.options.flips > 1 or not known.any():
            return self.detector.grade(chips)
        seen = map(self._see_part, chips.select(known).cut(self.detector.options.batch))
        parts = [
            self.detector.judge(seen, chips.footprint.shape[1:]),
            self.detector.grade(chips.select(~known)),
        ]
        places = np.argsort(np.concatenate([np.flatnonzero(known), np.flatnonzero(~known)]))
        return GradeProbabilities.concatenate(parts).select(places)

    @torch.inference_mode()
    def _see_part(self, chips: ChipBatch) -> Seen:
        options, network = self.detector.options, self.detector.network
        device = torch.device(options.device)
        outline = take_outline(chips, network.options.view_px).to(device)
        places = np.array([self.rows[name] for name in chips.building_ids], np.intp)
        before = self.kept.select(places).to_sight(device)
        with computing_in(options.number_format, device):
            evidence = network.compare(before, _look(network, chips, POST, options))
            read = network.conclude(evidence, outline)
            logits = network.decide(read).float()
        answers = Answers(logits.cpu().numpy(), read.float().cpu().numpy())
        return Seen(answers, evidence, outline, chips.footprint.shape[1:])


def _look(network: SiameseDamageNet, chips: ChipBatch, date: int, options: PredictOptions) -> Sight:
    """What the network sees of chips at one date."""
    device, view_px = torch.device(options.device), network.options.view_px
    one = slice(date, date + 1)
    images = scale_colours(chips.images[:, one], chips.valid[:, one], view_px).squeeze(1)
    outline = take_outline(chips, view_px).to(device)
    with computing_in(options.number_format, device):
        return network.look(images.to(device), outline)
