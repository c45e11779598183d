"""Deductibles of OED rows, resolved to money where that can be done before the loss is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.events import Peril
from policies.reading.cells.parse import PERIL_BITS, parse_amounts, parse_codes
from policies.reading.oed import (
    DED_TYPE_AMOUNT,
    DED_TYPE_FRACTION_OF_LOSS,
    DED_TYPE_FRACTION_OF_TIV,
    DED_TYPES,
    REGULAR_DED_CODE,
    UNREAD_DED_CODE,
    DeductibleFields,
)
from policies.reading.rejects import Fault

Levels = Sequence[DeductibleFields]


def parse_deductibles(rows: pd.DataFrame, levels: Levels) -> tuple[pd.DataFrame, list[Fault]]:
    """Deductibles in rows of text, as numbers by OED name, and cells that could not be read.

    Deductibles of which the file has no column are left out. One with an unreadable cell has
    ``UNREAD_DED_CODE``: it is there, whatever it comes to.

    Args:
        rows: text by OED name.
        levels: which deductibles to look for.
    """
    columns: dict[str, NDArray[np.float64] | NDArray[np.int64]] = {}
    flaws: list[Fault] = []
    for fields in levels:
        present = [name for name in fields.columns if name in rows.columns]
        if present and rows[present].notna().to_numpy().any():
            values, found = _parse_deductible(rows, fields)
            columns |= values
            flaws += found
    return pd.DataFrame(columns, index=rows.index), flaws


def _parse_deductible(
    rows: pd.DataFrame, fields: DeductibleFields
) -> tuple[dict[str, NDArray[np.float64] | NDArray[np.int64]], list[Fault]]:
    blank = pd.Series(None, index=rows.index, dtype="str")
    text = {name: rows.get(name, blank) for name in fields.columns}
    amount, amount_flaws = parse_amounts(text[fields.amount])
    minimum, minimum_flaws = parse_amounts(text[fields.minimum])
    maximum, maximum_flaws = parse_amounts(text[fields.maximum])
    kind, kind_flaw = parse_codes(text[fields.kind], DED_TYPE_AMOUNT, "bad_deductible_type")
    code, code_flaw = parse_codes(text[fields.code], REGULAR_DED_CODE, "not_a_number")
    is_known_kind = np.isin(kind, DED_TYPES)
    is_over_one = is_known_kind & (kind != DED_TYPE_AMOUNT) & (amount > 1)
    flaws = [
        *amount_flaws,
        *minimum_flaws,
        *maximum_flaws,
        kind_flaw,
        Fault("bad_deductible_type", ~is_known_kind, text[fields.kind]),
        code_flaw,
        Fault("deductible_over_one", is_over_one, text[fields.amount]),
    ]
    is_unread = np.logical_or.reduce([flaw.is_bad for flaw in flaws])
    values: dict[str, NDArray[np.float64] | NDArray[np.int64]] = {
        fields.amount: amount,
        fields.kind: kind,
        fields.code: np.where(is_unread, UNREAD_DED_CODE, code),
        fields.minimum: minimum,
        fields.maximum: maximum,
    }
    return values, flaws


def choose_rows_by_peril(
    rows: pd.DataFrame,
    owner: NDArray[np.intp],
    bits: NDArray[np.int64],
    peril: Peril | None,
    levels: Levels,
) -> pd.DataFrame:
    """Of the rows of each owner, the deductibles that hold for a peril, one row an owner.

    The row for the fewest perils is the most specific. Where two as specific disagree, or no peril
    is asked for and rows disagree, the deductible is there but not known (``UNREAD_DED_CODE``);
    where no row is for the peril, none is stated.

    Args:
        rows: numbers of ``parse_deductibles``.
        owner: what each row belongs to, counted from 0 without a gap, ``(rows,)``.
        bits: perils of each row's deductibles, as ``PERIL_BITS``, ``(rows,)``.
        peril: whose deductible is asked for.
        levels: deductibles to choose.

    Returns:
        The deductibles' columns, in order of the owners' numbers.
    """
    names = [name for fields in levels for name in fields.columns if name in rows.columns]
    count = int(owner.max(initial=-1)) + 1
    place = np.flatnonzero(_find_most_specific(owner, bits, peril, count))
    best = rows[names].take(place)
    owners, first = np.unique(owner[place], return_index=True)
    is_disputed = np.isin(owners, _find_disputed(best, owner[place], count))
    chosen = best.take(first).set_axis(owners)
    codes = [fields.code for fields in levels if fields.code in names]
    for code in codes:
        chosen[code] = chosen[code].mask(is_disputed, UNREAD_DED_CODE)
    kinds = [fields.kind for fields in levels if fields.kind in names]
    filled = dict.fromkeys(kinds, DED_TYPE_AMOUNT) | dict.fromkeys(codes, REGULAR_DED_CODE)
    return chosen.reindex(range(count)).fillna(filled).astype(dict.fromkeys(filled, "int64"))


def _find_most_specific(
    owner: NDArray[np.intp], bits: NDArray[np.int64], peril: Peril | None, count: int
) -> NDArray[np.bool_]:
    """Rows for the peril that are for as few perils as any of their owner's, ``(rows,)``."""
    if peril is None:
        return np.ones(len(owner), dtype=bool)
    applies = (bits & PERIL_BITS[peril]) > 0
    perils = np.bitwise_count(bits)
    fewest = np.full(count, len(PERIL_BITS), dtype=perils.dtype)
    np.minimum.at(fewest, owner[applies], perils[applies])
    best: NDArray[np.bool_] = applies & (perils == fewest[owner])
    return best


def _find_disputed(rows: pd.DataFrame, owner: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Owners whose rows differ."""
    is_several = np.bincount(owner, minlength=count)[owner] > 1
    several = rows.loc[is_several].assign(owner=owner[is_several]).drop_duplicates()
    return several.loc[several.duplicated("owner"), "owner"].to_numpy()


@dataclass(frozen=True, slots=True, eq=False)
class ChosenDeductible:
    """The deductible that applies to a loss of the building, ``(rows,)`` each.

    Attributes:
        amount: money; NaN where nothing is stated, or not known before the loss: a fraction of
            loss or of an unknown TIV, a franchise or another special deductible, an unreadable
            cell.
        of_loss_frac: the fraction, of a deductible that is one of the loss; NaN of all others.
        least: the least that a fraction of the loss comes to, money; NaN where no limit, or of all
            others.
        most: the most, likewise.
    """

    amount: NDArray[np.float64]
    of_loss_frac: NDArray[np.float64]
    least: NDArray[np.float64]
    most: NDArray[np.float64]


def choose_deductible(
    rows: pd.DataFrame, order: Sequence[tuple[DeductibleFields, NDArray[np.float64]]]
) -> ChosenDeductible:
    """The deductible that applies to a loss of the building.

    The most specific deductible above zero counts, even if its amount cannot be known yet; exports
    write the OED default 0 into every field, so a 0 only counts where no other field says more. A
    minimum alone says more too, and minima and maxima of the wider fields hold for the chosen one.

    Args:
        rows: numbers of ``parse_deductibles``, by OED name.
        order: deductibles, the most specific first, each with the insured value that a fraction
            of TIV is taken of, ``(rows,)``.
    """
    chosen, share = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    floor, cap = np.zeros(len(rows)), np.full(len(rows), np.inf)
    is_decided = np.zeros(len(rows), dtype=bool)
    for fields, tiv in order:
        if fields.code not in rows.columns:
            continue
        stated = rows[fields.amount].to_numpy()
        minimum = np.nan_to_num(rows[fields.minimum].to_numpy())
        maximum = np.nan_to_num(rows[fields.maximum].to_numpy())
        is_unread = rows[fields.code].to_numpy() == UNREAD_DED_CODE
        applies = ~is_decided & ((stated > 0) | (minimum > 0) | is_unread)
        chosen = np.where(applies, _resolve(rows, fields, tiv), chosen)
        share = np.where(applies, _find_share(rows, fields), share)
        chosen = np.where(~is_decided & ~applies & (stated == 0), 0.0, chosen)
        is_decided |= applies
        floor = np.fmax(floor, minimum)
        cap = np.where(maximum > 0, np.fmin(cap, maximum), cap)  # 0 is OED for no maximum
    bounded: NDArray[np.float64] = np.minimum(np.maximum(chosen, floor), cap)  # NaN stays NaN
    is_shared = ~np.isnan(share)
    least = np.where(is_shared & (floor > 0), floor, np.nan)
    most = np.where(is_shared & np.isfinite(cap), cap, np.nan)
    return ChosenDeductible(bounded, share, least, most)


def _find_share(rows: pd.DataFrame, fields: DeductibleFields) -> NDArray[np.float64]:
    """The fraction of the loss that one deductible takes, ``(rows,)``; NaN where it is none."""
    stated = rows[fields.amount].to_numpy()
    is_share = (rows[fields.kind].to_numpy() == DED_TYPE_FRACTION_OF_LOSS) & (stated > 0)
    is_share &= rows[fields.code].to_numpy() == REGULAR_DED_CODE
    share: NDArray[np.float64] = np.where(is_share, stated, np.nan)
    return share


def _resolve(
    rows: pd.DataFrame, fields: DeductibleFields, tiv: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Money taken off a loss by one deductible, ``(rows,)``; NaN where not known before it."""
    stated, kind = np.nan_to_num(rows[fields.amount].to_numpy()), rows[fields.kind].to_numpy()
    is_of_tiv = kind == DED_TYPE_FRACTION_OF_TIV
    is_open = (kind == DED_TYPE_FRACTION_OF_LOSS) & (stated > 0)
    is_open |= is_of_tiv & (stated > 0) & ~(tiv > 0)
    is_open |= rows[fields.code].to_numpy() != REGULAR_DED_CODE
    resolved: NDArray[np.float64] = np.where(
        is_open, np.nan, np.where(is_of_tiv, stated * tiv, stated)
    )
    return resolved
