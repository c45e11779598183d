"""What is unlike the training chips is told by distance, against truth made by construction."""

import numpy as np
import pytest
import torch
from scipy.stats import chi
from sklearn.covariance import LedoitWolf

from core.errors import WeightsError
from detectors.network.card import card_path, write_card
from detectors.network.model import round_weights
from detectors.network.novelty import LEVELS, fit_novelty, measure_distances
from detectors.network.options import PredictOptions
from detectors.network.predict import SiameseDetector, compute_answers
from detectors.network.weights import read_novelty, read_state, write_weights

WIDTH = 6


@pytest.fixture(scope="module")
def drawn():
    """Readings of a stretched Gaussian, trained and kept back."""
    generator = np.random.default_rng(5)
    stretch = np.eye(WIDTH) + 0.2 * generator.normal(size=(WIDTH, WIDTH))
    return tuple(generator.normal(size=(4000, WIDTH)) @ stretch + 3.0 for _ in range(3)), stretch


def test_known_chips_spread_evenly_over_the_shares(drawn):
    (trained, kept_back, others), _ = drawn
    novelty = fit_novelty(trained, measure_distances(trained, kept_back))
    shares = novelty.compute_novelty_frac(others)
    assert shares.dtype == np.float32
    for share in (0.1, 0.5, 0.9, 0.99):
        assert (shares <= share).mean() == pytest.approx(share, abs=0.02)


def test_distance_is_that_of_the_gaussian_whatever_its_stretch(drawn):
    (trained, kept_back, _), stretch = drawn
    novelty = fit_novelty(trained, measure_distances(trained, kept_back))
    along = np.eye(WIDTH) * 2.5 @ stretch + 3.0
    np.testing.assert_allclose(novelty.compute_novelty_frac(along), chi(WIDTH).cdf(2.5), atol=0.04)


def test_distances_are_those_of_scikit_learn(drawn):
    (trained, kept_back, _), _ = drawn
    novelty = fit_novelty(trained, measure_distances(trained, kept_back))
    squared = LedoitWolf().fit(trained).mahalanobis(kept_back)
    expected = np.quantile(np.sqrt(squared), np.linspace(0, 1, LEVELS))
    np.testing.assert_allclose(novelty.known, expected, rtol=1e-3)


def test_far_from_all_that_is_known_is_one_and_the_middle_is_zero(drawn):
    (trained, kept_back, _), _ = drawn
    novelty = fit_novelty(trained, measure_distances(trained, kept_back))
    far = np.stack([trained.mean(axis=0) + 1e3, trained.mean(axis=0)])
    np.testing.assert_allclose(novelty.compute_novelty_frac(far), [1.0, 0.0], atol=1e-3)
    assert novelty.compute_novelty_frac(far[:0]).shape == (0,)


def test_too_few_chips_tell_nothing(drawn):
    (trained, kept_back, _), _ = drawn
    assert fit_novelty(trained[:1], measure_distances(trained[:1], kept_back)) is None
    assert fit_novelty(trained, measure_distances(trained, kept_back[:1])) is None
    few = fit_novelty(trained[:3], measure_distances(trained[:3], kept_back[:2]))
    assert np.isfinite(few.compute_novelty_frac(trained)).all()


def test_stored_with_the_weights_it_says_the_same(tmp_path, network, tiny, chips_of, card_of):
    exact = PredictOptions()
    plain = tmp_path / "plain.npz"
    write_weights(network, plain)
    assert read_novelty(plain) is None
    known = compute_answers(round_weights(read_state(plain, tiny)), chips_of(40), exact).readings
    assert known.shape == (40, tiny.hidden)
    novelty = fit_novelty(known[:20], measure_distances(known[:20], known[20:]))
    path = tmp_path / "tiny.npz"
    write_card(card_of(write_weights(network, path, novelty), tiny), card_path(path))
    graded = SiameseDetector.load(path, exact).grade(chips_of(40))
    np.testing.assert_allclose(graded.novelty_frac, novelty.compute_novelty_frac(known), atol=1e-5)


def test_without_it_nothing_is_said(stored, chips_of):
    graded = SiameseDetector.load(stored, PredictOptions()).grade(chips_of(3))
    assert np.isnan(graded.novelty_frac).all()


def test_a_file_that_is_no_weights_is_named(tmp_path):
    path = tmp_path / "broken.npz"
    path.write_bytes(b"PK")
    with pytest.raises(WeightsError, match=r"broken\.npz"):
        read_novelty(path)


def test_readings_decide_the_grades(network, views_of):
    views = views_of(3)
    with torch.inference_mode():
        torch.testing.assert_close(network.decide(network.read(views)), network(views))
