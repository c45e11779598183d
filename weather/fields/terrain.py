"""Gusts over ground of some roughness, from the wind over the sea. Pure.

A best track's wind has a marine exposure. Over land the mean wind is lower and more turbulent:

* *Mean wind.* Logarithmic profiles over both surfaces under one wind aloft; friction velocities in
  the ratio ``(z0 / z0_sea) ** 0.0706`` (Simiu and Scanlan 1996, Wind Effects on Structures, section
  2.2). Open land (0.03 m) then has 0.83 of the wind over the sea, within the 15 to 20% reduction
  that Vickery et al. (2009, J. Appl. Meteor. Climatol. 48, 381-405) find.
* *Gusts.* ``1 + g / ln(10 / z0)`` times the hourly mean, the turbulence that goes with the profile;
  ``g`` of 3.1 for a 3-second and 1.45 for a 1-minute peak give the ESDU factors that Vickery and
  Skerlj (2005, J. Struct. Eng. 131, 1801-1811) find good in hurricanes: 1.53 and 1.25 over open
  land.

The wind is taken as fully adapted to the ground at the place; on a shore it may be rougher or
smoother upwind, and how far the sea is is not known here.
"""

from typing import overload

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SEA_ROUGHNESS_M = 0.002
"""Roughness length of the sea in hurricane winds: a drag coefficient of 0.0022, where it levels off
(Powell, Vickery and Reinhold 2003, Nature 422, 279-283)."""

OPEN_LAND_M = 0.03
"""Roughness length of open terrain: exposure C of ASCE 7, airfields."""

SUBURB_M = 0.3
"""Roughness length of suburbs: exposure B of ASCE 7."""

_HEIGHT_M = 10.0
_FRICTION_EXPONENT = 0.0706
_PEAK_3S = 3.1
_PEAK_1MIN = 1.45
_ROUGHEST_M = 2.0
"""Above this (city centres) 10 m lies among the obstacles and no such profile exists."""


@overload
def compute_gust_factor(roughness_m: float) -> float: ...
@overload
def compute_gust_factor(roughness_m: Array) -> Array: ...
def compute_gust_factor(roughness_m: float | Array) -> float | Array:
    """3-second gust at 10 m over the 1-minute wind that the sea would have there.

    Args:
        roughness_m: roughness length of the ground, up to 2 m; any shape.

    Returns:
        Of the same shape: 1.17 at sea, 1.08 on open land, 0.94 in suburbs.

    Raises:
        ValueError: a roughness is not above 0 or past 2 m.
    """
    if not (np.all(np.asarray(roughness_m) > 0) and np.all(np.asarray(roughness_m) <= _ROUGHEST_M)):
        raise ValueError(f"roughness_m must be above 0 and at most 2, got {roughness_m}")
    shear = np.log(_HEIGHT_M / roughness_m)
    sea_shear = np.log(_HEIGHT_M / SEA_ROUGHNESS_M)
    friction = (roughness_m / SEA_ROUGHNESS_M) ** _FRICTION_EXPONENT
    hourly = friction * shear / sea_shear
    factor: float | Array = hourly * (1 + _PEAK_3S / shear) / (1 + _PEAK_1MIN / sea_shear)
    return factor
