"""What an installation adds to the states' clocks. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A bulletin by which a state moves its clocks after a catastrophe.

    Attributes:
        state: postal code, as ``TX``.
        first_loss_day: first civil day of the losses that it is for.
        last_loss_day: last such day.
        source: the bulletin, as in ``TDI B-0014-24``.
        postal_codes: beginnings of the postal codes that it is for; bulletins name counties, which
            books of policies do not hold. None = all of the state.
        days: days by the name of a clock, where the bulletin states others than the table.
    """

    state: str
    first_loss_day: date
    last_loss_day: date
    source: str
    postal_codes: tuple[str, ...] = ()
    days: Mapping[str, int] = field(default_factory=dict)

    def is_for(self, state: str, postal_code: str | None, loss_day: date | None) -> bool:
        """Whether a loss is under it; one of unknown day, or place where that counts, is not."""
        if state != self.state.strip().upper() or loss_day is None:
            return False
        is_there = not self.postal_codes or (postal_code or "").startswith(self.postal_codes)
        return is_there and self.first_loss_day <= loss_day <= self.last_loss_day


@dataclass(frozen=True, slots=True)
class ClockOptions:
    """Clocks of the law: which table, and what bulletins say."""

    table: Path | None = None
    """The carrier's own table of the states' clocks; absent = the one in the package"""

    declarations: tuple[Declaration, ...] = ()
    """catastrophes that states declared: state, first_loss_day, last_loss_day, source, and where
    they do not hold for all of it postal_codes, or where they state other days, days by clock"""
