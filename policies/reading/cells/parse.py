"""Text of an OED cell to numbers, codes and perils; a fault for what cannot be read.

Each distinct text is read once and spread over the rows, so a book of a million rows costs about
as much as its distinct values.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.events import PERIL_GROUPS, Peril, expand_perils
from core.tables import join_codes
from policies.reading.rejects import Fault

FLAG_WORDS = {
    "1": True, "true": True, "yes": True, "y": True, "1.0": True,
    "0": False, "false": False, "no": False, "n": False, "0.0": False,
}  # fmt: skip

PERIL_BITS = {peril: np.int64(1 << place) for place, peril in enumerate(sorted(Peril))}
"""A set of atomic perils is one integer, so that sets unite by a bitwise or; 33 perils fit."""

ALL_BITS = np.int64((1 << len(PERIL_BITS)) - 1)
"""All atomic perils."""


_CODES = re.compile(r"[^\s;,|/]+")


@dataclass(frozen=True, slots=True, eq=False)
class Perils:
    """What a column of peril codes covers.

    Attributes:
        bits: int64 ``(rows,)``, atomic perils as ``PERIL_BITS``; 0 where unreadable.
        named: int64 ``(rows,)``, the atomic perils that were named by their own code.
        faults: blank cells and unknown codes.
    """

    bits: NDArray[np.int64]
    named: NDArray[np.int64]
    faults: tuple[Fault, ...]


def parse_numbers(text: "pd.Series[str]") -> tuple[NDArray[np.float64], Fault]:
    """Plain decimal numbers, ``(rows,)``; NaN where blank or at fault (``not_a_number``)."""
    values = _read_numbers(text)
    values[~np.isfinite(values)] = np.nan
    return values, Fault("not_a_number", np.isnan(values) & text.notna().to_numpy(), text)


def _read_numbers(text: "pd.Series[str]") -> NDArray[np.float64]:
    try:  # several times as fast, and refuses the column where one cell is no number
        numbers = pc.cast(pa.array(text), pa.float64())
    except pa.ArrowInvalid:
        return np.array(pd.to_numeric(text, errors="coerce"), dtype=np.float64)
    return np.array(numbers.to_numpy(zero_copy_only=False))


def parse_amounts(text: "pd.Series[str]") -> tuple[NDArray[np.float64], tuple[Fault, ...]]:
    """Numbers that cannot be negative, ``(rows,)``; NaN where blank or at fault."""
    values, fault = parse_numbers(text)
    is_negative = values < 0
    values[is_negative] = np.nan
    return values, (fault, Fault("negative_value", is_negative, text))


def parse_codes(
    text: "pd.Series[str]", default: int, reason: str
) -> tuple[NDArray[np.int64], Fault]:
    """Whole-number codes, ``(rows,)``, as in "1050" or "1050.0"; ``default`` where blank.

    A value that is no whole number is at fault for ``reason`` and reads as ``default``.
    """
    values, fault = parse_numbers(text)
    is_bad = fault.is_bad | (np.isfinite(values) & (values != np.floor(values)))
    codes = np.where(is_bad | np.isnan(values), default, values).astype(np.int64)
    return codes, Fault(reason, is_bad, text)


def parse_perils(text: "pd.Series[str]") -> Perils:
    """OED peril codes, atomic or group, expanded to atomic perils.

    OED joins them by ``;``; what spreadsheets put in its place (``,`` ``|`` ``/``) does as well.
    """
    places, distinct = pd.factorize(text, use_na_sentinel=True)
    bits = _spread(distinct, places, lambda cell: _bits_of(expand_perils(_codes_of(cell))))
    named = _spread(distinct, places, lambda cell: _bits_of(_named_in(_codes_of(cell))))
    is_blank = text.isna().to_numpy()
    return Perils(
        bits,
        named,
        (
            Fault("blank_perils", is_blank, text),
            Fault("unknown_peril_code", (bits == 0) & ~is_blank, text),
        ),
    )


def parse_flags(text: "pd.Series[str]") -> tuple[NDArray[np.bool_], Fault]:
    """Truth values written as 1 or 0, yes or no, true or false; False where blank or at fault."""
    values = text.str.lower().map(FLAG_WORDS)
    return values.eq(other=True).to_numpy(dtype=bool), Fault(
        "not_a_flag", (values.isna() & text.notna()).to_numpy(dtype=bool), text
    )


def format_perils(bits: NDArray[np.int64]) -> "pd.Series[str]":
    """The atomic perils of each row as sorted codes joined by ``;``."""
    distinct, places = np.unique(bits, return_inverse=True)
    cells = [
        join_codes(peril.value for peril, bit in PERIL_BITS.items() if value & bit)
        for value in distinct
    ]
    return pd.Series(np.array(cells, dtype=object)[places] if cells else [], dtype="str")


def _codes_of(cell: str) -> list[str]:
    return [code.upper() for code in _CODES.findall(cell)]


def _named_in(codes: list[str]) -> frozenset[Peril]:
    return frozenset(Peril(code) for code in codes if code not in PERIL_GROUPS)


def _bits_of(perils: frozenset[Peril]) -> np.int64:
    return np.int64(sum(int(PERIL_BITS[peril]) for peril in perils))


def _spread(
    distinct: "pd.Index[str]", places: NDArray[np.intp], read: Callable[[str], np.int64]
) -> NDArray[np.int64]:
    """``read`` of each distinct text over the rows; 0 where blank or unreadable."""
    values = np.zeros(len(distinct) + 1, dtype=np.int64)  # the last one serves blank rows
    for place, cell in enumerate(distinct):
        try:
            values[place] = read(str(cell))
        except ValueError:  # an unknown code; 0 makes it a fault
            continue
    return values[places]
