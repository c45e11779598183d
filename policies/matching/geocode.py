"""What an OED AddressMatch class allows: how far to look for the building, and who decides.

The classes are those of ``AddressMatch`` in OED's ``OtherValues.csv`` (CC0). The radii and
confidences are working values of this project, chosen by what each kind of coordinate marks on the
ground; measure them on a carrier's own book before relying on them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class GeocodeRule:
    """What one AddressMatch class allows.

    Attributes:
        geocode_class: OED AddressMatch.
        name: what the coordinate marks.
        match_radius_m: how far outside a building the point may lie and still mean it, metres;
            0 where no building may be chosen at all.
        is_automatic: whether a match may go on without a person's look at the place.
        why: reason for the two.
        confidence: chance that the building that the point lies in is the one meant, 0 to 1.
    """

    geocode_class: int
    name: str
    match_radius_m: float
    is_automatic: bool
    why: str
    confidence: float = 0.0

    @property
    def is_too_coarse(self) -> bool:
        """Whether the class cannot name a building."""
        return self.match_radius_m == 0


_COARSE = "marks an area with many homes; its centre says nothing of any one of them"

GEOCODE_RULES = (
    GeocodeRule(0, "ungeocoded", 0, False, "the coordinate was never placed"),
    GeocodeRule(
        1,
        "user coordinate",
        25,
        True,
        "somebody placed it by hand or by GPS, good to a house plot (about 25 m)",
        0.95,
    ),
    GeocodeRule(
        2,
        "building",
        15,
        True,
        "marks the roof; 15 m allows for outlines that lean with the view angle",
        0.98,
    ),
    GeocodeRule(
        3,
        "parcel",
        25,
        True,
        "the middle of a plot, which lies in or by the house on a plot of up to 50 m",
        0.95,
    ),
    GeocodeRule(
        4,
        "interpolated street",
        50,
        False,
        "house numbers spread evenly along the kerb: a plot's depth away, and often next door",
        0.5,
    ),
    GeocodeRule(
        5,
        "high-resolution postcode",
        50,
        False,
        "the middle of a dozen addresses: right by luck unless the building stands alone",
        0.3,
    ),
    GeocodeRule(6, "block or street name", 0, False, _COARSE),
    GeocodeRule(7, "postcode", 0, False, _COARSE),
    GeocodeRule(8, "city centre", 0, False, _COARSE),
    GeocodeRule(9, "area", 0, False, _COARSE),
    GeocodeRule(10, "CRESTA zone", 0, False, _COARSE),
    *(
        GeocodeRule(code, "not defined by OED", 0, False, "a class that OED does not define")
        for code in range(11, 20)
    ),
    GeocodeRule(20, "country", 0, False, _COARSE),
)
"""One rule a class, at the place of its number."""

MAX_MATCH_RADIUS_M = max(rule.match_radius_m for rule in GEOCODE_RULES)
"""A point farther than this from every building matches none of them, whatever its class."""

_RADII_M = np.array([rule.match_radius_m for rule in GEOCODE_RULES], dtype=np.float64)
_AUTOMATIC = np.array([rule.is_automatic for rule in GEOCODE_RULES], dtype=bool)


_CONFIDENCE = np.array([rule.confidence for rule in GEOCODE_RULES], dtype=np.float64)

_EDGE_SHARE = 0.5
"""Part of the confidence that is left at the radius; a working value."""


def compute_confidence(
    geocode_class: NDArray[np.int64], distance_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Chance that a clear match means the right building, 0 to 1, ``(rows,)``.

    It falls evenly from the inside of the building to the radius of the class. A working value,
    as the radii are.

    Args:
        geocode_class: OED AddressMatch, ``(rows,)``.
        distance_m: from the point to the building, 0 = inside, ``(rows,)``.
    """
    radius_m = np.maximum(_RADII_M[geocode_class], 1.0)
    left = 1 - (1 - _EDGE_SHARE) * np.clip(distance_m / radius_m, 0, 1)
    confidence: NDArray[np.float64] = _CONFIDENCE[geocode_class] * left
    return confidence


def compute_match_radius_m(geocode_class: NDArray[np.int64]) -> NDArray[np.float64]:
    """Match radius of each class, metres, ``(rows,)``; 0 = too coarse to name a building."""
    radii: NDArray[np.float64] = _RADII_M[geocode_class]
    return radii


def compute_is_automatic(geocode_class: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a match of each class may go on without a person's look, ``(rows,)``."""
    automatic: NDArray[np.bool_] = _AUTOMATIC[geocode_class]
    return automatic
