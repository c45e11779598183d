"""Tiny chips and a tiny network, for tests in seconds."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.chips import ChipBatch
from detectors.calibrate import Calibration
from detectors.network.card import WeightsCard, card_path, write_card
from detectors.network.model import SiameseDamageNet, fold_norms
from detectors.network.options import ModelOptions
from detectors.network.weights import ARCHITECTURE, write_weights
from detectors.training.dataset import LabelledChips

TINY = ModelOptions(view_px=32, coarse=16, fine=8, hidden=8)


def make_chips(count: int, px: int = 32, seed: int = 0) -> ChipBatch:
    """Chips of noise; a third of the pixels after is not seen."""
    generator = np.random.default_rng(seed)
    valid = np.ones((count, 2, px, px), bool)
    valid[:, 1, : px // 3] = False
    footprint = np.zeros((count, px, px), bool)
    footprint[:, px // 4 : px // 2, px // 4 : -px // 4] = True
    return ChipBatch(
        tuple(f"b{n}" for n in range(count)),
        generator.integers(0, 256, (count, 2, 3, px, px), dtype=np.uint8),
        valid,
        footprint,
        np.full(count, 0.3, np.float32),
    )


def make_views(count: int, px: int = 32, seed: int = 0) -> torch.Tensor:
    """Views of noise around a footprint in the middle."""
    views = torch.rand(count, 2, 4, px, px, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    views[:, :, 3] = 0.0
    views[:, :, 3, px // 4 : px // 2, px // 4 : -px // 4] = 1.0
    return views


def make_labelled(count: int, px: int = 32) -> LabelledChips:
    """Chips whose grade shows: the more damage, the darker the picture after."""
    grades = np.arange(count) % 4
    chips = make_chips(count, px)
    chips.images[:, 1] //= (1 + 2 * grades[:, None, None, None]).astype(np.uint8)
    names = np.array([f"area-{n // 4}" for n in range(count)])
    return LabelledChips(
        chips, grades, np.array(["storm"] * count), names, np.array(["scene"] * count)
    )


@pytest.fixture(scope="session")
def tiny() -> ModelOptions:
    return TINY


@pytest.fixture(scope="session")
def chips_of() -> Callable[..., ChipBatch]:
    return make_chips


@pytest.fixture(scope="session")
def views_of() -> Callable[..., torch.Tensor]:
    return make_views


@pytest.fixture(scope="session")
def labelled_of() -> Callable[..., LabelledChips]:
    return make_labelled


@pytest.fixture(scope="session")
def network() -> SiameseDamageNet:
    """A tiny network of random weights whose norms fit them: its answers depend on what it sees."""
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(3)
        model = SiameseDamageNet(TINY).train()
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = None  # a plain average over what it saw
        for _ in range(3):
            model(make_views(24))
    return fold_norms(model)


def make_card(sha256, options, **change):
    fields = {
        "name": "tiny", "architecture": ARCHITECTURE, "sha256": sha256, "licence": "CC0-1.0",
        "training_data": ("rendered towns",), "held_out_scenes": ("s1", "s2"),
        "options": options, "calibration": Calibration(1.5, (0.1, 0.0, -0.1, 0.25)),
        "metrics": {"rendered": {"f1": 0.5}}, "made_with": {"seed": 7},
    }  # fmt: skip
    return WeightsCard(**fields | change)


@pytest.fixture(scope="session")
def card_of() -> Callable[..., WeightsCard]:
    return make_card


@pytest.fixture
def stored(tmp_path, network, tiny):
    """Weights and their card on disk."""
    path = tmp_path / "tiny.npz"
    write_card(make_card(write_weights(network, path), tiny), card_path(path))
    return path
