"""The tiers stay apart for every kind of colour vision, and text on them can be read."""

from itertools import combinations

import numpy as np
import pytest

from core.damage import Decision, Tier
from core.hazards.kinds import HazardKind
from reports.palette import DECISION_SWATCHES, HEADER, TIER_SWATCHES, choose_ramp, kind_of_area

# Machado, Oliveira and Fernandes 2009, full severity, on linear RGB
VISION = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(  # sRGB, IEC 61966-2-1
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)
CLEARLY_APART = 10.0  # CIE 1976 difference; about 2.3 is just noticeable


def linear(colour):
    values = np.frombuffer(bytes.fromhex(colour[1:]), dtype=np.uint8) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = TO_XYZ @ rgb / TO_XYZ.sum(axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def seen_as(colour, vision):
    return lab((np.array(VISION[vision]) @ linear(colour)).clip(0, 1))


def contrast(one, other):
    low, high = sorted(0.05 + TO_XYZ[1] @ linear(colour) for colour in (one, other))
    return high / low


@pytest.mark.parametrize("vision", VISION)
def test_tiers_stay_apart(vision):
    for one, other in combinations(TIER_SWATCHES.values(), 2):
        distance = np.linalg.norm(seen_as(one.fill, vision) - seen_as(other.fill, vision))
        assert distance > CLEARLY_APART, (one, other)


@pytest.mark.parametrize("vision", VISION)
def test_worse_is_darker(vision):
    tiers = (Tier.T1, Tier.T2, Tier.T3, Tier.T4)
    lightness = [seen_as(TIER_SWATCHES[tier].fill, vision)[0] for tier in tiers]
    assert lightness == sorted(lightness, reverse=True)


def test_text_can_be_read_on_every_colour():
    swatches = [*TIER_SWATCHES.values(), *DECISION_SWATCHES.values(), HEADER]
    assert all(contrast(swatch.fill, swatch.ink) >= 4.5 for swatch in swatches)


def test_every_code_has_a_colour():
    assert set(TIER_SWATCHES) == set(Tier)
    assert set(DECISION_SWATCHES) == set(Decision)


@pytest.mark.parametrize("hazard", ["sustained_wind", "storm_rain", *HazardKind])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_stronger_hazards_are_darker_and_their_labels_can_be_read(hazard, count):
    ramp = choose_ramp(hazard, count)
    light = [contrast(colour, "#000000") for colour in ramp]
    assert len(ramp) == count
    assert light == sorted(light, reverse=True)
    assert contrast(ramp[-1], "#ffffff") >= 4.5


@pytest.mark.parametrize("vision", VISION)
def test_hazards_stay_apart_where_one_line_of_each_is_drawn(vision):
    lines = [choose_ramp(kind, 1)[0] for kind in HazardKind]
    for one, other in combinations(lines, 2):
        assert np.linalg.norm(seen_as(one, vision) - seen_as(other, vision)) > 2.3, (one, other)


def test_a_word_that_is_no_hazard_has_colours_but_no_kind():
    assert kind_of_area("sustained_wind") is HazardKind.WIND
    assert kind_of_area("surge") is HazardKind.SURGE
    assert kind_of_area("ash") is None
    assert choose_ramp("ash", 2) == choose_ramp("wind", 2)
