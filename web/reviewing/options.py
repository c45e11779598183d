"""How the review queue is filled."""

from dataclasses import dataclass

from core.errors import InputError


@dataclass(frozen=True, slots=True)
class ReviewOptions:
    """How the review queue is filled, and when a home is looked at twice."""

    random_frac: float = 0.2
    """share of the queue drawn at random from all homes with pictures, whatever the model says,
    so that calibration and counts stay honest"""
    second_reader: bool = True
    """whether another person looks again at what was judged destroyed, and at what two saw
    differently"""
    undo_s: float = 600.0
    """a judgement may be taken back so long, seconds"""

    def __post_init__(self) -> None:
        if not 0 <= self.random_frac <= 1 or self.undo_s < 0:
            raise InputError(
                "planning the review queue",
                f"random_frac is {self.random_frac} and undo_s {self.undo_s}",
                "Choose a share from 0 to 1 and at least 0 seconds",
            )
