"""Homes and the policies of their accounts: what each would say of a loss there."""

import geopandas as gpd
import numpy as np
import pandas as pd

from core.events import Peril
from core.grid import WGS84
from core.schemas.book import HOME_KEY, LOCATIONS, POLICY_TERMS
from core.tables import check_table
from policies.reading.accounts import Accounts
from policies.reading.cells.deductibles import choose_deductible
from policies.reading.cells.keys import find_rounded
from policies.reading.cells.parse import PERIL_BITS, format_perils
from policies.reading.layers import ACCOUNT_KEY
from policies.reading.oed import (
    ACCOUNT_DEDUCTIBLES,
    ALL,
    BUILDING,
    LOCATION_DEDUCTIBLES,
    POLICY_DEDUCTIBLES,
    PROPERTY_DAMAGE,
)
from policies.reading.rejects import Fault

SEVERAL_POLICIES = "several_policies"
"""Choice code: several policies of the account would answer, on unlike terms."""
ROWS_REFUSED = "policy_rows_refused"
"""Choice code: a row of the account could not be read, and might have been the policy."""

_TIVS = {BUILDING: "building_tiv", PROPERTY_DAMAGE: "property_tiv", ALL: "whole_tiv"}
_ACCOUNT = {"PortNumber": "portfolio_number", "AccNumber": "account_number"}


def find_account_faults(homes: pd.DataFrame, accounts: Accounts) -> list[Fault]:
    """Homes whose account leads to no policy, because it is unknown or all its rows were refused.

    Args:
        homes: at least HOME_KEY.
        accounts: of the account file.
    """
    place = pd.MultiIndex.from_frame(homes[list(_ACCOUNT.values())])
    known = accounts.rows[ACCOUNT_KEY].drop_duplicates()
    is_known = place.isin(pd.MultiIndex.from_frame(known))
    is_refused = place.isin(pd.MultiIndex.from_frame(accounts.refused)) & ~is_known
    is_rounded = find_rounded(homes, [*_ACCOUNT.values()]).is_bad  # which is said already
    has_key = homes["account_number"].notna().to_numpy() & ~is_rounded
    return [
        Fault("unknown_account", ~is_known & ~is_refused & has_key, homes["account_number"]),
        Fault("rejected_account", is_refused & has_key, homes["account_number"]),
    ]


def join_terms(
    homes: pd.DataFrame, terms: pd.DataFrame, refused: pd.DataFrame, peril: Peril | None
) -> pd.DataFrame:
    """One row a home and term of a policy of its account, under the names of our own tables.

    A home is in force while both it and its policy are: from the later inception to the earlier
    expiry. A policy's deductible is taken whole at each of its homes. The terms of a home come with
    the likeliest first: those that cover the peril, then the lowest layer, then the file's order.

    Args:
        homes: one row a home, as ``group_rows`` gives them.
        terms: of ``policies.reading.accounts.build_terms``.
        refused: ``ACCOUNT_KEY`` of accounts of which a row was refused.
        peril: whose policy is looked for, if one is.
    """
    terms = terms.rename(columns=_ACCOUNT | {"PolNumber": "policy_number"})
    rows = homes.assign(home=np.arange(len(homes))).merge(
        terms, on=list(_ACCOUNT.values()), how="inner", suffixes=("", "_of_policy")
    )
    rows = rows.assign(
        inception_date=rows[["location_inception", "policy_inception"]].max(axis=1),
        expiry_date=rows[["location_expiry", "policy_expiry"]].min(axis=1),
        policy_status=rows["PolStatus"],
        **_find_deductible(rows),
        layer_attachment_amount=rows["layer_attachment"].where(rows["layer_attachment"] > 0),
        **_find_perils(rows),
        policy_choice=_find_choice(rows, refused),
    )
    wanted = 0 if peril is None else PERIL_BITS[peril]
    covers = (rows["location_bits"] & rows["policy_bits"] & wanted) > 0
    likeliest = rows.assign(
        covers=~covers, attachment=rows["layer_attachment"].fillna(0.0)
    ).sort_values(["home", "covers", "attachment", "layer_number"], kind="stable")
    order = likeliest.groupby("home", sort=False).cumcount()
    return likeliest.assign(term_order=order).reset_index(drop=True)


def _find_deductible(rows: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    """Deductible, under our names; missing where a layer, step or special condition says more."""
    levels = (*LOCATION_DEDUCTIBLES, *POLICY_DEDUCTIBLES, *ACCOUNT_DEDUCTIBLES)
    order = [(fields, rows[_TIVS[fields.coverage]].to_numpy()) for fields in levels]
    chosen = choose_deductible(rows, order)
    says_more = rows["has_steps"] | (rows["has_conditions"] & rows["is_in_condition"])
    says_more |= rows["layer_attachment"] > 0
    columns = {
        "deductible_amount": chosen.amount,
        "deductible_of_loss_frac": chosen.of_loss_frac,
        "deductible_of_loss_min": chosen.least,
        "deductible_of_loss_max": chosen.most,
    }
    return {
        name: pd.Series(values, index=rows.index).mask(says_more)
        for name, values in columns.items()
    }


def _find_perils(rows: pd.DataFrame) -> dict[str, "pd.Series[str] | pd.Series[bool]"]:
    surge = PERIL_BITS[Peril.STORM_SURGE]
    covers_surge = (rows["location_bits"] & rows["policy_bits"] & surge) > 0
    names_surge = ((rows["location_named"] | rows["policy_named"]) & surge) > 0
    return {
        "location_perils": format_perils(rows["location_bits"].to_numpy()),
        "policy_perils": format_perils(rows["policy_bits"].to_numpy()),
        "has_grouped_surge": covers_surge & ~names_surge,
    }


def _find_choice(rows: pd.DataFrame, refused: pd.DataFrame) -> "pd.Series[str]":
    """Why it is not sure, from the account file alone, that this is the policy."""
    place = pd.MultiIndex.from_frame(rows[list(_ACCOUNT.values())])
    choice = pd.Series(None, index=rows.index, dtype="str")
    choice[place.isin(pd.MultiIndex.from_frame(refused))] = ROWS_REFUSED
    return choice.mask(rows["has_too_many_terms"], SEVERAL_POLICIES)


def build_locations(candidates: pd.DataFrame) -> gpd.GeoDataFrame:
    """LOCATIONS: each home under its likeliest policy.

    Args:
        candidates: of ``join_terms``.
    """
    first = candidates.loc[candidates["term_order"] == 0]
    points = gpd.points_from_xy(first["longitude"], first["latitude"], crs=WGS84)
    table = gpd.GeoDataFrame(first, geometry=points, crs=WGS84)
    present = [name for name in LOCATIONS.columns if name in table.columns]
    locations: gpd.GeoDataFrame = check_table(table[present], LOCATIONS)
    return locations


def build_policy_terms(candidates: pd.DataFrame) -> pd.DataFrame:
    """POLICY_TERMS: all policies and terms of the homes that have several.

    Args:
        candidates: of ``join_terms``.
    """
    several = candidates.loc[candidates.duplicated(HOME_KEY, keep=False)]
    terms: pd.DataFrame = check_table(several[list(POLICY_TERMS.columns)], POLICY_TERMS)
    return terms
