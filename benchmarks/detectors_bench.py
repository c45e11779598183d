"""How fast chips become calibrated probabilities, beside a plain network that all can rebuild."""

from dataclasses import replace

import numpy as np
import torch
from grading import CHOSEN, make_work
from measuring import Figure, measure_rates
from torchvision.models import resnet18

from core.chips import BANDS, ChipBatch
from detectors.network.card import shipped_weights
from detectors.network.predict import SiameseDetector
from imagery.chips.tiles import ChipOptions

CHIPS = 768
RESNET_BATCH = 32
RESNET_PX = 128
SEED = 7


def make_chips(count: int) -> ChipBatch:
    """Chips of noise, all seen, with a footprint in the middle."""
    generator = np.random.default_rng(SEED)
    px = ChipOptions().chip_px
    footprint = np.zeros((count, px, px), bool)
    footprint[:, px // 3 : -px // 3, px // 3 : -px // 3] = True
    return ChipBatch(
        tuple(f"b{number}" for number in range(count)),
        generator.integers(0, 256, (count, 2, BANDS, px, px), dtype=np.uint8),
        np.ones((count, 2, px, px), bool),
        footprint,
        np.full(count, 0.2, np.float32),
    )


def measure_detectors() -> list[Figure]:
    """Pairs a second of the shipped detector as runs use it, images a second of a ResNet-18."""
    chips = make_chips(CHIPS)
    detector = SiameseDetector.load(shipped_weights(), CHOSEN)
    four_views = SiameseDetector.load(shipped_weights(), replace(CHOSEN, flips=4))
    plain = resnet18(weights=None).eval()
    images = torch.rand(RESNET_BATCH, BANDS, RESNET_PX, RESNET_PX)

    @torch.inference_mode()
    def run_plain() -> None:
        for _ in range(CHIPS // RESNET_BATCH // 4):
            plain(images)

    quarter = chips.select(np.arange(CHIPS // 4))
    rates = measure_rates(
        {
            "detectors.pairs_per_s": (make_work(detector, chips), CHIPS),
            "detectors.pairs_per_s_four_views": (make_work(four_views, quarter), CHIPS // 4),
            "detectors.resnet18_fp32_128px_per_s": (run_plain, CHIPS // 4),
        }
    )
    units = {"detectors.resnet18_fp32_128px_per_s": "images/s"}
    return [Figure(name, rate, units.get(name, "pairs/s")) for name, rate in rates.items()]
