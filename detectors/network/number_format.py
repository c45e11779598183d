"""In which number format a network computes: the one that the processor really does fast.

A processor without bfloat16 of its own emulates it: a pair that costs 9 ms in float32 took 150 ms.
Both formats give the same answers but for rounding; see ``model.round_weights``.
"""

from dataclasses import dataclass
from enum import StrEnum


class NumberFormat(StrEnum):
    """What activations are held in."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class FormatWish(StrEnum):
    """What a setting may ask for."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


BFLOAT16_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")
"""That multiply bfloat16 as they are; ``avx_ne_convert`` only converts."""
WIDE_KERNELS = ("AVX512", "AVX512_VNNI", "AVX512_BF16", "AMX")
"""Of ``torch.backends.cpu.get_cpu_capability``: kernels of torch's own that such processors run."""
_ALLOW_BFLOAT16 = ("", "ALL", "DEFAULT", "AVX512_CORE_BF16", "AVX512_CORE_FP16")
_ALLOW_BFLOAT16_FAMILIES = ("AVX512_CORE_AMX", "AVX10")
"""Values of ONEDNN_MAX_CPU_ISA (oneDNN, CPU dispatcher control) that leave bfloat16 in use."""


@dataclass(frozen=True, slots=True)
class Processor:
    """What is known of the processor that is to compute.

    Attributes:
        device: cpu, cuda or cuda:N.
        kernels: what torch's own kernels use; ATEN_CPU_CAPABILITY lowers it.
        instructions: names of what the processor has, among ``BFLOAT16_INSTRUCTIONS``.
        onednn_limit: ONEDNN_MAX_CPU_ISA; empty = no limit.
        has_gpu_bfloat16: the GPU computes in bfloat16 without emulating it.
    """

    device: str
    kernels: str = ""
    instructions: frozenset[str] = frozenset()
    onednn_limit: str = ""
    has_gpu_bfloat16: bool = False


@dataclass(frozen=True, slots=True)
class ChosenFormat:
    """A format, and in a few words why it was chosen."""

    number_format: NumberFormat
    why: str


def choose_number_format(wish: FormatWish, processor: Processor) -> ChosenFormat:
    """The format wished for; of ``auto``, bfloat16 where the processor does it fast."""
    lack = _find_lack(processor)
    if wish is FormatWish.FLOAT32:
        return ChosenFormat(NumberFormat.FLOAT32, "as set")
    if wish is FormatWish.BFLOAT16:
        why = f"as set, though slow: {lack}" if lack else "as set"
        return ChosenFormat(NumberFormat.BFLOAT16, why)
    if lack:
        return ChosenFormat(NumberFormat.FLOAT32, lack)
    return ChosenFormat(NumberFormat.BFLOAT16, f"{_name(processor)} computes in it")


def _name(processor: Processor) -> str:
    if processor.device != "cpu":
        return "the GPU"
    return f"the processor ({', '.join(sorted(processor.instructions))})"


def _find_lack(processor: Processor) -> str:
    """Why bfloat16 would be slow; empty if it is fast."""
    if processor.device != "cpu":
        return "" if processor.has_gpu_bfloat16 else "the GPU has no bfloat16"
    if not processor.instructions:
        return f"the processor has none of {', '.join(BFLOAT16_INSTRUCTIONS)}"
    if processor.kernels not in WIDE_KERNELS:
        return f"torch is held to {processor.kernels or 'no'} kernels (ATEN_CPU_CAPABILITY)"
    limit = processor.onednn_limit.upper()
    if limit not in _ALLOW_BFLOAT16 and not limit.startswith(_ALLOW_BFLOAT16_FAMILIES):
        return f"oneDNN is held to {limit} (ONEDNN_MAX_CPU_ISA)"
    return ""
