"""The look of a rendered town: two seeds give two towns that a stranger tells apart."""

from dataclasses import dataclass

import numpy as np

Rgb = tuple[float, float, float]
"""Red, green, blue in digital numbers (0 to 255) as seen in full sun on flat ground."""

ROOF_COLOURS: tuple[Rgb, ...] = (
    (78, 79, 82),
    (108, 107, 106),
    (146, 147, 146),
    (112, 98, 84),
    (154, 137, 114),
    (122, 84, 70),
    (92, 104, 100),
    (178, 166, 146),
    (222, 226, 228),
)
"""Asphalt shingles from charcoal to sand, red-brown, green-grey; last, white metal."""

METAL_ROOF = len(ROOF_COLOURS) - 1
"""Index of white metal in ``ROOF_COLOURS``."""

_STYLE_STREAM = 11


@dataclass(frozen=True, slots=True)
class Capture:
    """How one of the two pictures was taken.

    Attributes:
        gain: factor on each band: sensor, season of light and colour cast.
        haze_frac: share of the light that is haze, 0 to 1.
        blur_px: standard deviation of the point spread, pixels.
        noise_dn: standard deviation of sensor noise, digital numbers.
        sun_elevation_deg: above the horizon.
        sun_azimuth_deg: clockwise from north.
        off_nadir_deg: view angle as stated; the painting itself looks straight down.
    """

    gain: Rgb
    haze_frac: float
    blur_px: float
    noise_dn: float
    sun_elevation_deg: float
    sun_azimuth_deg: float
    off_nadir_deg: float


@dataclass(frozen=True, slots=True)
class TownStyle:
    """Colours, vegetation, building habits and the two captures.

    Attributes:
        roof_weights: share of each of ``ROOF_COLOURS`` among homes.
        grass: lush lawn.
        dry: dry lawn and meadow.
        soil: bare earth and sand.
        leaf: broad-leaved crown.
        needle: conifer crown.
        conifer_frac: share of conifers among trees, 0 to 1.
        woods_frac: share of the wild land under trees, 0 to 1.
        yard_trees: trees a lot, mean.
        lot_width_m: street front of a lot.
        lot_depth_m: from street to back fence.
        mobile_frac: share of manufactured homes, 0 to 1.
        sidewalk_frac: how clearly sidewalks show, 0 to 1.
        street: asphalt.
        pre: capture before the event.
        post: capture after it.
    """

    roof_weights: tuple[float, ...]
    grass: Rgb
    dry: Rgb
    soil: Rgb
    leaf: Rgb
    needle: Rgb
    conifer_frac: float
    woods_frac: float
    yard_trees: float
    lot_width_m: float
    lot_depth_m: float
    mobile_frac: float
    sidewalk_frac: float
    street: Rgb
    pre: Capture
    post: Capture


def draw_style(seed: int) -> TownStyle:
    """The style of a seed.

    Ranges were set by eye beside WorldView and GeoEye scenes of small towns in Florida and
    California (xBD, Hurricane Michael and Santa Rosa).
    """
    rng = np.random.default_rng((seed, _STYLE_STREAM))
    weights = rng.dirichlet(np.full(len(ROOF_COLOURS), 1.2))
    street = rng.uniform(112, 140)
    # from humid Florida to dry California
    aridity = rng.beta(1, 1.6)
    dry = _near(rng, (124, 112, 84), 10)
    green = _near(rng, (86, 98, 62), 9)
    red, lush, blue = (
        wet + 0.75 * aridity * (sere - wet) for wet, sere in zip(green, dry, strict=True)
    )
    return TownStyle(
        roof_weights=tuple(float(weight) for weight in weights),
        grass=(float(red), float(lush), float(blue)),
        dry=dry,
        soil=_near(rng, (164, 146, 120), 14),
        leaf=_near(rng, (62, 82, 46), 8),
        needle=_near(rng, (50, 68, 46), 6),
        conifer_frac=float(rng.uniform(0.1, 0.7)),
        woods_frac=float(rng.uniform(0.5, 0.9) - 0.35 * aridity),
        yard_trees=float(rng.uniform(2.5, 8)),
        lot_width_m=float(rng.uniform(21, 25)),
        lot_depth_m=float(rng.uniform(30, 35)),
        mobile_frac=float(rng.uniform(0, 0.2)),
        sidewalk_frac=float(rng.uniform(0, 0.9)),
        street=(street + 1, street + 1, street - 1),
        pre=_draw_capture(rng),
        post=_draw_capture(rng),
    )


def _near(rng: np.random.Generator, colour: Rgb, spread: float) -> Rgb:
    """The colour, lighter or darker as a whole and a little off in each band."""
    shift = rng.uniform(-spread, spread)
    red, green, blue = (value + shift + rng.uniform(-spread, spread) / 3 for value in colour)
    return (float(red), float(green), float(blue))


def _draw_capture(rng: np.random.Generator) -> Capture:
    brightness = rng.uniform(0.82, 1.04)
    cast = rng.uniform(0.975, 1.025, 3) * brightness
    return Capture(
        gain=(float(cast[0]), float(cast[1]), float(cast[2])),
        haze_frac=float(rng.uniform(0.06, 0.2)),
        blur_px=float(rng.uniform(0.65, 0.95)),
        noise_dn=float(rng.uniform(1.2, 2.6)),
        sun_elevation_deg=float(rng.uniform(42, 62)),
        sun_azimuth_deg=float(rng.uniform(125, 175)),
        off_nadir_deg=float(rng.uniform(4, 24)),
    )
