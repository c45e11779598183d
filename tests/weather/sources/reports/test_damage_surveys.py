"""Damage surveys: statements in words, tracks as GeoJSON, feet and miles to metres."""

import json

import pytest

from core.errors import WeatherError
from weather.sources.reports.damage_surveys import read_damage_surveys

STATEMENT = """\
NOUS44 KFWD 180002
PNSFWD

702 PM CDT Fri Mar 17 2023

.First Tornado...

Rating:                 EF1
Estimated Peak Wind:    105 mph
Path Length /statute/:  2.0 miles
Path Width /maximum/:   100.0 yards
Fatalities:             0
Injuries:               2

Start Date:             03/16/2023
Start Time:             11:47 PM CDT
Start Lat/Lon:          32.8066 / -97.0338

End Date:               03/17/2023
End Time:               12:05 AM CDT
End Lat/Lon:            32.8095 / -96.9329

Survey Summary:
A shed was lost.
"""


@pytest.fixture
def survey(tmp_path):
    def read(content):
        path = tmp_path / "survey"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return read_damage_surveys(path)

    return read


def feature(geometry=None, **properties):
    geometry = geometry or {"type": "Point", "coordinates": [-97.1, 33.9]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features):
    return {"type": "FeatureCollection", "features": list(features)}


@pytest.mark.real_data
def test_fort_worth_as_sent(weather_data):
    found = read_damage_surveys(weather_data / "nws_damage_surveys" / "PNS_damage_multi.txt")
    assert (len(found.table), found.rejects) == (3, ())
    tracks = found.table.set_index("name")
    # from the bytes: 105 mph, 6.3654 miles, 100.0 yards, 04:47 PM CDT, 32.8066 / -97.0338
    first = tracks.loc["Dallas County Tornado # 1"]
    assert first["wind_mps"] == pytest.approx(105 * 0.44704)
    assert first["length_m"] == pytest.approx(6.3654 * 1609.344)
    assert first["width_m"] == pytest.approx(91.44)
    assert first["started_at_utc"].isoformat() == "2023-03-16T21:47:00+00:00"
    assert first.geometry.coords[:] == [(-97.0338, 32.8066), (-96.9329, 32.8095)]
    assert (tracks["ef_scale"] == 1).all()
    # 07:58 PM CDT is the next day in UTC, and two were hurt
    last = tracks.loc["Navarro County Tornado"]
    assert (last["started_at_utc"].day, last["injuries"]) == (17, 2)
    assert last["narrative"].endswith("shortly before reaching Interstate 45.")


@pytest.mark.real_data
def test_drawn_tracks_as_published(weather_data):
    found = read_damage_surveys(weather_data / "nws_damage_surveys" / "RavenV_EF4_2024.geojson")
    assert (len(found.table), found.rejects) == (4, ())
    # from the bytes: f_scale 4, wind 170, width 1900, length 32.49, 2024-04-26T20:30:00
    first = found.table.iloc[0]
    assert (first["rating"], first["ef_scale"]) == ("EF4", 4)
    assert first["wind_mps"] == pytest.approx(170 * 0.44704)
    assert first["width_m"] == pytest.approx(1900 * 0.9144)
    assert first["length_m"] == pytest.approx(32.49 * 1609.344)
    assert first["started_at_utc"].isoformat() == "2024-04-26T20:30:00+00:00"
    assert first.geometry.geom_type == "LineString"


def test_a_statement_in_capitals(survey):
    found = survey(
        STATEMENT.upper().replace("11:47 PM", "1147 PM").replace("03/16/2023", "MAR 16 2023")
    )
    plain = survey(STATEMENT).table.iloc[0]
    row = found.table.iloc[0]
    for column in ("ef_scale", "wind_mps", "length_m", "width_m", "started_at_utc", "geometry"):
        assert row[column] == plain[column]


def test_a_statement_across_midnight_and_its_segments(survey):
    second = STATEMENT.split("702 PM")[1].partition("\n")[2]
    found = survey(STATEMENT + second.replace(".First Tornado...\n", "\n") + "$$\n")
    assert found.table["name"].tolist() == ["First Tornado", "First Tornado"]
    assert found.table["ended_at_utc"].iloc[0].isoformat() == "2023-03-17T05:05:00+00:00"
    assert found.table["narrative"].tolist() == ["A shed was lost."] * 2


@pytest.mark.parametrize(
    ("old", "new", "column", "value"),
    [
        ("EF1", "EF-3", "ef_scale", 3),
        ("105 mph", "90 kts", "wind_mps", 90 * 1852 / 3600),
        ("105 mph", "105 MPH", "wind_mps", 105 * 0.44704),
        ("2.0 miles", "800 yards", "length_m", 731.52),
        ("/maximum/:   100.0", "/Maximum/: 1,200", "width_m", 1200 * 0.9144),
    ],
)
def test_words_of_offices(survey, old, new, column, value):
    assert survey(STATEMENT.replace(old, new)).table[column].iloc[0] == pytest.approx(value)


@pytest.mark.parametrize("rating", ["EFU", "TSTM/Wind", "Unknown"])
def test_a_rating_that_is_none_keeps_its_words(survey, rating):
    row = survey(STATEMENT.replace("EF1", rating)).table.iloc[0]
    assert row["rating"] == rating
    assert row["ef_scale"] != row["ef_scale"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("32.8066 / -97.0338", "", "states no place where it began"),
        ("32.8066 / -97.0338", "132.8 / -97.03", "is not on the Earth"),
        ("32.8066 / -97.0338", "32.8066 / 97.0338", "the longitude lost its sign"),
        ("105 mph", "1050 mph", "its wind_mps '1050 mph' is not to be believed"),
        ("11:47 PM CDT", "noon", "its start time 'noon' is no time of a day"),
        ("11:47 PM CDT", "11:47 PM QST", "time zone 'QST' is not known"),
        ("03/16/2023", "13/16/2023", "'13/16/2023' is no date"),
    ],
)
def test_an_odd_survey_is_rejected_alone(survey, old, new, reason):
    odd = STATEMENT.split("702 PM")[1].partition("\n")[2].replace(old, new)
    found = survey(STATEMENT + "\n" + odd.replace("First", "Second"))
    assert found.table["name"].tolist() == ["First Tornado"]
    assert reason in found.rejects[0].reason


def test_points_of_the_assessment_toolkit(survey):
    point = feature(
        stormdate=1714161600000, damage_txt="One or two family residences",
        dod_txt="Exterior walls collapsed", efscale="EF3", windspeed="140", deaths=None,
    )  # fmt: skip
    row = survey(collection(point)).table.iloc[0]
    assert row["started_at_utc"].isoformat() == "2024-04-26T20:00:00+00:00"
    assert row["wind_mps"] == pytest.approx(140 * 0.44704)
    assert (row["rating"], row["indicator"]) == ("EF3", "One or two family residences")


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"type": "Feature", "properties": {}, "geometry": None}, "it has no geometry"),
        (feature(f_scale=9), "its rating 9 is none of 0 to 5"),
        (feature(wind="strong"), "its wind_mps 'strong' is no number"),
        (feature(start_time="then"), "its time 'then' is no instant"),
        (feature(start_time=1e30), "is no instant"),
        (feature({"type": "Point", "coordinates": [500000, 4e6]}), "are no degrees"),
        (feature({"type": "Blob"}), "it is no feature"),
        ([], "it is no feature"),
        (feature(narrative="half \ud800"), "is no text that UTF-8 can hold"),
    ],
)
def test_an_odd_feature_is_rejected_alone(survey, odd, reason):
    found = survey(collection(odd, feature(f_scale=-9)))
    assert found.table["place_in_file"].tolist() == ["feature 2"]
    assert found.rejects[0].place == "feature 1"
    assert reason in found.rejects[0].reason


def test_another_drawing_is_no_survey(survey):
    with pytest.raises(WeatherError, match="no feature of it states a rating"):
        survey(collection(feature(FIRE_NAME="CAMP", Shape__Area=1)))


@pytest.mark.parametrize("text", ["", "\0", "{", "{}", '{"features": 1}', "a,b\n1,2", collection()])
def test_what_holds_no_survey_is_refused(survey, text):
    with pytest.raises(WeatherError, match="survey"):
        survey(text)
