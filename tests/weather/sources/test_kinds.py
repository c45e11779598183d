"""Every kind of product has a reader, a schema of its own name and a line of meaning."""

import pytest

from core.errors import WeatherError
from core.tables import EVIDENCE
from weather.sources.kinds import ALSO_CALLED, KINDS, find_kind


def test_every_kind_has_its_table_in_the_dictionary():
    assert {kind.schema.name for kind in KINDS.values()} == {schema.name for schema in EVIDENCE}


@pytest.mark.parametrize("name", ["high-water-marks", "High_Water_Marks", " high water marks"])
def test_a_name_is_found_however_it_is_written(name):
    assert find_kind(name).name == "high_water_marks"


@pytest.mark.parametrize(
    ("said", "kind"),
    [("raster", "rasters"), ("LSR", "local_storm_reports"), ("fire-perimeter", "fire_perimeters")],
)
def test_people_s_names_are_known_too(said, kind):
    assert find_kind(said).name == kind


def test_what_people_say_leads_to_a_kind_and_hides_none():
    assert set(ALSO_CALLED.values()) <= set(KINDS)
    assert not set(ALSO_CALLED) & set(KINDS)


def test_a_wrong_name_gets_a_suggestion():
    with pytest.raises(WeatherError, match="high_water_marks"):
        find_kind("high_watermark")


@pytest.mark.parametrize("name", KINDS)
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(WeatherError, match="absent"):
        KINDS[name].read(tmp_path / "absent")
