"""The network's shape and how it computes. Without torch, which takes seconds to import."""

from dataclasses import dataclass

from detectors.network.number_format import NumberFormat


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """The network's shape; stored in the weights file's card, checked at load."""

    view_px: int = 128
    """Side of what the network sees, pixels; a multiple of 16."""
    coarse: int = 160
    """Channels of the comparison at stride 16."""
    fine: int = 64
    """Channels of the comparison at stride 8."""
    hidden: int = 192
    dropout: float = 0.3


@dataclass(frozen=True, slots=True)
class PredictOptions:
    """How to compute; part of the cache key of grades."""

    device: str = "cpu"
    batch: int = 8
    """Chips computed at once: what a layer gives of 8 stays in a core's cache. By 16 a pair of real
    chips took a fifth to a half longer in float32, in bfloat16 from no longer to two fifths; of two
    turns each on a busy machine (docs/speed.md)."""
    flips: int = 1
    """Views averaged a chip: 1 as it lies, 2 also mirrored left to right, 4 also upside down."""
    number_format: NumberFormat = NumberFormat.FLOAT32
    """bfloat16 is twice as fast where the processor has it; see ``choose_number_format``."""
