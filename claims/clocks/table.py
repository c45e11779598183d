"""The states' clocks as dated, versioned data: read, checked, and the row that holds on a day."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from claims.clocks.milestones import Milestone
from core.errors import SettingsError

HOME_COUNTRY = "US"
"""Elsewhere no clocks are known, and none are given."""
PACKAGED = "terms.yaml"
_STRICT = ConfigDict(extra="forbid")


class DayUnit(StrEnum):
    """How days are counted."""

    CALENDAR = "calendar"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One term.

    Attributes:
        name: what has to be done by its end.
        unit: how its days are counted.
        starts_with: what it counts from.
        ends_with: what ends it, any of them.
        source: key of the table's sources.
        days: length; None where the table has a term for declared catastrophes only.
        catastrophe_days: length in a declared catastrophe, if it is another.
        note: what else the source says.
    """

    __pydantic_config__: ClassVar = _STRICT

    name: str
    unit: DayUnit
    starts_with: Milestone
    ends_with: tuple[Milestone, ...]
    source: str
    days: int | None = Field(None, ge=1)
    catastrophe_days: int | None = Field(None, ge=1)
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTerms:
    """The clocks of one state while they are in force.

    Attributes:
        state: postal code, as ``FL``.
        name: of the state.
        notice: what the source says its clocks count from.
        needs_counsel: nobody's counsel has confirmed the row yet.
        time_zones: IANA names of the state, for homes whose own is not known.
        clocks: in the order in which they come up.
        catastrophe_adds_days: calendar days that a declared catastrophe adds to each clock.
        in_force_from: first day; None = not looked up.
        in_force_to: last day; None = none known.
    """

    __pydantic_config__: ClassVar = _STRICT

    state: str = Field(pattern=r"^[A-Z]{2}$")
    name: str
    notice: str
    needs_counsel: bool
    time_zones: tuple[str, ...] = Field(min_length=1)
    clocks: tuple[Clock, ...] = Field(min_length=1)
    catastrophe_adds_days: int = Field(0, ge=0)
    in_force_from: date | None = None
    in_force_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the row is in force on a day."""
        return (self.in_force_from or date.min) <= day <= (self.in_force_to or date.max)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a term is from: what it cites, and the page that was read."""

    __pydantic_config__: ClassVar = _STRICT

    cites: str
    address: str


@dataclass(frozen=True, slots=True)
class ClockTable:
    """All rows.

    Attributes:
        version: named in drafts and packs; changes with any row.
        compiled_on: day.
        sources: by key.
        states: rows; of one state, one after the other.
    """

    __pydantic_config__: ClassVar = _STRICT

    version: str
    compiled_on: date
    sources: dict[str, Source]
    states: tuple[StateTerms, ...]

    def find(self, state: str, day: date | None = None) -> StateTerms | None:
        """The state's row of a day, or its newest; None where there is none.

        Args:
            state: postal code, in any case.
            day: a local civil day.
        """
        rows = [row for row in self.states if row.state == state.strip().upper()]
        fitting = [row for row in rows if day is None or row.holds_on(day)]
        return max(fitting, key=lambda row: row.in_force_from or date.min, default=None)

    def cite(self, clock: Clock) -> str:
        """The clock's source in words, with its note."""
        cites = self.sources[clock.source].cites
        return cites if clock.note is None else f"{cites}; {clock.note}"


@lru_cache(maxsize=8)
def read_clock_table(path: Path | None = None) -> ClockTable:
    """The table of a file, or the one in this package.

    Raises:
        SettingsError: it cannot be read, lacks something, or contradicts itself.
    """
    where = path or files("claims.clocks") / PACKAGED
    work = f"reading the clocks of {where}"
    remedy = "Write it as claims/clocks/terms.yaml is written"
    try:
        told = yaml.safe_load(where.read_text(encoding="utf-8"))
        table = TypeAdapter(ClockTable).validate_python(told)
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(work, f"it cannot be read ({error})", remedy) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise SettingsError(work, f"{place}: {first['msg']}", remedy) from None
    problem = _find_contradiction(table)
    if problem is not None:
        raise SettingsError(work, problem, remedy)
    return table


def _find_contradiction(table: ClockTable) -> str | None:
    """What the rows say that cannot be; None where nothing is wrong."""
    for row in table.states:
        names = [clock.name for clock in row.clocks]
        if len(set(names)) < len(names):
            return f"{row.state} has two clocks of one name"
        for clock in row.clocks:
            if clock.source not in table.sources:
                return f"{row.state}, {clock.name}: there is no source {clock.source!r}"
            if clock.days is None and clock.catastrophe_days is None:
                return f"{row.state}, {clock.name}: it has no length"
    for state in {row.state for row in table.states}:
        rows = [row for row in table.states if row.state == state]
        ordered = sorted(rows, key=lambda row: row.in_force_from or date.min)
        for one, other in pairwise(ordered):
            if (one.in_force_to or date.max) >= (other.in_force_from or date.min):
                return f"two rows of {state} are in force at once"
    return None
