"""Which of an account's policies a loss falls under, by its peril and its time."""

import geopandas as gpd
import numpy as np
import pandas as pd

from core.damage import CoverageResult
from core.events import CatEvent
from core.schemas.book import HOME_KEY, LOCATIONS, POLICY_FIELDS
from core.tables import CODE_SEPARATOR, check_table
from policies.coverage.loss_times import LossTimes
from policies.coverage.rules import CoverageRules
from policies.coverage.screen import screen_terms

SEVERAL_POLICIES = "several_policies"
"""Choice code: several policies or terms answer alike, on unlike terms."""

_OF_POLICY = ["policy_number", *POLICY_FIELDS]
_RANK = {CoverageResult.PASS: 0, CoverageResult.REFER: 1, CoverageResult.FAIL: 2}
_NO_COVER = "peril_not_covered"


def choose_policies(
    locations: gpd.GeoDataFrame,
    terms: pd.DataFrame,
    event: CatEvent,
    loss: LossTimes,
    ruleset: CoverageRules,
) -> gpd.GeoDataFrame:
    """The locations, each under the policy and term of its account that the loss falls under.

    Each is screened as if it were the only one: cover for the primary peril comes first, then the
    best result, then the order of the book. Where several do equally well, and none of them fails,
    the first is named and the choice is marked (``several_policies``), for the screen to refer.

    Args:
        locations: LOCATIONS, some or all of the book's.
        terms: POLICY_TERMS of the book.
        event: its primary peril looks for cover.
        loss: when, on the locations' index.
        ruleset: the rules of the screen.
    """
    if not len(terms) or not len(locations):
        return locations
    place = locations[HOME_KEY].reset_index(drop=True).assign(home=np.arange(len(locations)))
    offered = place.merge(terms, on=HOME_KEY, how="inner")
    homes = offered["home"].to_numpy()
    kept = locations.drop(columns=_OF_POLICY).iloc[homes].reset_index(drop=True)
    candidates = kept.join(offered[_OF_POLICY])
    screened = screen_terms(candidates, event, loss.take(homes), ruleset)
    chosen = _choose(offered, screened)
    table = locations.reset_index(drop=True)
    policy = offered.loc[chosen.index, _OF_POLICY].assign(policy_choice=chosen)
    policy.index = pd.Index(homes[chosen.index])
    for name in _OF_POLICY:
        table.loc[policy.index, name] = policy[name]
    table.index = locations.index
    checked: gpd.GeoDataFrame = check_table(table, LOCATIONS)
    return checked


def _choose(offered: pd.DataFrame, screened: pd.DataFrame) -> "pd.Series[str]":
    """Choice codes of the row chosen for each home, on the rows' index."""
    reasons = CODE_SEPARATOR + screened["coverage_reasons"] + CODE_SEPARATOR
    is_elsewhere = reasons.str.contains(f"{CODE_SEPARATOR}{_NO_COVER}{CODE_SEPARATOR}", regex=False)
    rank = is_elsewhere * len(_RANK) + screened["coverage_result"].map(_RANK).astype("int64")
    best = rank.groupby(offered["home"]).transform("min")
    is_best = rank == best
    ranked = offered.loc[is_best].sort_values(["home", "term_order"], kind="stable")
    chosen = ranked.drop_duplicates("home")
    is_unclear = chosen["home"].isin(ranked.loc[ranked.duplicated("home"), "home"])
    is_unclear &= best[chosen.index] < _RANK[CoverageResult.FAIL]
    codes = chosen["policy_choice"]
    marked = (codes.fillna("") + CODE_SEPARATOR + SEVERAL_POLICIES).str.strip(CODE_SEPARATOR)
    has_already = codes.fillna("").str.contains(SEVERAL_POLICIES, regex=False)
    return codes.mask(is_unclear & ~has_already, marked)


def follow_policies(table: pd.DataFrame, locations: pd.DataFrame) -> pd.DataFrame:
    """A table on LOCATION_KEY with the policies of these locations; others' rows are left out.

    Args:
        table: one row a home at most, under any policy of its account.
        locations: LOCATIONS.
    """
    chosen = locations[[*HOME_KEY, "policy_number"]]
    followed = table.drop(columns="policy_number").merge(chosen, on=HOME_KEY, validate="one_to_one")
    return followed[list(table.columns)]
