"""Deductibles of OED rows, resolved to money where that can be done before the loss is known."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from policies.reading.oed import (
    DED_TYPE_AMOUNT,
    DED_TYPE_FRACTION_OF_LOSS,
    DED_TYPE_FRACTION_OF_TIV,
    DED_TYPES,
    REGULAR_DED_CODE,
    DeductibleFields,
)
from policies.reading.parse import parse_amounts, parse_codes
from policies.reading.rejects import Fault


def parse_deductible(
    rows: pd.DataFrame, fields: DeductibleFields
) -> tuple[dict[str, NDArray[np.float64] | NDArray[np.int64]], tuple[Fault, ...]]:
    """The deductible of ``fields`` in rows of text, as numbers by OED name, and its faults."""
    amount, amount_faults = parse_amounts(rows[fields.amount])
    minimum, minimum_faults = parse_amounts(rows[fields.minimum])
    maximum, maximum_faults = parse_amounts(rows[fields.maximum])
    kind, kind_fault = parse_codes(rows[fields.kind], DED_TYPE_AMOUNT, "bad_deductible_type")
    code, code_fault = parse_codes(rows[fields.code], REGULAR_DED_CODE, "not_a_number")
    is_known_kind = np.isin(kind, DED_TYPES)
    is_over_one = is_known_kind & (kind != DED_TYPE_AMOUNT) & (amount > 1)
    values: dict[str, NDArray[np.float64] | NDArray[np.int64]] = {
        fields.amount: amount,
        fields.kind: kind,
        fields.code: code,
        fields.minimum: minimum,
        fields.maximum: maximum,
    }
    faults = (
        *amount_faults,
        *minimum_faults,
        *maximum_faults,
        kind_fault,
        Fault("bad_deductible_type", ~is_known_kind, rows[fields.kind]),
        code_fault,
        Fault("deductible_over_one", is_over_one, rows[fields.amount]),
    )
    return values, faults


def resolve_deductible(
    rows: pd.DataFrame, fields: DeductibleFields, tiv: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Money taken off a loss, ``(rows,)``; NaN where not stated or not known before the loss.

    A fraction of loss, a fraction of an unknown (zero) TIV and a special deductible (annual
    aggregate, franchise) have no amount yet.

    Args:
        rows: numbers of ``parse_deductible``, by OED name.
        fields: which deductible.
        tiv: insured value that a fraction of TIV is taken of, ``(rows,)``.
    """
    stated, kind = rows[fields.amount].to_numpy(), rows[fields.kind].to_numpy()
    is_of_tiv = kind == DED_TYPE_FRACTION_OF_TIV
    amount = np.where(is_of_tiv, stated * tiv, stated)
    amount = np.fmax(amount, np.nan_to_num(rows[fields.minimum].to_numpy()))
    maximum = np.nan_to_num(rows[fields.maximum].to_numpy())
    amount = np.where(maximum > 0, np.fmin(amount, maximum), amount)  # 0 is OED for no maximum
    is_open = (kind == DED_TYPE_FRACTION_OF_LOSS) | (is_of_tiv & ~(tiv > 0))
    is_open |= rows[fields.code].to_numpy() != REGULAR_DED_CODE
    resolved: NDArray[np.float64] = np.where(is_open | np.isnan(stated), np.nan, amount)
    return resolved


def choose_deductible(
    rows: pd.DataFrame, order: Sequence[tuple[DeductibleFields, NDArray[np.float64]]]
) -> NDArray[np.float64]:
    """The deductible that applies, in money, ``(rows,)``; NaN = not known.

    The first deductible above zero counts, even if its amount cannot be known yet; exports write
    the OED default 0 into every field, so a 0 only counts where no other field says more.

    Args:
        rows: numbers of ``parse_deductible``, by OED name.
        order: deductibles, the most specific first, each with the insured value that a fraction
            of TIV is taken of.
    """
    chosen = np.full(len(rows), np.nan)
    is_decided = np.zeros(len(rows), dtype=bool)
    for fields, tiv in order:
        stated = rows[fields.amount].to_numpy()
        applies = ~is_decided & (stated > 0)
        chosen = np.where(applies, resolve_deductible(rows, fields, tiv), chosen)
        chosen = np.where(~is_decided & (stated == 0), 0.0, chosen)
        is_decided |= applies
    return chosen
