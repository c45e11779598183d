import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.events import Peril
from weather.hazards.prior import (
    FLAT_PRIORS,
    HEAVY_RAIN_PRIOR,
    MPH_MPS,
    Fragility,
    HousingClass,
    HousingFragility,
    Prior,
    WindPriorOptions,
    average_priors,
    compute_class_shares,
    compute_flat_prior,
    compute_rain_prior,
    compute_wind_prior,
    take_worse,
)

YEARS = st.one_of(st.just(np.nan), st.floats(1850, 2030))
CODES = st.sampled_from([5000, 5050, 5100, 5350, 5399, 5400])
WOOD, UNKNOWN, MOBILE = 5050, 5000, 5350


def prior_of(gust_mph, year=np.nan, code=UNKNOWN, options=None):
    gust = np.atleast_1d(np.asarray(gust_mph, dtype=float)) * MPH_MPS
    return compute_wind_prior(
        gust, np.full(gust.shape, year), np.full(gust.shape, code, dtype=np.int64), options
    )


@given(gusts=st.lists(st.floats(0, 400), min_size=2, max_size=20), year=YEARS, code=CODES)
@settings(max_examples=100, deadline=None)
def test_chances_rise_with_the_gust_and_severe_is_at_most_damage(gusts, year, code):
    prior = prior_of(np.sort(gusts), year, code)
    for chance in (prior.damage, prior.severe):
        assert (np.diff(chance) >= 0).all()
        assert ((chance > 0) & (chance < 1)).all()
    assert (prior.severe <= prior.damage).all()


@given(
    medians=st.tuples(st.floats(80, 160), st.floats(0, 80)),
    betas=st.tuples(st.floats(0.05, 0.4), st.floats(0.05, 0.4)),
    gust=st.floats(0, 400),
)
@settings(max_examples=60, deadline=None)
def test_curves_that_cross_still_keep_severe_under_damage(medians, betas, gust):
    curves = HousingFragility(
        Fragility(medians[0], betas[0]), Fragility(medians[0] + medians[1], betas[1])
    )
    prior = prior_of(gust, options=WindPriorOptions(curves, curves, curves, curves, curves))
    assert prior.severe[0] <= prior.damage[0]


def test_without_error_of_the_gust_the_median_is_the_median():
    options = WindPriorOptions(gust_beta=1e-9)
    for year, curves in (
        (1970, options.before_1995),
        (1998, options.from_1995),
        (2010, options.from_2002),
    ):
        damage = prior_of(curves.damage.median_mph, year, WOOD, options).damage
        severe = prior_of(curves.severe.median_mph, year, WOOD, options).severe
        assert (damage[0], severe[0]) == pytest.approx((0.5, 0.5))
    one_beta_above = 139.4 * np.exp(0.12)
    assert prior_of(one_beta_above, 1970, WOOD, options).damage[0] == pytest.approx(
        0.8413, abs=1e-4
    )


def test_the_error_of_the_gust_flattens_the_curve():
    spread = np.hypot(0.12, WindPriorOptions().gust_beta)
    gust_mph = 139.4 * np.exp(spread * np.array([-1, 0, 1]))
    assert prior_of(gust_mph, 1970, WOOD).damage == pytest.approx([0.1587, 0.5, 0.8413], abs=1e-4)


def test_newer_homes_fare_better_and_manufactured_homes_worse():
    old, mid, new = (prior_of(150, year, WOOD) for year in (1994, 1995, 2002))
    assert old.damage[0] > mid.damage[0] > new.damage[0]
    assert old.severe[0] > mid.severe[0]
    assert prior_of(150, 1980, MOBILE).severe[0] > old.severe[0]
    assert prior_of(150, 2010, MOBILE).severe[0] > new.severe[0]


def test_an_unknown_home_is_a_mixture_between_the_best_and_the_worst():
    unknown = prior_of(150).damage[0]
    known = [
        prior_of(150, year, code).damage[0]
        for year in (1980, 1998, 2010)
        for code in (WOOD, MOBILE)
    ]
    assert min(known) < unknown < max(known)


@given(year=YEARS, code=CODES)
@settings(max_examples=50, deadline=None)
def test_shares_of_classes_sum_to_one(year, code):
    shares = compute_class_shares(np.array([year]), np.array([code]), WindPriorOptions())
    assert shares.shape == (1, len(HousingClass))
    assert shares.sum() == pytest.approx(1)
    assert (shares >= 0).all()


def test_known_homes_are_of_one_class():
    shares = compute_class_shares(
        np.array([1994.0, 1995, 2001, 2002, 1994, 1995]),
        np.array([WOOD, WOOD, WOOD, WOOD, MOBILE, MOBILE]),
        WindPriorOptions(),
    )
    assert shares.argmax(axis=1).tolist() == [
        HousingClass.BEFORE_1995,
        HousingClass.FROM_1995,
        HousingClass.FROM_1995,
        HousingClass.FROM_2002,
        HousingClass.MANUFACTURED_BEFORE_1995,
        HousingClass.MANUFACTURED_FROM_1995,
    ]
    assert (shares.max(axis=1) == 1).all()


def test_calm_and_unknown_gusts_keep_the_floor_and_no_gust_passes_the_ceiling():
    options = WindPriorOptions()
    calm = prior_of([0.0, np.nan])
    assert (calm.damage == options.lowest_damage).all()
    assert (calm.severe == options.lowest_severe).all()
    assert (prior_of(1000).damage == options.highest).all()


@pytest.mark.parametrize("peril", list(Peril))
def test_flat_priors_are_chances_for_every_peril(peril):
    prior = compute_flat_prior(peril, 3)
    assert prior.damage.shape == prior.severe.shape == (3,)
    assert ((prior.severe > 0) & (prior.severe <= prior.damage) & (prior.damage < 1)).all()


def test_fire_is_all_or_nothing_and_wind_is_not():
    fire, wind = FLAT_PRIORS[Peril.WILDFIRE], FLAT_PRIORS[Peril.TROPICAL_CYCLONE_WIND]
    assert fire.severe / fire.damage > 0.8
    assert wind.severe / wind.damage < 0.5


def test_no_homes():
    assert len(prior_of(np.array([])).damage) == 0
    assert len(compute_flat_prior(Peril.WILDFIRE, 0).damage) == 0


def test_options_are_checked():
    with pytest.raises(ValueError, match="era_shares must sum to 1"):
        WindPriorOptions(era_shares=(0.5, 0.2, 0.2))
    with pytest.raises(ValueError, match="floors and ceiling must keep their order"):
        WindPriorOptions(lowest_severe=0.5)
    with pytest.raises(ValueError, match="positive parameters"):
        Fragility(0.0, 0.1)


def test_heavy_rain_has_a_weak_prior_and_other_places_none():
    prior = compute_rain_prior(np.array([True, False]))
    assert prior.damage.tolist() == [HEAVY_RAIN_PRIOR.damage, 0.0]
    assert prior.severe.tolist() == [HEAVY_RAIN_PRIOR.severe, 0.0]
    assert HEAVY_RAIN_PRIOR.severe < HEAVY_RAIN_PRIOR.damage < 0.2


def test_priors_are_averaged_and_the_worse_of_two_taken():
    first = Prior(np.array([0.2, 0.8]), np.array([0.1, 0.4]))
    second = Prior(np.array([0.4, 0.6]), np.array([0.1, 0.6]))
    averaged, worse = average_priors([first, second]), take_worse(first, second)
    np.testing.assert_allclose(averaged.damage, [0.3, 0.7])
    np.testing.assert_allclose(averaged.severe, [0.1, 0.5])
    assert worse.damage.tolist() == [0.4, 0.8]
    assert worse.severe.tolist() == [0.1, 0.6]
