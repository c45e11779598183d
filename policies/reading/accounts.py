"""The account file: which policy each account has, and what it covers.

PolNumber stands only in the account file, so a location reaches its policy through its account;
where an account has several policies there is no telling which, and its locations are rejected.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from policies.reading.deductibles import parse_deductible
from policies.reading.oed import POLICY_DEDUCTIBLES
from policies.reading.parse import parse_dates, parse_perils
from policies.reading.rejects import Fault, concat_rejects, sift_rows

ACCOUNT_KEY = ["PortNumber", "AccNumber"]
_POLICY_KEY = [*ACCOUNT_KEY, "PolNumber"]
_PERIOD = ["PolStatus", "policy_inception", "policy_expiry"]
_DEDUCTIBLES = [column for fields in POLICY_DEDUCTIBLES for column in fields.columns]


@dataclass(frozen=True, slots=True, eq=False)
class Accounts:
    """Accounts that were read.

    Attributes:
        policies: one row an account: ``PortNumber, AccNumber, PolNumber, policy_count,
            policy_bits, policy_named, PolStatus, policy_inception, policy_expiry``, the policy's
            deductibles by OED name, and ``is_rejected`` (a row of the account was refused).
        rejects: REJECTS of the account file.
    """

    policies: pd.DataFrame
    rejects: pd.DataFrame


def build_accounts(rows: pd.DataFrame, file: str) -> Accounts:
    """One policy an account, from the account file's rows of text.

    A policy may have several rows, by peril or layer: their perils unite. A deductible that
    differs between them is not known.
    """
    parsed, faults = _parse_accounts(rows)
    sifted = sift_rows(parsed, faults, file)
    disputed = sift_rows(sifted.good, [_find_conflicts(sifted.good)], file)
    rejects = concat_rejects([sifted.rejects, disputed.rejects])
    is_refused = rows["row_number"].isin(rejects["row_number"])
    refused = rows.loc[is_refused, ACCOUNT_KEY].dropna().drop_duplicates()
    policies = _unite_rows(disputed.good)
    policies = policies.merge(refused.assign(is_rejected=True), on=ACCOUNT_KEY, how="outer")
    policies["is_rejected"] = policies["is_rejected"].eq(other=True)
    return Accounts(policies, rejects)


def _parse_accounts(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    inception, bad_inception = parse_dates(rows["PolInceptionDate"])
    expiry, bad_expiry = parse_dates(rows["PolExpiryDate"])
    perils = parse_perils(rows["PolPerilsCovered"])
    faults = [
        Fault("blank_key", rows[_POLICY_KEY].isna().any(axis=1).to_numpy(), rows["AccNumber"]),
        bad_inception,
        bad_expiry,
        Fault("expiry_before_inception", (expiry <= inception).to_numpy(), rows["PolExpiryDate"]),
        *perils.faults,
    ]
    parsed = rows[["row_number", *_POLICY_KEY, "PolStatus"]].assign(
        policy_inception=inception,
        policy_expiry=expiry,
        policy_bits=perils.bits,
        policy_named=perils.named,
    )
    for fields in POLICY_DEDUCTIBLES:
        values, found = parse_deductible(rows, fields)
        parsed = parsed.assign(**values)
        faults += found
    return parsed, faults


def _find_conflicts(rows: pd.DataFrame) -> Fault:
    """Rows of a policy that gives itself two statuses or periods."""
    terms = rows.groupby([*_POLICY_KEY, *_PERIOD], dropna=False, sort=False).ngroup()
    by_policy = terms.groupby([rows[column] for column in _POLICY_KEY], sort=False)
    is_disputed = by_policy.transform("min") != by_policy.transform("max")
    return Fault("conflicting_policy_rows", is_disputed.to_numpy(), rows["PolNumber"])


def _unite_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """One row an account; ``policy_count`` above 1 says that it cannot be mapped."""
    accounts = rows.groupby(ACCOUNT_KEY, sort=False)
    united = rows.drop_duplicates(ACCOUNT_KEY)[[*_POLICY_KEY, *_PERIOD]].reset_index(drop=True)
    number = accounts.ngroup().to_numpy()
    united["policy_count"] = accounts["PolNumber"].nunique().to_numpy()
    for column in ("policy_bits", "policy_named"):
        bits = np.zeros(len(united), dtype=np.int64)
        np.bitwise_or.at(bits, number, rows[column].to_numpy())
        united[column] = bits
    first = accounts[_DEDUCTIBLES].first().reset_index(drop=True)
    same = accounts[_DEDUCTIBLES].nunique(dropna=False).le(1).reset_index(drop=True)
    for fields in POLICY_DEDUCTIBLES:
        is_agreed = same[list(fields.columns)].all(axis=1)
        united = united.assign(**first[list(fields.columns)])
        united[fields.amount] = first[fields.amount].where(is_agreed)
    return united
