"""Keys of the book that a spreadsheet has spoilt."""

import numpy as np
import pandas as pd

from policies.reading.rejects import Fault

_ROUNDED = r"\d(?:[.,]\d+)?[eE]\+\d+"
"""How a spreadsheet writes a long number that it has rounded, as in 1.00031E+11."""


def find_rounded(rows: pd.DataFrame, names: list[str]) -> Fault:
    """Rows in which one of the key's columns was rounded: many numbers became one.

    Args:
        rows: text by OED name.
        names: columns of the key.
    """
    is_bad = np.zeros(len(rows), dtype=bool)
    value = pd.Series(None, index=rows.index, dtype="str")
    fields = value
    for name in names:
        is_rounded = rows[name].fillna("").str.fullmatch(_ROUNDED).to_numpy(dtype=bool)
        value = value.mask(is_rounded & ~is_bad, rows[name])
        fields = fields.mask(is_rounded & ~is_bad, name)
        is_bad |= is_rounded
    return Fault("rounded_by_spreadsheet", is_bad, value, fields)
