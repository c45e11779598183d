"""How the shift between two images changes over a tile: the motion most windows share. Pure.

Places and shifts are complex numbers, column + 1j * row: a turn and a change of scale about the
tile's middle are then one multiplication.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_STRETCH = 0.03
"""Turn (radians) and change of scale that a tile may have: 1.7 degrees, 3%. Georeferenced pairs
differ by far less; a larger one is a chance fit."""
_SEEDS = 40
"""Windows with the clearest peaks, of which every two propose a motion."""
_PARSIMONY = 1.15
"""A turn or stretch must explain this much more than the best plain shift."""
_ROUNDS = 6
"""Reweighted fits; they settle in three or four."""
_OWN_SPREAD_PX = 0.5
"""Usual error of a window's shift, texture pixels: what one observation is worth."""
_TINY = 1e-9
"""Keeps the fit of very few windows solvable."""
_STRETCH_SPREAD = 0.005
"""Usual stretch of a georeferenced pair: keeps few or clustered windows from making one up."""


@dataclass(frozen=True, slots=True, eq=False)
class ShiftField:
    """Shift at each place of a tile, as an affine function.

    Attributes:
        middle: place that the rest refers to.
        at_middle: the shift there.
        stretch: ``(2,)`` change of the shift a pixel to the right, and a pixel down.
    """

    middle: complex
    at_middle: complex
    stretch: tuple[complex, complex]

    def at(self, places: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """``(places,)`` shift at each."""
        away = places - self.middle
        return self.at_middle + self.stretch[0] * away.real + self.stretch[1] * away.imag


NO_FIELD = ShiftField(0j, 0j, (0j, 0j))


def fit_motion(
    places: NDArray[np.complex128],
    shifts: NDArray[np.complex128],
    weights: NDArray[np.float64],
    tolerance_px: float,
) -> ShiftField:
    """The shift, turn and scale that most windows agree on.

    Every window proposes its own shift and every two of the best a turn and scale with it; the
    proposal with most support wins. Nothing is drawn at random.

    Args:
        places: ``(windows,)`` their middles.
        shifts: ``(windows,)`` what each found.
        weights: ``(windows,)``, at least one above 0.
        tolerance_px: a window that disagrees by more gives no support.
    """
    middle = complex(places.mean())
    away = places - middle
    best = np.argsort(-weights, kind="stable")[:_SEEDS]

    def support(
        bases: NDArray[np.complex128], turns: NDArray[np.complex128]
    ) -> NDArray[np.float64]:
        apart = np.abs(bases[:, None] + turns[:, None] * away - shifts) / tolerance_px
        return (1 - np.minimum(apart, 1.0) ** 2) @ weights

    plain = support(shifts[best], np.zeros(len(best), np.complex128))
    shift, stretch = complex(shifts[best][plain.argmax()]), 0j
    pairs = np.triu_indices(len(best), 1)
    one, other = best[pairs[0]], best[pairs[1]]
    apart = away[one] - away[other]
    is_apart = np.abs(apart) > 0
    one, other, apart = one[is_apart], other[is_apart], apart[is_apart]
    turns = (shifts[one] - shifts[other]) / apart
    is_small = np.abs(turns) <= MAX_STRETCH
    if is_small.any():
        turns = turns[is_small]
        bases = shifts[one[is_small]] - turns * away[one[is_small]]
        turned = support(bases, turns)
        if turned.max() > _PARSIMONY * plain.max():
            shift, stretch = complex(bases[turned.argmax()]), complex(turns[turned.argmax()])
    start = ShiftField(middle, shift, (stretch, 1j * stretch))
    return refine_field(start, places, shifts, weights, tolerance_px)


def refine_field(
    start: ShiftField,
    places: NDArray[np.complex128],
    shifts: NDArray[np.complex128],
    weights: NDArray[np.float64],
    tolerance_px: float,
) -> ShiftField:
    """The affine field nearest to the windows' shifts, those far from it left out.

    Least squares with Tukey's weights, held near the start where windows are few.
    """
    scale = max(1.0, float(np.abs(places - start.middle).max(initial=0.0)))
    away = (places - start.middle) / scale
    design = np.stack([np.ones(len(places)), away.real, away.imag], axis=1)
    held = (_OWN_SPREAD_PX / (_STRETCH_SPREAD * scale)) ** 2 * np.diag([0.0, 1.0, 1.0])
    missing = shifts - start.at(places)
    change = np.zeros(3, np.complex128)
    for _ in range(_ROUNDS):
        apart = np.abs(missing - design @ change) / tolerance_px
        trust = weights * np.maximum(0.0, 1 - apart**2) ** 2
        if trust.sum() <= 0:
            return start
        trust /= weights.max()
        weighted = design * trust[:, None]
        change = np.linalg.solve(
            weighted.T @ design + held + _TINY * np.eye(3), weighted.T @ missing
        )
    return ShiftField(
        start.middle,
        complex(start.at_middle + change[0]),
        (
            complex(start.stretch[0] + change[1] / scale),
            complex(start.stretch[1] + change[2] / scale),
        ),
    )
