"""What training begins with, what of it stays, and weights between it and what was learnt."""

import copy

import numpy as np
import pytest
import torch
from torchvision.models import mobilenet_v2

from core.errors import WeightsError
from detectors.network.model import SiameseDamageNet, fold_norms, load_imagenet
from detectors.network.novelty import Novelty
from detectors.network.number_format import NumberFormat
from detectors.network.options import ModelOptions
from detectors.network.weights import write_weights
from detectors.training.start import (
    begin_network,
    digest_start,
    keep_start,
    name_frozen,
    read_start,
)
from detectors.training.train import TrainOptions, train

TRUNK = ("stem", "middle", "deep", "mark")


@pytest.fixture(scope="module")
def whole(network, tmp_path_factory):
    """Whole weights of this house as a start, with what else their file holds."""
    path = tmp_path_factory.mktemp("start") / "own.npz"
    novelty = Novelty(np.zeros(8), np.eye(8), np.arange(3.0))
    write_weights(network, path, novelty)
    return read_start(path)


def test_from_nothing_everything_learns_whatever_is_to_be_frozen(tiny):
    assert name_frozen(begin_network(tiny, None, TRUNK)) == ()


def test_from_imagenet_the_trunk_is_loaded_and_the_stem_stays(tiny):
    state = mobilenet_v2(weights=None).state_dict()
    model = begin_network(tiny, state, ("stem",))
    expected = SiameseDamageNet(tiny)
    load_imagenet(expected, state)
    fold_norms(expected)
    for name, value in expected.deep.state_dict().items():
        assert torch.equal(model.deep.state_dict()[name], value)
    assert name_frozen(model) == ("stem",)


def test_a_parameter_frozen_alone_is_named_by_itself(tiny):
    model = SiameseDamageNet(tiny)
    model.mark.requires_grad_(requires_grad=False)
    model.head[1].bias.requires_grad_(requires_grad=False)
    assert name_frozen(model) == ("mark", "head.1.bias")


def test_own_weights_start_as_they_were_written(tiny, network, whole):
    model = begin_network(tiny, whole, TRUNK)
    assert name_frozen(model) == TRUNK
    for name, value in network.state_dict().items():
        assert torch.equal(model.state_dict()[name], value.half().float()), name


def test_a_frozen_trunk_stays_and_the_rest_learns(tiny, labelled_of, whole, tmp_path):
    options = TrainOptions(epochs=1, batch=8, model=tiny, frozen=TRUNK, ema_decay=0.5)
    trained = train(
        labelled_of(16), options, whole, checkpoint=tmp_path / "run.pt",
        device=torch.device("cpu"), number_format=NumberFormat.FLOAT32, report=lambda _: None,
    )  # fmt: skip
    still = {n for n, value in trained.named_parameters() if torch.equal(value, whole[n])}
    assert {name.partition(".")[0] for name in still} == set(TRUNK)


def test_what_is_kept_of_the_start_lies_on_the_line_to_it(network, whole):
    trained = copy.deepcopy(network)
    with torch.no_grad():
        for value in trained.parameters():
            value.add_(1.0)
    mixed = keep_start(copy.deepcopy(trained), whole, 0.25)
    for name, value in mixed.named_parameters():
        expected = 0.75 * dict(trained.named_parameters())[name] + 0.25 * whole[name]
        torch.testing.assert_close(value, expected)
    same = keep_start(copy.deepcopy(trained), whole, 0.0)
    assert all(torch.equal(a, b) for a, b in zip(same.parameters(), trained.parameters(),
                                                 strict=True))  # fmt: skip


@pytest.mark.parametrize("kind", ["none", "trunk"])
def test_a_share_of_a_start_that_is_no_network_is_told(network, kind):
    start = None if kind == "none" else mobilenet_v2(weights=None).state_dict()
    with pytest.raises(WeightsError, match=r"start_share is 0\.5"):
        keep_start(copy.deepcopy(network), start, 0.5)


def test_weights_of_another_shape_are_told(whole):
    with pytest.raises(WeightsError, match="do not fit the network"):
        begin_network(ModelOptions(view_px=32, coarse=32, fine=8, hidden=8), whole, ())


def test_starts_are_told_apart_by_their_values(whole):
    other = dict(whole)
    other["mark.weight"] = other["mark.weight"] + 1
    digests = {digest_start(None), digest_start(whole), digest_start(other)}
    assert len(digests) == 3
    assert digest_start(dict(reversed(list(whole.items())))) in digests


def test_a_start_that_is_no_weights_is_told(tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"junk")
    for name in ("bad.npz", "none.npz"):
        with pytest.raises(WeightsError, match=name):
            read_start(tmp_path / name)
    assert read_start(None) is None
