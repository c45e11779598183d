"""Whether a home is seen where a sky is said to hide it. Pure.

A bright roof, a car park and dark water are as pale or dark, grey and smooth as a sky. But a home
under a sky has no outline: what is plain where its outline is known to lie was seen. Four measures
of the home and of the ground beside it, and its size, are weighed as docs/quality.md shows.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.chips import POST, PRE
from imagery.chips.quality import KEEPS_PIXELS, Cause
from imagery.registration.texture import NOISE_LEVEL, Texture

_OUTLINE_M = 2.0
"""How blurred an outline is taken to be: registers and people's drawings are about so exact."""
_PLAIN = 3.0
"""An outline so plain is never hidden, log(1 + grey levels): of homes under a rendered sky of
opacity 0.7 and more, 99 of 100 measure less, and a white roof of one colour nothing but this."""
_SMALL_M2 = 500.0
"""Skies that are none are roofs and car parks; a house is too small to be taken for one."""
_MIN_BESIDE_PX = 30
"""Fewer measured pixels beside a home say nothing."""
_LONGEST = 0.98
"""An edge's length ends at 1, where its contrast has no bound."""
_WHITE = 255
_EPSILON = 1e-3


class Plainness(NamedTuple):
    """What is measured of a home at a date that is said to be under a sky.

    Attributes:
        outline: log(1 + grey levels) of contrast across its outline.
        rough: log(1 + mean squared contrast) of the ground beside it.
        alike: correlation of that ground's edges with the other date's, -1 to 1.
        brightness: mean of the home, 0 to 1.
        is_small: 1 for a building of under 500 m2, else 0.
    """

    outline: float
    rough: float
    alike: float
    brightness: float
    is_small: float


@dataclass(frozen=True, slots=True)
class Weighing:
    """Weights of ``Plainness``, in its order, and an offset: over 0 the home is hidden."""

    weights: Plainness
    offset: float

    def hides(self, measured: Plainness) -> bool:
        """Whether a home that measures so is hidden."""
        total = sum(w * m for w, m in zip(self.weights, measured, strict=True))
        return total + self.offset > 0


VEIL = Weighing(Plainness(-3.57, -0.63, -3.64, 8.34, 1.0), 7.6)
"""Cloud, smoke and glare."""
SHADE = Weighing(Plainness(-0.81, -0.2, -3.25, -42.7, 0.0), 10.5)
"""Cloud shadow."""

Boxes = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Some chips that a sky may hide a part of, at both dates.

    Attributes:
        textures: of the tile, before and after, on one grid.
        boxes: ``(batch, 4)`` left, top, right, bottom of each chip at each date, grid pixels.
        images: uint8 ``(batch, time, bands, height, width)``.
        footprint: bool ``(batch, height, width)``.
        hidden: uint8 ``(batch, time, height, width)`` of ``Cause``.
        pixel_m: ``(batch,)`` ground size of each chip's pixels.
    """

    textures: tuple[Texture, Texture]
    boxes: tuple[Boxes, Boxes]
    images: NDArray[np.uint8]
    footprint: NDArray[np.bool_]
    hidden: NDArray[np.uint8]
    pixel_m: NDArray[np.float32]


def find_shown(looks: Looks) -> NDArray[np.bool_]:
    """``(batch, time)``; True = the home is seen, whatever sky is said to lie there."""
    told = np.asarray(is_sky(looks.hidden).any(axis=(2, 3)), bool)
    shown = np.zeros(told.shape, bool)
    for chip in np.flatnonzero(told.any(axis=1)).tolist():
        home = _find_home(looks, chip)
        if home is not None:
            shown[chip] = [told[chip, time] and _is_shown(home, time) for time in (PRE, POST)]
    return shown


def is_sky(hidden: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where causes may be taken back: all that was told from how the ground looks."""
    told: NDArray[np.bool_] = ((hidden >= Cause.SHADOW) & (hidden <= Cause.CLOUD)) | (
        hidden == Cause.GLARE
    )
    return told


def _weighing_of(hidden: NDArray[np.uint8]) -> Weighing:
    is_shade = 2 * np.count_nonzero(hidden == Cause.SHADOW) > np.count_nonzero(is_sky(hidden))
    return SHADE if is_shade else VEIL


@dataclass(frozen=True, slots=True, eq=False)
class _Home:
    """One home at both dates.

    Attributes:
        cut: the edges of its chip.
        toward: across its outline, in the pixels of the edges.
        images: uint8 ``(time, bands, height, width)``.
        footprint: bool ``(height, width)``.
        hidden: uint8 ``(time, height, width)`` of ``Cause``.
        area_m2: of the footprint.
    """

    cut: "_Cut"
    toward: NDArray[np.complex64]
    images: NDArray[np.uint8]
    footprint: NDArray[np.bool_]
    hidden: NDArray[np.uint8]
    area_m2: float


def _find_home(looks: Looks, chip: int) -> _Home | None:
    """A chip's home; None where no pixel of it was seen at both dates."""
    cut, footprint = _cut(looks, chip), looks.footprint[chip]
    if cut is None:
        return None
    area_m2 = np.count_nonzero(footprint) * float(looks.pixel_m[chip]) ** 2
    toward = _outward(cut.draw(footprint))
    return _Home(cut, toward, looks.images[chip], footprint, looks.hidden[chip], area_m2)


def _is_shown(home: _Home, time: int) -> bool:
    """Whether a home is seen at a date; the other measures are not needed of a plain outline."""
    if not (home.footprint & (home.hidden[time] <= KEEPS_PIXELS)).any():
        return False
    outline = _across(home.cut.edges[time], home.toward)
    return outline > _PLAIN or not _weighing_of(home.hidden[time]).hides(
        _measure(home, time, outline)
    )


def _measure(home: _Home, time: int, outline: float) -> Plainness:
    kept = home.footprint & (home.hidden[time] <= KEEPS_PIXELS)
    beside = home.cut.draw(is_sky(home.hidden[time])) & (home.toward == 0)
    if np.count_nonzero(beside) < _MIN_BESIDE_PX:
        beside = home.toward == 0
    own, other = (_contrast(home.cut.edges[each][beside]) for each in (time, 1 - time))
    rough, alike = _compare(own, other)
    brightness = float(home.images[time][:, kept].mean()) / _WHITE
    return Plainness(outline, rough, alike, brightness, float(home.area_m2 < _SMALL_M2))


def _across(edges: NDArray[np.complex64], toward: NDArray[np.complex64]) -> float:
    """log(1 + grey levels) of contrast toward some directions, by their lengths."""
    lies = np.nonzero(toward)
    along = toward[lies]
    total = np.abs((_contrast(edges[lies]) * along.conj()).real).sum()
    return float(np.log1p(total / max(np.abs(along).sum(), _EPSILON)))


def _outward(footprint: NDArray[np.bool_]) -> NDArray[np.complex64]:
    """Across the outline of a building, as long as it is sure to lie there; 0 elsewhere."""
    soft = ndimage.gaussian_filter(footprint.astype(np.float32), _OUTLINE_M)
    down, right = np.gradient(soft)
    outward: NDArray[np.complex64] = (right + 1j * down).astype(np.complex64)
    outward[np.abs(outward) < _EPSILON] = 0
    return outward


def _compare(own: NDArray[np.complex64], other: NDArray[np.complex64]) -> tuple[float, float]:
    """How rough the one is, and how alike both are."""
    if not own.size:
        return 0.0, 0.0
    energy, others = (float((np.abs(each) ** 2).mean()) for each in (own, other))
    common = float((own * other.conj()).real.mean())
    return float(np.log1p(energy)), common / max((energy * others) ** 0.5, _EPSILON)


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """Both dates' edges of a chip, where both have been read.

    Attributes:
        edges: before and after, of one shape, as ``Texture`` has them.
        size: width and height of the whole chip in the same pixels.
        first: row and column of it at which they begin.
    """

    edges: tuple[NDArray[np.complex64], NDArray[np.complex64]]
    size: tuple[int, int]
    first: tuple[int, int]

    def draw(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A mask of the chip, in the pixels of the edges."""
        whole = Image.fromarray(mask.astype(np.uint8)).resize(self.size, Image.Resampling.NEAREST)
        (row, column), (height, width) = self.first, self.edges[PRE].shape
        return np.asarray(whole, bool)[row : row + height, column : column + width]


def _cut(looks: Looks, chip: int) -> _Cut | None:
    """The edges of a chip; None where the dates share none of it."""
    textures, boxes = looks.textures, [each[chip] for each in looks.boxes]
    by = textures[PRE].reduced_by
    left, top, right, bottom = np.rint(boxes[PRE] / by).astype(int).tolist()
    across, down = np.rint((boxes[POST] - boxes[PRE])[:2] / by).astype(int).tolist()
    height, width = textures[PRE].edges.shape
    rows = slice(max(0, top, -down), min(bottom, height, height - down))
    columns = slice(max(0, left, -across), min(right, width, width - across))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    before = textures[PRE].edges[rows, columns]
    after = textures[POST].edges[
        rows.start + down : rows.stop + down, columns.start + across : columns.stop + across
    ]
    size = (max(1, right - left), max(1, bottom - top))
    first = (rows.start - top, columns.start - left)
    return _Cut((before, after), size, first)


def _contrast(edges: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Gradients in grey levels, of which ``compute_texture`` made directions."""
    length = np.minimum(np.abs(edges), _LONGEST)
    contrast: NDArray[np.complex64] = edges * (NOISE_LEVEL / (1 - length))
    return contrast
