"""P(damage) of a home from the hazard and the building alone, before any image. Pure.

Wind curves are the damage states of FEMA's Hazus Hurricane Model, Technical Manual 5.1, for
one-storey gable-roofed houses and manufactured homes, in the parameters that the NHERI SimCenter
fitted to the manual's tables (Damage and Loss Model Library, "Hazus v5.1 coupled"): median (or
mean) peak gust in mph and logarithmic standard deviation (or coefficient of variation), terrain
roughness 0.70 m (suburb with trees). Where SimCenter fitted a normal curve, a lognormal one with
its mean and coefficient of variation stands here: the curves are *approximated from* that source.

Hazus damage states and xBD grades: state 2 (more than 15% of the roof cover gone, or windows
broken) is the first to show from above, and stands for "minor or worse". State 4 (more than 25%
of the roof deck gone, or a wall failed) is the first with part of roof or wall collapsed, xBD's
wording of "major", and stands for "major or destroyed".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from core.events import Peril

Array = NDArray[np.float64]

MPH_MPS = 0.44704
"""Metres per second in a mile per hour (exact)."""

MANUFACTURED_CODES = (5350, 5399)
"""OED ConstructionCode range of mobile (manufactured) homes (OED ConstructionValues.csv)."""

UNKNOWN_CONSTRUCTION = 5000
"""OED ConstructionCode of an unknown construction."""


class HousingClass(IntEnum):
    """Homes that wind treats alike; the number is the column in arrays over classes."""

    BEFORE_1995 = 0
    """Site-built before the codes that Hurricane Andrew (1992) led to."""
    FROM_1995 = 1
    """Site-built 1995 to 2001: stronger nailing of the roof deck, roof-to-wall straps."""
    FROM_2002 = 2
    """Site-built under the Florida Building Code, in force since 1 March 2002, or the like."""
    MANUFACTURED_BEFORE_1995 = 3
    """Manufactured before HUD's wind rule of July 1994."""
    MANUFACTURED_FROM_1995 = 4
    """Manufactured under it."""


@dataclass(frozen=True, slots=True)
class Fragility:
    """Chance of at least a damage state as a lognormal curve in peak gust."""

    median_mph: float
    """3-second gust, 10 m, open terrain, at which the chance is one half."""

    beta: float
    """Standard deviation of the logarithm of the gust at failure."""

    def __post_init__(self) -> None:
        if not (self.median_mph > 0 and self.beta > 0):
            raise ValueError(f"a fragility needs positive parameters, got {self}")


@dataclass(frozen=True, slots=True)
class HousingFragility:
    """The curves of a class of homes."""

    damage: Fragility
    """Hazus damage state 2 or worse."""

    severe: Fragility
    """Hazus damage state 4."""


@dataclass(frozen=True, slots=True)
class WindPriorOptions:
    """Curves and mixtures of the wind prior. The ids are those of the SimCenter library."""

    before_1995: HousingFragility = HousingFragility(Fragility(139.4, 0.12), Fragility(163.2, 0.10))
    """W.SF.1.gab, 6d nails, toe-nailed rafters, standard garage door, no shutters."""

    from_1995: HousingFragility = HousingFragility(Fragility(144.0, 0.12), Fragility(196.8, 0.10))
    """W.SF.1.gab, 8d nails, straps, no garage door, no shutters."""

    from_2002: HousingFragility = HousingFragility(Fragility(154.4, 0.11), Fragility(197.6, 0.11))
    """W.SF.1.gab, 8d nails at the closer spacing, straps, no shutters: the Panhandle was exempt
    from opening protection until 2006, and shutters are seldom in a book of policies."""

    manufactured_before_1995: HousingFragility = HousingFragility(
        Fragility(130.9, 0.12), Fragility(145.2, 0.13)
    )
    """MH.PHUD without tie-downs or shutters (tie-downs are seldom stated; without is prudent)."""

    manufactured_from_1995: HousingFragility = HousingFragility(
        Fragility(156.4, 0.13), Fragility(171.6, 0.12)
    )
    """MH.94HUDII (wind zone II) without tie-downs or shutters."""

    era_shares: tuple[float, float, float] = (0.60, 0.16, 0.24)
    """Site-built homes of each era where the year is unknown: approximated from the years that
    the American Community Survey (table B25034) gives for Florida's housing."""

    manufactured_share: float = 0.09
    """Manufactured homes where the construction is unknown: approximated from the American
    Community Survey (table B25024) for Florida."""

    old_manufactured_share: float = 0.65
    """Manufactured homes from before 1995 where their year is unknown: an assumption near the
    American Community Survey's years for mobile homes."""

    gust_beta: float = 0.15
    """Logarithmic error of the gust at a home, added to each curve's own in quadrature. A best
    track's intensity at landfall is known to some 10% (Landsea and Franklin 2013), and a parametric
    field without terrain adds as much again (an estimate)."""

    lowest_damage: float = 0.01
    """Floor of P(minor or worse): fields miss gusts, trees fall, so no home in the path is at 0."""

    lowest_severe: float = 0.002
    """Floor of P(major or destroyed), for the same reason."""

    highest: float = 0.98
    """Ceiling of both: the strongest wind on record leaves survivors."""

    def __post_init__(self) -> None:
        if abs(sum(self.era_shares) - 1) > np.finfo(np.float32).eps:
            raise ValueError(f"era_shares must sum to 1, got {self.era_shares}")
        if not 0 < self.lowest_severe <= self.lowest_damage < self.highest < 1:
            raise ValueError(
                f"floors and ceiling must keep their order within 0 to 1, got severe "
                f"{self.lowest_severe}, damage {self.lowest_damage}, highest {self.highest}"
            )

    @property
    def classes(self) -> tuple[HousingFragility, ...]:
        """The curves in the order of ``HousingClass``."""
        return (
            self.before_1995,
            self.from_1995,
            self.from_2002,
            self.manufactured_before_1995,
            self.manufactured_from_1995,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Chances before any image; each ``(homes,)``, 0 to 1, severe at most damage."""

    damage: Array
    """P(minor or worse)."""

    severe: Array
    """P(major or destroyed)."""


@dataclass(frozen=True, slots=True)
class FlatPrior:
    """One chance for every home in an area whose intensity is not known."""

    damage: float
    """P(minor or worse)."""

    severe: float
    """P(major or destroyed)."""


MAPPED_AREA_PRIOR = FlatPrior(0.25, 0.15)
"""Of the buildings that xBD labels in its 19 disasters, 313,033 have no damage, 36,860 are minor,
29,904 major and 31,560 destroyed (Gupta et al. 2019, arXiv:1911.09296): 24% and 15%. Where someone
drew an area, or tasked a satellite, because a disaster struck, this is the share to expect."""

FLAT_PRIORS = {
    Peril.WILDFIRE: FlatPrior(0.30, 0.27),
    Peril.TROPICAL_CYCLONE_WIND: FlatPrior(0.25, 0.08),
}
"""Where a peril departs from ``MAPPED_AREA_PRIOR``; judgements, meant to be weak. Fire takes a home
nearly whole or leaves it, and survivors inside a perimeter are common (CAL FIRE's damage
inspections list them beside the losses). Wind strips far more roofs than it breaks."""


HEAVY_RAIN_PRIOR = FlatPrior(0.10, 0.07)
"""Where a storm's rain passes its threshold: weak, the same for all homes, since who floods is a
matter of metres that the field does not see. Harvey 2017 flooded an estimated 154,170 homes of
Harris County, "between 9 and 12% of the total number of buildings" (Harris County Flood Control
District, Lindner and Fitzgerald 2018). Of buildings that xBD labels as damaged there three in four
are major or destroyed."""


def compute_wind_prior(
    gust_mps: Array,
    year_built: Array,
    construction_code: NDArray[np.int64],
    options: WindPriorOptions | None = None,
) -> Prior:
    """Chances of damage by wind, rising with the gust.

    Measured on the 5,132 graded buildings of Hurricane Michael in xBD (Panama City and around),
    with nothing known of the buildings and gusts of ``HurricaneHazard``: prior 31% damaged and 11%
    severe, labels 30% and 9%; it ranks them at AUC 0.73 and 0.71. The core's radius decides: with
    the small core that agrees with the stations it says 10% and 2%, with the wide one 51% and 20%.
    Labels made from satellite images under-report. Fusion has to treat it as weak evidence.

    Args:
        gust_mps: ``(homes,)`` 3-second gust, 10 m, open terrain; NaN counts as 0.
        year_built: ``(homes,)``, NaN = unknown (a mixture over eras).
        construction_code: ``(homes,)`` OED codes, 5000 = unknown (a mixture with manufactured).
        options: curves and mixtures.
    """
    chosen = options or WindPriorOptions()
    shares = compute_class_shares(year_built, construction_code, chosen)
    log_gust = np.log(np.maximum(np.nan_to_num(gust_mps), np.finfo(np.float64).tiny) / MPH_MPS)
    damage, severe = np.zeros(len(log_gust)), np.zeros(len(log_gust))
    for share, curves in zip(shares.T, chosen.classes, strict=True):
        of_damage = _chance(log_gust, curves.damage, chosen.gust_beta)
        # two lognormal curves of different width cross far out; the worse state is never likelier
        of_severe = np.minimum(_chance(log_gust, curves.severe, chosen.gust_beta), of_damage)
        damage += share * of_damage
        severe += share * of_severe
    return Prior(
        np.clip(damage, chosen.lowest_damage, chosen.highest),
        np.clip(severe, chosen.lowest_severe, chosen.highest),
    )


def compute_flat_prior(peril: Peril, homes: int) -> Prior:
    """The same chances for ``homes`` homes in an area where ``peril`` struck."""
    flat = FLAT_PRIORS.get(peril, MAPPED_AREA_PRIOR)
    return Prior(np.full(homes, flat.damage), np.full(homes, flat.severe))


def compute_rain_prior(has_heavy_rain: NDArray[np.bool_]) -> Prior:
    """Chances of damage by water where rain was heavy, 0 elsewhere: ``HEAVY_RAIN_PRIOR``.

    Args:
        has_heavy_rain: ``(homes,)``, whether the total passed its threshold.
    """
    heavy = has_heavy_rain.astype(np.float64)
    return Prior(heavy * HEAVY_RAIN_PRIOR.damage, heavy * HEAVY_RAIN_PRIOR.severe)


def average_priors(priors: Sequence[Prior]) -> Prior:
    """Chances where one of several hazards holds, each as likely; at least one, of one shape."""
    return Prior(
        np.mean([prior.damage for prior in priors], axis=0),
        np.mean([prior.severe for prior in priors], axis=0),
    )


def take_worse(first: Prior, second: Prior) -> Prior:
    """The larger chance of two hazards at each home."""
    return Prior(np.maximum(first.damage, second.damage), np.maximum(first.severe, second.severe))


def compute_class_shares(
    year_built: Array, construction_code: NDArray[np.int64], options: WindPriorOptions
) -> Array:
    """How much each home counts as each housing class, ``(homes, 5)``; rows sum to 1."""
    year = np.asarray(year_built, dtype=np.float64)
    first_modern, first_florida_code = 1995, 2002
    eras = np.stack(
        [
            year < first_modern,
            (year >= first_modern) & (year < first_florida_code),
            year >= first_florida_code,
        ],
        axis=-1,
    ).astype(np.float64)
    is_unknown = np.isnan(year)
    eras[is_unknown] = options.era_shares
    old = np.where(is_unknown, options.old_manufactured_share, eras[:, 0])
    code = np.asarray(construction_code)
    is_manufactured = (code >= MANUFACTURED_CODES[0]) & (code <= MANUFACTURED_CODES[1])
    manufactured = np.where(
        is_manufactured,
        1.0,
        np.where(code == UNKNOWN_CONSTRUCTION, options.manufactured_share, 0.0),
    )[:, None]
    return np.hstack([eras * (1 - manufactured), np.stack([old, 1 - old], axis=-1) * manufactured])


def _chance(log_gust_mph: Array, curve: Fragility, gust_beta: float) -> Array:
    beta = np.hypot(curve.beta, gust_beta)
    chance: Array = ndtr((log_gust_mph - np.log(curve.median_mph)) / beta)
    return chance
