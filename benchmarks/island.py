"""Fort Myers Beach after Ian (2022): what the hazard told of each building, and what was found.

Ian's track is in none of the public files here, and a barrier island 10 km long lies in one wind:
its gust is one number (``GUST_MPH``), so that only the year and the kind of building tell homes
apart. Depth is the surge's elevation less the ground's, both NAVD88.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.optimize import minimize

from detectors.measuring.bootstrap import BootstrapOptions, compute_interval, draw_scenes
from detectors.measuring.metrics import compute_binned_error
from detectors.measuring.ranking import compute_auc, rank
from weather.hazards.curves import DEPTH, HIGHEST, Curve
from weather.hazards.prior import MPH_MPS, Prior, compute_wind_prior, take_worse

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

GUST_MPH = 126.0
"""The strongest gust before the station failed at Redfish Pass, 25 km north-west (NHC, public
advisory on Ian, 28 September 2022, 1800 UTC); nobody measured on the island. Around it the NWS
gave 110 (Southwest Florida airport) to 140 mph (Cape Coral)."""
FOOT_M = 0.3048
BLOCK_M = 500.0
MANUFACTURED, WOOD = 5350, 5050
"""OED codes of NSI's building type H and of any other."""
SURVEY_DAMAGED, SURVEY_SEVERE = 2, 4
"""Of the survey's DS0 to DS6: more than cosmetic; walls or roof structure. Ours."""
COUNTY_GRADES = ("affected", "minor", "major", "destroyed")


@dataclass(frozen=True, slots=True, eq=False)
class Island:
    """Buildings with a known ground, ``(homes,)`` each."""

    depth_m: Array
    year_built: Array
    construction: NDArray[np.int64]
    shore_m: Array
    """Distance to the Gulf's shore."""
    state: NDArray[np.int64]
    """The survey's DS0 to DS6."""
    county: NDArray[np.int64]
    """Place in ``COUNTY_GRADES``; -1 = blank, which does not mean undamaged."""
    blocks: NDArray[np.int64]
    """Number of the block of ``BLOCK_M``."""
    is_fitted: Flags
    """In the half of the blocks that curves are fitted on."""

    def __len__(self) -> int:
        return len(self.depth_m)

    def select(self, wanted: Flags) -> "Island":
        """Some of the homes."""
        return Island(*(getattr(self, name)[wanted] for name in self.__slots__))


def read_island(path: Path) -> Island:
    """The table of ``damage_points``; buildings without a ground elevation are left out."""
    table = pd.read_csv(path)
    table = table[table["NSI_ground_elv_ft_NAVD88"].notna()]
    words = table["LC_DS_PDA"].str.lower()
    to_metres = Transformer.from_crs(4326, 32617, always_xy=True)
    metres = np.column_stack(to_metres.transform(table["x"].to_numpy(), table["y"].to_numpy()))
    cells, blocks = np.unique((metres // BLOCK_M).astype(int), axis=0, return_inverse=True)
    return Island(
        (table["SurgeElev_Avg_NAVD88_m"] - FOOT_M * table["NSI_ground_elv_ft_NAVD88"]).to_numpy(),
        table["TA_ActYearBuilt"].where(table["TA_ActYearBuilt"] > 0).to_numpy(),
        np.where(table["NSI_bldgtype"] == "H", MANUFACTURED, WOOD).astype(np.int64),
        table["FFE_shoreline_dist_m"].to_numpy(), table["VDA_DS_overall_num"].to_numpy(np.int64),
        pd.Categorical(words, categories=COUNTY_GRADES).codes.astype(np.int64),
        blocks, (cells.sum(axis=1) % 2 == 0)[blocks],
    )  # fmt: skip


def tell_wind(island: Island, gust_mph: float = GUST_MPH) -> Prior:
    """The wind's prior in one gust."""
    gust = np.full(len(island), gust_mph * MPH_MPS)
    return compute_wind_prior(gust, island.year_built, island.construction)


def tell_depth(depth_m: Array, damage: Curve, severe: Curve) -> Prior:
    """A depth curve's chances, as ``curves.compute_prior`` gives them."""
    of_damage = np.minimum(damage.chance(depth_m), HIGHEST)
    return Prior(of_damage, np.minimum(severe.chance(depth_m), of_damage))


def tell_water(island: Island) -> Prior:
    """The published depth curve."""
    return tell_depth(island.depth_m, DEPTH.damage, DEPTH.severe)


def join_independent(first: Prior, second: Prior) -> Prior:
    """Chances of either, were they independent: 1 - (1 - a)(1 - b)."""
    return Prior(
        1 - (1 - first.damage) * (1 - second.damage), 1 - (1 - first.severe) * (1 - second.severe)
    )


def fit_curve(depth_m: Array, happened: Flags) -> Curve:
    """The likeliest lognormal; rising, since its width is searched by its logarithm.

    Args:
        depth_m: ``(homes,)``, above 0.
        happened: ``(homes,)``.
    """

    def surprise(parameters: Array) -> float:
        curve = Curve(float(np.exp(parameters[0])), float(np.exp(parameters[1])))
        told = np.clip(curve.chance(depth_m), 1e-6, 1 - 1e-6)
        return -float(np.where(happened, np.log(told), np.log1p(-told)).sum())

    found = minimize(surprise, np.log([np.median(depth_m), 0.8]), method="Nelder-Mead")
    return Curve(float(np.exp(found.x[0])), float(np.exp(found.x[1])))


def fit_depth(island: Island, damaged: Flags, severe: Flags) -> tuple[Curve, Curve]:
    """Both curves from the fitting half's homes that water reached."""
    wet = island.is_fitted & (island.depth_m > 0)
    return fit_curve(island.depth_m[wet], damaged[wet]), fit_curve(island.depth_m[wet], severe[wet])


def list_priors(island: Island) -> dict[str, Prior]:
    """What the hazard tells, with nothing fitted here."""
    wind, water = tell_wind(island), tell_water(island)
    return {
        "wind (year built, one gust)": wind,
        "surge depth, published curve": water,
        "both, the larger": take_worse(wind, water),
        "both, 1 - (1 - a)(1 - b)": join_independent(wind, water),
    }


Figure = Callable[[Array], Array]
"""From weights ``(resamples, homes)`` to values ``(resamples,)``."""


def figures_of(chances: Array, happened: Flags) -> dict[str, Figure]:
    """How well chances tell what happened."""
    squares = (chances - happened) ** 2
    return {
        "told": lambda w: (w @ chances) / w.sum(axis=1),
        "so": lambda w: (w @ happened) / w.sum(axis=1),
        "AUC": lambda w: compute_auc(rank(chances, happened, w)),
        "Brier": lambda w: (w @ squares) / w.sum(axis=1),
        "calibration error": lambda w: compute_binned_error(chances, happened, w),
    }


def with_interval(
    figure: Figure, blocks: NDArray[np.int64], options: BootstrapOptions | None = None
) -> tuple[float, float, float]:
    """A figure and its interval over whole blocks."""
    chosen = options or BootstrapOptions()
    _, numbers = np.unique(blocks, return_inverse=True)
    draws = draw_scenes(numbers.max() + 1, chosen)
    value = float(figure(np.ones((1, len(blocks))))[0])
    drawn = [figure(draws[n : n + 50, numbers].astype(float)) for n in range(0, len(draws), 50)]
    low, high = compute_interval(np.concatenate(drawn), chosen) or (np.nan, np.nan)
    return value, low, high
