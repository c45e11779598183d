"""On a GPU the detector trains and grades as on a processor. Run with ``pytest -m gpu``."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.chips import ChipBatch
from detectors.network.card import shipped_weights
from detectors.network.number_format import NumberFormat
from detectors.network.options import ModelOptions, PredictOptions
from detectors.network.predict import SiameseDetector
from detectors.training.dataset import LabelledChips
from detectors.training.train import TrainOptions, train
from imagery.chips.tiles import ChipOptions

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: run it where one is"),
]
TOLERANCE = 1e-2
"""Of a probability, between devices and number formats."""


@pytest.fixture(scope="module")
def labelled():
    """Chips whose picture after is darker the worse the grade."""
    generator = np.random.default_rng(4)
    count, px = 96, ChipOptions().chip_px
    footprint = np.zeros((count, px, px), bool)
    footprint[:, px // 3 : -px // 3, px // 3 : -px // 3] = True
    images = generator.integers(0, 256, (count, 2, 3, px, px), dtype=np.uint8)
    grades = np.arange(count) % 4
    images[:, 1] //= (1 + 2 * grades[:, None, None, None]).astype(np.uint8)
    chips = ChipBatch(
        tuple(f"b{n}" for n in range(count)), images, np.ones((count, 2, px, px), bool), footprint,
        np.full(count, 0.3, np.float32),
    )  # fmt: skip
    names = (np.repeat(name, count) for name in ("storm", "area", "scene"))
    return LabelledChips(chips, grades, *names)


@pytest.mark.parametrize("number_format", list(NumberFormat))
def test_grades_are_those_of_the_processor(labelled, number_format):
    options = PredictOptions()
    expected = SiameseDetector.load(shipped_weights(), options).grade(labelled.chips)
    on_gpu = replace(options, device="cuda", number_format=number_format, batch=64)
    graded = SiameseDetector.load(shipped_weights(), on_gpu).grade(labelled.chips)
    np.testing.assert_allclose(graded.values, expected.values, atol=TOLERANCE)


def test_training_goes_down_and_comes_back_to_the_processor(labelled, tmp_path):
    losses = []
    options = TrainOptions(epochs=3, batch=16, model=ModelOptions(hidden=16), ema_decay=0.9)
    network = train(
        labelled, options, None, checkpoint=tmp_path / "checkpoint", device=torch.device("cuda"),
        number_format=NumberFormat.BFLOAT16,
        report=lambda each: losses.append(each.loss),
    )  # fmt: skip
    assert losses[-1] < losses[0]
    assert {value.device.type for value in network.parameters()} == {"cpu"}
