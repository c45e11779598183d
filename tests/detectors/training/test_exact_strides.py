"""Strided depthwise convolutions learn in float32 beside others in bfloat16."""

import torch
from torch import nn

from detectors.network.model import SiameseDamageNet
from detectors.network.number_format import NumberFormat
from detectors.network.predict import computing_in
from detectors.training.exact_strides import ExactConv2d, make_strides_exact


def test_the_trunks_strides_are_found_and_keep_their_parameters(tiny):
    network = SiameseDamageNet(tiny)
    names = list(network.state_dict())
    make_strides_exact(network)
    found = [m for m in network.modules() if isinstance(m, ExactConv2d)]
    assert [(m.in_channels, m.stride) for m in found] == [
        (96, (2, 2)), (144, (2, 2)), (192, (2, 2)),
    ]  # fmt: skip
    assert list(network.state_dict()) == names


def test_it_computes_what_a_convolution_in_float32_computes():
    torch.manual_seed(1)
    plain = nn.Conv2d(8, 8, 3, stride=2, padding=1, groups=8)
    values = torch.randn(2, 8, 16, 16)
    expected = plain(values)
    layers = nn.Sequential(plain)
    make_strides_exact(layers)
    with computing_in(NumberFormat.BFLOAT16, torch.device("cpu")):
        got = layers(values)
    assert got.dtype == torch.float32
    torch.testing.assert_close(got, expected)
