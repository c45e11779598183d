"""Strided depthwise convolutions that compute in float32 while a network learns in bfloat16.

On a CPU their bfloat16 gradients go a slow way: the two such layers of MobileNetV2's trunk that
learn took two fifths of the network's part of a step (torch 2.15 on AVX512 with bfloat16).
"""

import torch
from torch import Tensor, nn


class ExactConv2d(nn.Conv2d):
    """A convolution in float32, whatever the rest computes in."""

    def forward(self, values: Tensor) -> Tensor:
        """See ``torch.nn.Conv2d``."""
        with torch.autocast(values.device.type, enabled=False):
            return super().forward(values.float())


def make_strides_exact(model: nn.Module) -> None:
    """Let each strided depthwise convolution compute in float32, in place; names stay."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and _is_strided_depthwise(module):
            module.__class__ = ExactConv2d


def _is_strided_depthwise(convolution: nn.Conv2d) -> bool:
    return convolution.groups == convolution.in_channels > 1 and max(convolution.stride) > 1
