import numpy as np
import pytest

from policies.matching.geocode import (
    GEOCODE_RULES,
    MAX_MATCH_RADIUS_M,
    compute_is_automatic,
    compute_match_radius_m,
)


def test_each_class_has_its_rule_at_its_place():
    assert [rule.geocode_class for rule in GEOCODE_RULES] == list(range(21))
    assert all(rule.why for rule in GEOCODE_RULES)


@pytest.mark.parametrize("code", [0, *range(6, 21)])
def test_coarse_classes_never_name_a_building(code):
    rule = GEOCODE_RULES[code]
    assert rule.is_too_coarse
    assert not rule.is_automatic
    assert compute_match_radius_m(np.array([code]))[0] == 0


def test_only_points_made_for_a_building_go_on_without_a_look():
    codes = np.arange(1, 6)
    assert compute_is_automatic(codes).tolist() == [True, True, True, False, False]
    assert compute_match_radius_m(codes).tolist() == [25, 15, 25, 50, 50]
    assert MAX_MATCH_RADIUS_M == 50
