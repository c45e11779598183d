"""Weights are what their card says or they are refused."""

import json
import shutil

import numpy as np
import pytest
import torch

from core.errors import WeightsError
from core.hazards.kinds import EventKind
from core.provenance import ModelRef
from detectors.calibrate import Calibration
from detectors.network.card import card_path, read_card, write_card
from detectors.network.model import SiameseDamageNet
from detectors.network.options import ModelOptions, PredictOptions
from detectors.network.predict import SiameseDetector
from detectors.network.weights import ARCHITECTURE, load_weights, read_state, write_weights


def test_a_network_comes_back_as_it_was_stored(stored, network, tiny, chips_of):
    loaded, card = load_weights(stored)
    assert not loaded.training
    assert loaded.options == tiny == card.options
    for name, value in network.state_dict().items():
        there = loaded.state_dict()[name]
        assert there.dtype == value.dtype
        torch.testing.assert_close(there.float(), value.float(), rtol=1e-3, atol=1e-4)
    detector = SiameseDetector.load(stored, PredictOptions())
    assert detector.model == ModelRef("tiny", card.sha256, "CC0-1.0")
    again = SiameseDetector.load(stored, PredictOptions())
    chips = chips_of(3)
    np.testing.assert_array_equal(detector.grade(chips).values, again.grade(chips).values)


def test_stored_again_the_network_has_the_same_digest(stored, tmp_path):
    loaded, card = load_weights(stored)
    assert write_weights(loaded, tmp_path / "again.npz") == card.sha256


def test_weights_are_written_to_the_very_path_given(tmp_path, network):
    write_weights(network, tmp_path / "tiny.npz.partial")
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.npz.partial"]


def test_a_card_comes_back_as_it_was_written(stored, tiny, card_of):
    card = read_card(card_path(stored))
    assert card == card_of(card.sha256, tiny)
    assert isinstance(card.calibration.bias, tuple)


def test_a_card_tells_the_calibrations_of_kinds_of_events(stored, tiny, card_of):
    sha256, windy = read_card(card_path(stored)).sha256, Calibration(1.1, (0.2, 0, 0, 0), 0.4)
    write_card(card_of(sha256, tiny, by_kind={EventKind.WIND: windy}), card_path(stored))
    assert read_card(card_path(stored)).by_kind == {EventKind.WIND: windy}
    chosen = {
        kind: SiameseDetector.load(stored, PredictOptions(), kind).calibration
        for kind in (EventKind.WIND, EventKind.FIRE, None)
    }
    assert chosen[EventKind.WIND] == windy
    assert chosen[EventKind.FIRE] == chosen[None] == read_card(card_path(stored)).calibration


def test_figures_that_json_cannot_say_are_refused(tmp_path, tiny, card_of):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_card(card_of("0", tiny, metrics={"f1": float("nan")}), tmp_path / "card.json")


def _refused(path, *words):
    with pytest.raises(WeightsError) as caught:
        load_weights(path)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert caught.value.remedy


def test_a_changed_byte_is_found(stored):
    data = bytearray(stored.read_bytes())
    data[len(data) // 2] ^= 1
    stored.write_bytes(data)
    _refused(stored, str(stored), "their sha256 is", "the card says", "damaged or swapped")


@pytest.mark.parametrize("keep", [0, 100, -1])
def test_weights_cut_short_are_found(stored, tiny, keep):
    stored.write_bytes(stored.read_bytes()[:keep])
    _refused(stored, "sha256", "fetch weights and card again")
    with pytest.raises(WeightsError, match="do not fit the network"):
        read_state(stored, tiny)


def test_swapped_weights_are_found(stored, tiny):
    torch.manual_seed(99)
    write_weights(SiameseDamageNet(tiny), stored)
    _refused(stored, "sha256", "swapped")


def test_missing_weights_are_told_from_a_missing_card(stored, tmp_path):
    shutil.copy(card_path(stored), tmp_path / "other.json")
    _refused(tmp_path / "other.npz", "there is no such file", "Reinstall firstnotice")
    card_path(stored).unlink()
    _refused(stored, str(card_path(stored)), "missing or damaged", "beside them")


def test_weights_of_another_architecture_are_refused(stored, tiny, card_of):
    sha256 = read_card(card_path(stored)).sha256
    write_card(card_of(sha256, tiny, architecture="resnet/9"), card_path(stored))
    _refused(stored, "they fit resnet/9", ARCHITECTURE, "Train again")


def test_weights_of_another_shape_are_refused(stored, card_of):
    sha256 = read_card(card_path(stored)).sha256
    wider = ModelOptions(view_px=32, coarse=32, fine=8, hidden=8)
    write_card(card_of(sha256, wider), card_path(stored))
    _refused(stored, "do not fit the network", "size mismatch")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": "tiny"', "null"])
def test_a_card_that_is_no_card_is_refused(stored, content):
    card_path(stored).write_text(content)
    _refused(stored, "reading the model card", "missing or damaged")


@pytest.mark.parametrize("field", ["sha256", "options", "calibration", "licence"])
def test_a_card_that_lacks_something_or_says_more_is_refused(stored, field):
    card = json.loads(card_path(stored).read_text())
    card_path(stored).write_text(json.dumps(card | {"surprise": 1}))
    _refused(stored, "surprise")
    del card[field]
    card_path(stored).write_text(json.dumps(card))
    _refused(stored, field)


def test_a_file_of_something_else_is_refused(tmp_path, tiny):
    np.save(tmp_path / "array.npy", np.zeros(3))
    np.savez(tmp_path / "other.npz", images=np.zeros(3, np.float32))
    (tmp_path / "text.npz").write_text("weights")
    for name in ("array.npy", "other.npz", "text.npz", "missing.npz"):
        with pytest.raises(WeightsError, match="do not fit the network") as caught:
            read_state(tmp_path / name, tiny)
        assert name in caught.value.work
