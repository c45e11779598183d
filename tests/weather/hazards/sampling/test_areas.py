"""Areas at places: the strongest holds, as a plain spatial join has it."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from weather.hazards.sampling.areas import sample_areas

BOXES = [shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3), shapely.box(1, 0, 2, 1)]


def sample(values, longitude, latitude, areas=None):
    return sample_areas(
        areas or BOXES, np.array(values, float), "m/s", np.array(longitude, float),
        np.array(latitude, float),
    )  # fmt: skip


def test_the_strongest_of_the_areas_holds():
    found = sample([30, 20, 40], [0.5, 1.5, 2.5, 1.5, 9], [0.5, 1.5, 2.5, 0.5, 9])
    np.testing.assert_array_equal(found.value, [30, 30, 20, 40, np.nan])
    np.testing.assert_array_equal(found.distance_m, [0, 0, 0, 0, np.nan])
    assert found.is_covered.tolist() == [True, True, True, True, False]


def test_an_area_of_unknown_strength_covers_and_any_known_is_stronger():
    found = sample([np.nan, 5, np.nan], [0.5, 1.5], [0.5, 1.5])
    np.testing.assert_array_equal(found.value, [np.nan, 5])
    assert found.is_covered.all()


def test_edges_belong_and_areas_without_a_place_hold_none():
    found = sample([7, 1], [2, 2.1], [2, 2.1], [BOXES[0], shapely.Polygon()])
    np.testing.assert_array_equal(found.value, [7, np.nan])


def test_as_a_spatial_join_has_it():
    random = np.random.default_rng(6)
    x, y = random.uniform(30, 40, (2, 4000))
    at = random.uniform(30, 40, (60, 2))
    areas = [shapely.Point(*each).buffer(size) for each, size in zip(
        at, random.uniform(0.1, 1.5, 60), strict=True)]  # fmt: skip
    values = random.integers(1, 9, 60).astype(float)
    points = gpd.GeoDataFrame(geometry=shapely.points(x, y))
    joined = points.sjoin(gpd.GeoDataFrame({"value": values}, geometry=areas))
    truth = joined.groupby(level=0)["value"].max().reindex(points.index)
    found = sample(values, x, y, areas)
    pd.testing.assert_series_equal(pd.Series(found.value), truth, check_names=False)


def test_values_that_are_not_as_many_are_refused():
    with pytest.raises(ValueError, match="3 areas have 2 values"):
        sample([1, 2], [0], [0])
