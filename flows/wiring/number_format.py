"""The number format that a run or a training computes in, by setting, processor and environment."""

import os

from detectors.network.number_format import ChosenFormat, FormatWish, choose_number_format
from detectors.network.processor import read_processor


def choose_format(wish: FormatWish, device: str) -> ChosenFormat:
    """The format to compute in on this machine, and why."""
    onednn_limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "")
    kernels_limit = os.environ.get("ATEN_CPU_CAPABILITY", "")
    return choose_number_format(wish, read_processor(device, onednn_limit, kernels_limit))
