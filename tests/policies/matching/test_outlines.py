import numpy as np
import pytest
import shapely

from policies.matching.outlines import (
    has_metric_crs,
    project,
    repair_outlines,
    unproject,
)


def test_outlines_are_repaired_or_told(footprints_of, plot, caplog):
    x, y = plot.point(0, 0)
    bow_tie = shapely.Polygon([(x, y), (x + 1e-4, y + 1e-4), (x + 1e-4, y), (x, y + 1e-4)])
    spike = shapely.Polygon([(x, y), (x + 1e-4, y), (x, y)])
    footprints = footprints_of(
        {
            "c-good": plot.box(0, 0, 9, 9), "b-bow": bow_tie, "a-spike": spike,
            "d": shapely.Polygon(), "e": shapely.Polygon(),
        }
    )  # fmt: skip
    footprints.loc[4, "geometry"] = None
    outlines = repair_outlines(footprints)
    assert outlines.building_id.tolist() == ["b-bow", "c-good"]
    assert outlines.unusable == ("a-spike", "d", "e")
    assert shapely.is_valid(outlines.geometry).all()
    assert outlines.geometry[0].area == pytest.approx(0.5e-8)
    assert "3 footprints hold no area and are left out, as a-spike, d, e" in caplog.text


def test_coordinates_that_are_no_numbers_are_left_out(footprints_of, plot):
    with np.errstate(invalid="ignore"):
        broken = shapely.polygons(np.array([[0, 0], [1, np.nan], [1, 1], [0, 0]]))
    footprints = footprints_of({"a": plot.box(0, 0, 9, 9), "b": plot.box(0, 0, 9, 9)})
    footprints.geometry.to_numpy()[1] = broken
    footprints.loc[1, "geometry"] = broken
    assert repair_outlines(footprints).unusable == ("b",)


def test_points_without_a_metric_grid_are_told():
    points = shapely.points([[-85.6, 30.1], [-83.6, 30.0], [-85.6, -30.1], [np.nan, 0], [0, 89]])
    assert has_metric_crs(points).tolist() == [True, True, True, False, False]


def test_projection_keeps_metres_and_comes_back(plot):
    house = np.array([plot.box(0, 0, 20, 10)], dtype=object)
    metric = project(house, "EPSG:32616")
    assert shapely.area(metric)[0] == pytest.approx(200, rel=0.01)
    assert shapely.equals_exact(unproject(metric, "EPSG:32616"), house, tolerance=1e-9).all()
