"""The account file: the terms of each account's policies.

PolNumber stands only in the account file, so a location reaches its policies through its account.
An account with several of them is the normal shape of a book: layers, a policy for wind beside one
for water, the last term beside the next. Which of them a loss falls under is not asked here.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.events import Peril
from policies.reading.cells.dates import parse_dates
from policies.reading.cells.deductibles import choose_rows_by_peril, parse_deductibles
from policies.reading.cells.keys import find_rounded
from policies.reading.cells.parse import ALL_BITS, PERIL_BITS, parse_amounts, parse_perils
from policies.reading.layers import ACCOUNT_KEY, unite_layers
from policies.reading.notices import build_date_notices, build_notices, join_notices
from policies.reading.oed import (
    ACCOUNT_DEDUCTIBLES,
    CONDITION_DEDUCTIBLES,
    POLICY_DEDUCTIBLES,
)
from policies.reading.rejects import Fault, concat_rejects, find_blank_key, sift_rows

POLICY_KEY = [*ACCOUNT_KEY, "PolNumber"]
TERM_KEY = [*POLICY_KEY, "policy_inception", "policy_expiry"]
"""A policy's term: one number may stand for the last year's and for the next."""
DATE_FIELDS = ("PolInceptionDate", "PolExpiryDate")

_STATUS_SEPARATOR = "/"
_LEVELS = ((POLICY_DEDUCTIBLES, "PolPeril"), (ACCOUNT_DEDUCTIBLES, "AccPeril"))


@dataclass(frozen=True, slots=True, eq=False)
class Accounts:
    """The account file as read.

    Attributes:
        rows: its good rows: ``row_number``, ``TERM_KEY``, perils as ``PERIL_BITS``, ``PolStatus``,
            layer, ``has_steps`` (it pays by steps) and the deductibles by OED name.
        refused: ``ACCOUNT_KEY`` of accounts of which a row was refused.
        rejects: REJECTS of the account file.
        notices: NOTICES of the account file, not checked yet.
    """

    rows: pd.DataFrame
    refused: pd.DataFrame
    rejects: pd.DataFrame
    notices: pd.DataFrame


def read_accounts(rows: pd.DataFrame, file: str) -> Accounts:
    """The account file's rows of text, understood.

    Args:
        rows: text of ``policies.reading.oed.ACCOUNT_COLUMNS`` and ``row_number``.
        file: name of the file.
    """
    dates = parse_dates(rows, DATE_FIELDS)
    parsed, faults, flaws = _parse_accounts(rows, dates.columns)
    flaws = [*dates.faults, *flaws]
    sifted = sift_rows(parsed, faults, file)
    is_refused = rows["row_number"].isin(sifted.rejects["row_number"])
    refused = rows.loc[is_refused, ACCOUNT_KEY].dropna().drop_duplicates()
    read_in_order = [name for name in DATE_FIELDS if rows[name].notna().any()]
    notices = [
        build_notices(rows, flaws, file),
        build_date_notices(file, read_in_order, dates.order),
    ]
    return Accounts(
        _fill_periods(sifted.good),
        refused.reset_index(drop=True),
        concat_rejects([sifted.rejects]),
        join_notices(notices),
    )


def build_terms(rows: pd.DataFrame, peril: Peril | None) -> pd.DataFrame:
    """The terms of each account's policies, like ones united (``policies.reading.layers``).

    A term may have several rows, by peril, layer or special condition: their perils unite, and
    their deductibles are those of the peril asked for.

    Args:
        rows: of ``Accounts``.
        peril: whose deductibles hold, where they differ by peril.

    Returns:
        ``TERM_KEY, policy_bits, policy_named, PolStatus, layer_number, layer_attachment,
        has_conditions`` (deductibles of special conditions), ``has_steps``, what ``unite_layers``
        adds, and the deductibles by OED name.
    """
    return unite_layers(_unite_rows(rows, peril))


def _parse_accounts(
    rows: pd.DataFrame, dates: dict[str, "pd.Series[pd.Timestamp]"]
) -> tuple[pd.DataFrame, list[Fault], list[Fault]]:
    """Numbers, faults that cost the row, and flaws that do not."""
    inception, expiry = dates["PolInceptionDate"], dates["PolExpiryDate"]
    is_backwards = (expiry <= inception).to_numpy()
    perils = parse_perils(rows["PolPerilsCovered"])
    attachment, attachment_flaws = parse_amounts(rows["LayerAttachment"])
    layer, layer_flaws = parse_amounts(rows["LayerNumber"])
    rounded = find_rounded(rows, POLICY_KEY)
    faults = [
        find_blank_key(rows, POLICY_KEY),
        rounded,
        *perils.faults,
    ]
    flaws = [
        Fault("expiry_before_inception", is_backwards, rows["PolExpiryDate"]),
        *attachment_flaws,
        *layer_flaws,
    ]
    columns = {}
    for name in ("PolPeril", "AccPeril", "CondPeril"):
        columns[name], found = parse_term_perils(rows, name, perils.bits)
        flaws += found
    numbers, found = parse_deductibles(
        rows, (*CONDITION_DEDUCTIBLES, *POLICY_DEDUCTIBLES, *ACCOUNT_DEDUCTIBLES)
    )
    parsed = rows[["row_number", *POLICY_KEY, "PolStatus"]].assign(
        policy_inception=inception.mask(is_backwards),
        policy_expiry=expiry.mask(is_backwards),
        policy_bits=perils.bits,
        policy_named=perils.named,
        layer_number=layer,
        layer_attachment=attachment,
        has_steps=rows["StepTriggerType"].notna() if "StepTriggerType" in rows else False,
        **columns,
    )
    return parsed.join(numbers), faults, [*flaws, *found]


def parse_term_perils(
    rows: pd.DataFrame, name: str, covered: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[Fault]]:
    """The perils that a row's financial terms are for, ``(rows,)``, as ``PERIL_BITS``.

    Blank means all that are covered; an unreadable cell stands for any peril.

    Args:
        rows: text by OED name.
        name: LocPeril, PolPeril, AccPeril or CondPeril; may be absent.
        covered: perils covered, ``(rows,)``.
    """
    if name not in rows.columns:
        return covered, []
    perils = parse_perils(rows[name])
    _, unknown = perils.faults
    bits = np.where(rows[name].isna(), covered, np.where(unknown.is_bad, ALL_BITS, perils.bits))
    return bits, [unknown]


def _fill_periods(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows without dates are of their policy's period, where its rows state one and no more."""
    period = ["policy_inception", "policy_expiry"]
    is_blank = rows[period].isna().all(axis=1)
    if not is_blank.any() or is_blank.all():
        return rows
    stated = rows.loc[~is_blank, [*POLICY_KEY, *period]].drop_duplicates()
    only = stated[~stated.duplicated(POLICY_KEY, keep=False)]
    blank = rows.loc[is_blank].drop(columns=period)
    filled = blank.merge(only, on=POLICY_KEY, how="left").set_index(blank.index)
    return pd.concat([rows.loc[~is_blank], filled[list(rows.columns)]]).sort_index()


def _unite_rows(rows: pd.DataFrame, peril: Peril | None) -> pd.DataFrame:
    """One row a term, in order of first appearance."""
    by_term = rows.groupby(TERM_KEY, sort=False, dropna=False)
    number = by_term.ngroup().to_numpy()
    united = rows.drop_duplicates(TERM_KEY)[TERM_KEY].reset_index(drop=True)
    for column in ("policy_bits", "policy_named"):
        bits = np.zeros(len(united), dtype=np.int64)
        np.bitwise_or.at(bits, number, rows[column].to_numpy())
        united[column] = bits
    united["PolStatus"] = _unite_statuses(rows["PolStatus"], number)
    for column in ("layer_number", "layer_attachment"):
        united[column] = by_term[column].min().to_numpy()
    rows = rows.assign(term=number, has_conditions=_has_condition(rows, peril))
    for column in ("has_conditions", "has_steps"):
        united[column] = rows.groupby("term", sort=False)[column].any().to_numpy(dtype=bool)
    for levels, name in _LEVELS:
        if any(fields.code in rows.columns for fields in levels):
            bits = rows[name].to_numpy()
            united = united.join(choose_rows_by_peril(rows, number, bits, peril, levels))
    return united


def _unite_statuses(statuses: "pd.Series[str]", term: NDArray[np.intp]) -> "pd.Series[str]":
    """One status a term; several are joined, which no rule knows, so that the term is referred."""
    stated = pd.DataFrame({"term": term, "status": statuses.array}).drop_duplicates()
    stated = stated.dropna(subset="status")
    united = pd.Series(None, index=range(int(term.max(initial=-1)) + 1), dtype="str")
    first = stated.drop_duplicates("term")
    united[first["term"]] = first["status"].to_numpy()
    several = stated[stated.duplicated("term", keep=False)]
    for place, words in several.groupby("term")["status"]:
        united[place] = _STATUS_SEPARATOR.join(words)
    return united


def _has_condition(rows: pd.DataFrame, peril: Peril | None) -> NDArray[np.bool_]:
    """Rows with a special condition's deductible for the peril."""
    is_for = np.ones(len(rows), bool)
    if peril is not None:
        is_for = (rows["CondPeril"].to_numpy() & PERIL_BITS[peril]) > 0
    has = np.zeros(len(rows), dtype=bool)
    for fields in CONDITION_DEDUCTIBLES:
        if fields.code in rows.columns:
            is_stated = (rows[[fields.amount, fields.minimum]] > 0).any(axis=1).to_numpy()
            has |= is_stated | (rows[fields.code].to_numpy() != 0)
    return has & is_for
