"""A chip is graded the same whoever else is in its batch."""

import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from core.damage import GradeProbabilities
from core.provenance import ModelRef
from detectors.calibrate import Calibration
from detectors.network.number_format import NumberFormat
from detectors.network.options import PredictOptions
from detectors.network.predict import SiameseDetector, compute_logits, sharing_cores

EXACT = PredictOptions()
COUNT = 11


@pytest.mark.parametrize("batch", [1, 2, 5, 11, 64])
def test_batch_size_does_not_matter(network, chips_of, batch):
    chips = chips_of(COUNT)
    whole = compute_logits(network, chips, EXACT)
    assert whole.shape == (COUNT, 4)
    assert whole.std(axis=0).min() > 1e-3
    parts = compute_logits(network, chips, replace(EXACT, batch=batch))
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-5)


def test_company_and_order_do_not_matter(network, chips_of):
    chips = chips_of(COUNT)
    whole = compute_logits(network, chips, EXACT)
    order = np.random.default_rng(0).permutation(COUNT)
    shuffled = compute_logits(network, chips.select(order), replace(EXACT, batch=4))
    np.testing.assert_allclose(shuffled, whole[order], rtol=0, atol=1e-5)
    alone = compute_logits(network, chips.select(np.array([7])), EXACT)
    np.testing.assert_allclose(alone[0], whole[7], rtol=0, atol=1e-5)


def test_mirrored_chips_are_graded_alike_with_mirrored_views(network, chips_of):
    chips = chips_of(4)
    mirrored = replace(
        chips,
        images=chips.images[..., ::-1].copy(),
        valid=chips.valid[..., ::-1].copy(),
        footprint=chips.footprint[..., ::-1].copy(),
    )
    for flips, is_alike in ((1, False), (2, True), (4, True)):
        options = replace(EXACT, flips=flips)
        one, other = (compute_logits(network, each, options) for each in (chips, mirrored))
        assert np.allclose(one, other, atol=1e-4) is is_alike


def test_half_precision_is_near(network, chips_of):
    chips = chips_of(COUNT)
    half = compute_logits(network, chips, replace(EXACT, number_format=NumberFormat.BFLOAT16))
    np.testing.assert_allclose(half, compute_logits(network, chips, EXACT), atol=0.05)


def test_what_was_not_seen_does_not_matter(network, chips_of):
    chips = chips_of(3)
    images = chips.images.copy()
    images[~np.broadcast_to(chips.valid[:, :, None], images.shape)] = 199
    painted = compute_logits(network, replace(chips, images=images), EXACT)
    np.testing.assert_allclose(painted, compute_logits(network, chips, EXACT), atol=1e-6)


def test_no_chips_have_no_grades(network, chips_of):
    assert compute_logits(network, chips_of(0), EXACT).shape == (0, 4)


def test_the_detector_calibrates_what_the_network_says(network, chips_of):
    calibration = Calibration(2.0, (0.5, 0.0, 0.0, -0.5))
    detector = SiameseDetector(network, calibration, ModelRef("m", "0", "MIT"), EXACT)
    chips = chips_of(5)
    graded = detector.grade(chips)
    assert isinstance(graded, GradeProbabilities)
    expected = calibration.probabilities(compute_logits(network, chips, EXACT))
    np.testing.assert_allclose(graded.values, expected, atol=1e-6)
    assert len(detector.grade(chips.select(np.zeros(5, bool)))) == 0


def _blas_threads():
    pools = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert pools
    return pools


@pytest.mark.parametrize(("graders", "threads"), [(1, 4), (2, 2), (3, 1), (9, 1)])
def test_graders_share_the_cores_and_numpy_keeps_to_one(monkeypatch, graders, threads):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    torch_before, blas_before = torch.get_num_threads(), _blas_threads()
    with sharing_cores(graders):
        assert torch.get_num_threads() == threads
        assert set(_blas_threads()) == {1}
    assert torch.get_num_threads() == torch_before
    assert _blas_threads() == blas_before
