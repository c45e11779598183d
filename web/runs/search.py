"""Homes found by the numbers that people have at hand. Pure."""

import pandas as pd

SHOWN = 50
_COLUMNS = ("policy_number", "location_number", "account_number", "incident_id", "building_id")


def search(table: pd.DataFrame, text: str) -> list[int]:
    """Rows whose policy, location, account, incident or building holds a text, exact ones first.

    Args:
        table: ``Homes.table``.
        text: as typed; its case does not count.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return []
    exact: dict[int, None] = {}
    holding: dict[int, None] = {}
    for name in _COLUMNS:
        cells = table[name].str.casefold()
        exact |= dict.fromkeys(_rows(cells == wanted))
        holding |= dict.fromkeys(_rows(cells.str.contains(wanted, regex=False)))
    return list(exact | dict.fromkeys(sorted(holding)))[:SHOWN]


def _rows(is_it: "pd.Series[bool]") -> list[int]:
    rows: list[int] = is_it[is_it.fillna(value=False).astype(bool)].index.tolist()
    return rows
