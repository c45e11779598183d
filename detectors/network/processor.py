"""What torch knows of the processor that is to compute."""

import torch

from detectors.network.number_format import BFLOAT16_INSTRUCTIONS, Processor


def read_processor(device: str, onednn_limit: str) -> Processor:
    """Ask torch what a device can do.

    Args:
        device: cpu, cuda or cuda:N.
        onednn_limit: ONEDNN_MAX_CPU_ISA of the environment; empty = not set.
    """
    if torch.device(device).type != "cpu":
        has_bfloat16 = torch.cuda.is_available() and torch.cuda.is_bf16_supported(
            including_emulation=False
        )
        return Processor(device, has_gpu_bfloat16=has_bfloat16)
    known = torch.cpu.get_capabilities()
    instructions = frozenset(name for name in BFLOAT16_INSTRUCTIONS if known.get(name))
    return Processor(
        device, torch.backends.cpu.get_cpu_capability(), instructions, onednn_limit
    )  # fmt: skip
