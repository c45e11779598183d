"""Deductibles of OED rows, resolved to money where that can be done before the loss is known."""

from collections.abc import Sequence

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
    rows: pd.DataFrame, key: list[str], bits: NDArray[np.int64], peril: Peril | None, levels: Levels
) -> pd.DataFrame:
    """Of the rows of each key, the deductibles that hold for a peril, one row a key.

    The row for the fewest perils is the most specific. Where two as specific disagree, or no peril
    is asked for and rows disagree, the deductible is there but not known (``UNREAD_DED_CODE``);
    where no row is for the peril, none is stated.

    Args:
        rows: the key's columns and numbers of ``parse_deductibles``.
        key: columns that name what the rows belong to.
        bits: perils of each row's deductibles, as ``PERIL_BITS``, ``(rows,)``.
        peril: whose deductible is asked for.
        levels: deductibles to choose.

    Returns:
        The key's columns and the deductibles', in order of the keys' first appearance.
    """
    names = [name for fields in levels for name in fields.columns if name in rows.columns]
    applies = np.ones(len(rows), bool) if peril is None else (bits & PERIL_BITS[peril]) > 0
    count = np.bitwise_count(bits) if peril is not None else np.zeros(len(rows))
    wanted = rows.loc[applies, [*key, *names]].assign(perils=count[applies])
    fewest = wanted.groupby(key, sort=False)["perils"].transform("min")
    best = wanted.loc[wanted["perils"] == fewest, [*key, *names]].drop_duplicates()
    is_disputed = best.duplicated(key, keep=False)
    chosen = best.drop_duplicates(key)
    for fields in levels:
        if fields.code in names:
            chosen = chosen.assign(
                **{fields.code: chosen[fields.code].mask(is_disputed, UNREAD_DED_CODE)}
            )
    keys = rows[key].drop_duplicates(ignore_index=True)
    merged = keys.merge(chosen, on=key, how="left")
    for fields in levels:
        if fields.code in names:
            filled = {fields.kind: DED_TYPE_AMOUNT, fields.code: REGULAR_DED_CODE}
            merged = merged.fillna(filled).astype(dict.fromkeys(filled, "int64"))
    return merged


def choose_deductible(
    rows: pd.DataFrame, order: Sequence[tuple[DeductibleFields, NDArray[np.float64]]]
) -> NDArray[np.float64]:
    """The deductible that applies to a loss of the building, in money, ``(rows,)``.

    The most specific deductible above zero counts, even if its amount cannot be known yet; exports
    write the OED default 0 into every field, so a 0 only counts where no other field says more. A
    minimum alone says more too, and minima and maxima of the wider fields hold for the chosen one.

    Args:
        rows: numbers of ``parse_deductibles``, by OED name.
        order: deductibles, the most specific first, each with the insured value that a fraction
            of TIV is taken of, ``(rows,)``.

    Returns:
        Money; NaN where nothing is stated, or not known before the loss: a fraction of loss or of
        an unknown TIV, a franchise or another special deductible, an unreadable cell.
    """
    chosen = np.full(len(rows), np.nan)
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
        chosen = np.where(~is_decided & ~applies & (stated == 0), 0.0, chosen)
        is_decided |= applies
        floor = np.fmax(floor, minimum)
        cap = np.where(maximum > 0, np.fmin(cap, maximum), cap)  # 0 is OED for no maximum
    bounded: NDArray[np.float64] = np.minimum(np.maximum(chosen, floor), cap)  # NaN stays NaN
    return bounded


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
