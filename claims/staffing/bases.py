"""Where adjusters set out from, read from a small CSV."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from claims.staffing.options import MAX_ADJUSTERS, CapacityOptions
from core.errors import InputError

COLUMNS = ("base", "adjusters")
"""Columns that each file of bases has; latitude, longitude and hours_per_day may stand beside."""
_REMEDY = "Give a CSV of base, latitude, longitude, adjusters, hours_per_day; docs/planning.md"
_HOURS_OF_DAY = 24.0


@dataclass(frozen=True, slots=True)
class Base:
    """A place from which adjusters set out in the morning and to which they return.

    Attributes:
        name: what people call it.
        adjusters: how many.
        hours_per_day: that each works, the way included.
        latitude: degrees, WGS 84; None where the place is not told.
        longitude: degrees; None with ``latitude``.
    """

    name: str
    adjusters: int
    hours_per_day: float
    latitude: float | None = None
    longitude: float | None = None


def choose_bases(path: Path | None, options: CapacityOptions) -> tuple[Base, ...]:
    """The bases of a file, or one without a place for the adjusters that the options tell.

    None where neither is told.

    Raises:
        InputError: the file cannot be read, or a row of it is wrong.
    """
    if path is not None:
        return read_bases(path, options)
    if options.adjusters is None:
        return ()
    return (Base("all", options.adjusters, options.hours_per_day),)


def read_bases(path: Path, options: CapacityOptions) -> tuple[Base, ...]:
    """The bases of a CSV file; one row that is wrong refuses the file, for it is a short one.

    Raises:
        InputError: the file cannot be read, lacks a column, or a row of it is wrong.
    """
    work = f"reading the bases of {path.name}"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(work, f"it cannot be read ({error})", _REMEDY) from error
    missing = [name for name in COLUMNS if not rows or name not in rows[0]]
    if missing:
        raise InputError(work, f"it has no rows with {missing[0]!r}", _REMEDY)
    bases = tuple(_read_base(row, number, work, options) for number, row in enumerate(rows, 2))
    names = [base.name for base in bases]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(work, f"it names {repeated[0]!r} twice", "Give each base one row")
    return bases


def share_out(bases: Sequence[Base], adjusters: int) -> tuple[Base, ...]:
    """The bases with another number of adjusters in all, shared out as they are now.

    By largest remainder, so the sum is right; bases that have nobody share equally.
    """
    whole = sum(base.adjusters for base in bases)
    shares = [adjusters * (base.adjusters / whole if whole else 1 / len(bases)) for base in bases]
    floors = [math.floor(share) for share in shares]
    order = sorted(range(len(bases)), key=lambda i: (floors[i] - shares[i], i))
    for place in order[: adjusters - sum(floors)]:
        floors[place] += 1
    return tuple(replace(base, adjusters=n) for base, n in zip(bases, floors, strict=True))


def _read_base(
    row: dict[str, str | None], number: int, work: str, options: CapacityOptions
) -> Base:
    def read(name: str, low: float, high: float) -> float | None:
        text = (row.get(name) or "").strip()
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise InputError(work, f"row {number}: {name} is {text!r}", _REMEDY)
        return value

    name = (row.get("base") or "").strip()
    adjusters = read("adjusters", 0, MAX_ADJUSTERS)
    if not name or adjusters is None or adjusters != int(adjusters):
        raise InputError(work, f"row {number} has no base, or no whole adjusters", _REMEDY)
    place = read("latitude", -90, 90), read("longitude", -180, 180)
    if (place[0] is None) != (place[1] is None):
        raise InputError(work, f"row {number} has half a place", _REMEDY)
    hours = read("hours_per_day", 0, _HOURS_OF_DAY)
    return Base(name, int(adjusters), options.hours_per_day if hours is None else hours, *place)
