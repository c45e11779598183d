"""What is known of the processor that is to compute."""

from pathlib import Path

from detectors.network.number_format import BFLOAT16_INSTRUCTIONS, Processor

CPU_FLAGS = Path("/proc/cpuinfo")
_KERNEL_FLAGS = frozenset(("avx512f", "avx512bw", "avx512dq", "avx512vl", "fma"))
"""By which torch takes its AVX512 kernels (ATen, ``compute_cpu_capability``)."""


def read_processor(
    device: str, onednn_limit: str, kernels_limit: str = "", flags_file: Path = CPU_FLAGS
) -> Processor:
    """Find out what a device can do; of a CPU that Linux describes without torch.

    Importing torch takes seconds, and the name of a run is needed before anything is graded.

    Args:
        device: cpu, cuda or cuda:N.
        onednn_limit: ONEDNN_MAX_CPU_ISA of the environment; empty = not set.
        kernels_limit: ATEN_CPU_CAPABILITY; empty = not set. What it means, torch is asked.
        flags_file: in which Linux names what the processor has.
    """
    flags = _read_flags(flags_file)
    if device.partition(":")[0] != "cpu" or kernels_limit or not flags:
        return ask_torch(device, onednn_limit)
    instructions = flags.intersection(BFLOAT16_INSTRUCTIONS)
    if instructions and not flags >= _KERNEL_FLAGS:
        return ask_torch(device, onednn_limit)
    kernels = "AVX512" if flags >= _KERNEL_FLAGS else ""
    return Processor(device, kernels, instructions, onednn_limit)


def ask_torch(device: str, onednn_limit: str) -> Processor:
    """Ask torch what a device can do; see ``read_processor``."""
    import torch  # noqa: PLC0415  takes seconds

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


def _read_flags(path: Path) -> frozenset[str]:
    """What the first processor has; none where the system does not say so."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    said = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(said.partition(":")[2].split())
