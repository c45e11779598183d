"""From grades, hazard and policy terms to one honest finding for every location in the path."""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from claims.incidents.authority import propose
from claims.triage.decide import decide
from core.damage import PROBABILITIES, Status, Tier, choose_tier
from core.expected_loss import compute_expected_loss
from core.hazards.kinds import tell_wind_from_water
from core.hazards.words import tell_home_hazards
from core.schemas.book import LOCATION_KEY
from core.tables import FINDINGS, check_table
from detectors.fusion import FusionOptions, fuse, hold_to_hazard
from detectors.local_rate import compute_local_rate
from detectors.network.card import card_path, read_card
from flows.stages.known.filed import leave_filed
from flows.stages.known.reviews import overrule_by_people, recalibrate_grades
from flows.stages.newer_outlines import hold_back_newer
from flows.wiring.adapters import choose_fusion, choose_weights, tell_kind
from flows.wiring.context import RunContext
from flows.wiring.storage.folders import read_geo_table, read_table, write_table
from policies.coverage.loss_times import LossTimes
from policies.coverage.screen import screen_coverage
from policies.matching.several import choose_worst

_FROM_LOCATIONS = ["building_tiv", "currency", "geocode_class", "geometry"]


def judge(run: RunContext) -> None:
    """Join what is known of each location, fuse it, screen coverage and decide.

    Writes findings to the work folder: FINDINGS, the incidents still open to be named.
    """
    locations = read_geo_table(run.folder.work("locations"))
    hazards = read_table(run.folder.work("hazards"))
    grades = hold_back_newer(
        read_table(run.folder.work("grades")),
        read_table(run.folder.work("buildings")),
        run.source.event.window,
    )
    grades = recalibrate_grades(run, grades)
    matches = choose_worst(read_table(run.folder.work("matches")), grades)
    joined = join_evidence(locations, matches, grades, hazards)
    joined["event_id"] = run.source.event_id
    joined["wind_or_water"] = tell_wind_from_water(joined["hazard_reason"])
    told = tell_home_hazards(read_table(run.folder.work("hazard_rows")))
    joined = joined.merge(told, on=LOCATION_KEY, how="left", validate="one_to_one")
    fusion = choose_fusion(run.settings, tell_kind(run.source))
    fused = overrule_by_people(run, add_posterior(joined, fusion))
    sha256 = read_card(card_path(choose_weights(run.settings))).sha256
    fused["model_sha256"] = pd.Series(sha256, index=fused.index).where(
        fused["status"] == Status.GRADED
    )
    covered = screen_coverage(
        locations,
        run.source.event,
        LossTimes.of_hazards(hazards),
        run.settings.coverage,
        compute_expected_loss(fused),
    )
    assessed = fused.merge(covered, on=LOCATION_KEY, how="left", validate="one_to_one")
    decided = assessed.merge(
        decide(assessed, run.settings.triage), on=LOCATION_KEY, how="left", validate="one_to_one"
    )
    decided["incident_id"] = pd.Series(None, index=decided.index, dtype=str)
    proposed = leave_filed(run, propose(decided, run.settings.claims.mode))
    write_table(to_findings(proposed), run.folder.work("findings"))


def join_evidence(
    locations: gpd.GeoDataFrame, matches: pd.DataFrame, grades: pd.DataFrame, hazards: pd.DataFrame
) -> pd.DataFrame:
    """One row a location, in the locations' order, with match, grade and hazard beside it.

    A location without a building keeps its match's status; one with a building has the grade's.
    """
    table = locations[[*LOCATION_KEY, *_FROM_LOCATIONS]]
    for other in (matches, hazards):
        table = table.merge(other, on=LOCATION_KEY, how="left", validate="one_to_one")
    table = table.merge(grades, on="building_id", how="left", validate="many_to_one")
    is_matched = table["match_status"] == "matched"
    table["status"] = table["status"].astype(object).where(is_matched, table["match_status"])
    table["status_reason"] = (
        table["status_reason"].astype(object).where(is_matched, table["match_reason"])
    )
    return table


def add_posterior(table: gpd.GeoDataFrame, options: FusionOptions) -> gpd.GeoDataFrame:
    """Add p_damage, p_severe and tier.

    What the homes around show counts beside a home's own pictures; of a home without a grade it
    and the hazard are all that is known, and its tier is U.
    """
    is_graded = (table["status"] == Status.GRADED).to_numpy()
    damage, severe = _find_rates(table, is_graded, options)
    table = table.assign(p_damage=damage, p_severe=np.minimum(severe, damage), tier=str(Tier.U))
    seen = table.loc[is_graded]
    weights = options.choose_weights(seen["leading_hazard"].to_numpy(object))
    posterior = fuse(
        seen[PROBABILITIES].to_numpy(np.float64), damage[is_graded], weights, options.base_rate
    )
    table.loc[is_graded, "p_damage"] = posterior.damage
    table.loc[is_graded, "p_severe"] = posterior.severe
    table.loc[is_graded, "tier"] = [
        str(choose_tier(*chances))
        for chances in zip(posterior.damage, posterior.severe, posterior.destroyed, strict=True)
    ]
    return table


def _find_rates(
    table: gpd.GeoDataFrame, is_graded: NDArray[np.bool_], options: FusionOptions
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Local rates of damage and of severe damage, ``(locations,)`` each."""
    image = table[PROBABILITIES].to_numpy(np.float64)
    places = (table.geometry.x.to_numpy(), table.geometry.y.to_numpy())
    # homes without a building are one each, and never count as neighbours
    codes = pd.factorize(table["building_id"].fillna(""))[0].astype(np.intp)
    said = np.where(is_graded, image[:, 1:].sum(axis=1), np.nan)
    held = hold_to_hazard(said, table["prior_damage"].to_numpy(np.float64), options.base_rate)
    # what share of the damage is severe stays the image's, as in fuse
    share = np.divide(image[:, 2:].sum(axis=1), said, out=np.zeros_like(said), where=said > 0)
    rates = [
        compute_local_rate(
            places, codes, neighbours,
            table[prior].to_numpy(np.float64), options.local,
        )
        for neighbours, prior in ((held, "prior_damage"), (held * share, "prior_severe"))
    ]  # fmt: skip
    return rates[0], rates[1]


def to_findings(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """FINDINGS, sorted by its key."""
    ordered = gpd.GeoDataFrame(table, geometry="geometry", crs=4326).sort_values(LOCATION_KEY)
    checked: gpd.GeoDataFrame = check_table(ordered[list(FINDINGS.columns)], FINDINGS)
    return checked
