"""What a detector is to the rest of the house."""

from typing import Protocol

from core.chips import ChipBatch
from core.damage import GradeProbabilities
from core.provenance import ModelRef


class Detector(Protocol):
    """Judges chips."""

    @property
    def model(self) -> ModelRef:
        """Which weights judge."""
        ...

    def grade(self, chips: ChipBatch) -> GradeProbabilities:
        """Calibrated probabilities of the four grades, a row a chip, in the batch's order."""
        ...
