"""An event file becomes a run: its id, its inputs, its hazard, its adapters."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import shapely
import yaml
from shapely.geometry import mapping

from core.errors import EventError, InputError, SettingsError, WeightsError
from core.hazards.kinds import EventKind
from core.units import KNOT_MPS, NAUTICAL_MILE_M
from detectors.network.card import card_path, read_card, shipped_weights
from flows.wiring import adapters
from flows.wiring.adapters import (
    choose_fusion,
    choose_run_format,
    detector_key,
    ledger_url,
    open_ledger,
)
from flows.wiring.event_file import read_event_file
from flows.wiring.hazards import open_hazard
from flows.wiring.opening import open_run
from flows.wiring.settings import Settings

AS_OF = datetime(2018, 10, 14, 12, tzinfo=UTC)
SETTINGS = Settings.read(None)
AREA = shapely.box(-85.7, 30.1, -85.5, 30.4)
FEATURE = {"type": "Feature", "properties": None, "geometry": mapping(AREA)}
LEFT, RIGHT = shapely.box(-85.7, 30.1, -85.6, 30.4), shapely.box(-85.6, 30.1, -85.5, 30.4)
BOW_TIE = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])


def _change(event_file, **fields):
    content = yaml.safe_load(event_file.read_text(encoding="utf-8"))
    event_file.write_text(yaml.safe_dump(content | fields), encoding="utf-8")


@pytest.fixture
def area_of(event_copy):
    """Writes text as the event's area and gives the area that the run would use."""

    def opener(text):
        (event_copy.parent / "area.geojson").write_bytes(text)
        _change(event_copy, hazard={"area": "area.geojson"})
        return open_hazard(read_event_file(event_copy), AS_OF, SETTINGS).footprint().area

    return opener


@pytest.mark.parametrize(
    "content",
    [
        mapping(AREA),
        FEATURE,
        {"type": "FeatureCollection", "features": [FEATURE]},
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": {}, "geometry": mapping(part)}
                for part in (LEFT, RIGHT)
            ],
        },
        mapping(shapely.MultiPolygon([LEFT, RIGHT])),
    ],
)
def test_an_area_may_be_a_geometry_a_feature_or_a_collection(area_of, content):
    for head in (b"", b"\xef\xbb\xbf"):
        assert area_of(head + json.dumps(content).encode()).equals(AREA)


def test_a_crossing_outline_is_mended_not_dropped(area_of):
    assert area_of(json.dumps(mapping(BOW_TIE)).encode()).area == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "not GeoJSON"),
        (b"\x00\x01junk" * 2_000_000, "not GeoJSON"),
        (b"[" * 100_000, "not GeoJSON"),
        (b"[1, 2]", "not GeoJSON"),
        (b'{"type": "FeatureCollection", "features": null}', "not GeoJSON"),
        (b'{"type": "FeatureCollection", "features": []}', "holds no polygon"),
        (b'{"type": "Feature", "geometry": null}', "holds no polygon"),
        (b'{"type": "Blob", "coordinates": []}', "not GeoJSON"),
        (b'{"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}', "not GeoJSON"),
        (b'{"type": "Point", "coordinates": [-85.6, 30.2]}', "holds no polygon"),
        (json.dumps(mapping(shapely.box(5e5, 3e6, 6e5, 4e6))).encode(), "no degrees on"),
    ],
)
def test_what_is_no_area_is_told(area_of, text, problem):
    with pytest.raises(InputError, match=problem) as caught:
        area_of(text)
    assert "area" in caught.value.work


def test_a_box_and_the_scenes_extents_are_areas_too(event_copy):
    _change(event_copy, hazard={"box": list(AREA.bounds)})
    assert open_hazard(read_event_file(event_copy), AS_OF, SETTINGS).footprint().area.equals(AREA)
    _change(event_copy, hazard={"scene_extents": True})
    event = read_event_file(event_copy)
    seen = open_hazard(event, AS_OF, SETTINGS).footprint().area
    assert shapely.box(-85.605, 30.245, -85.595, 30.255).contains(seen)
    before_any_scene_after = datetime(2018, 10, 11, tzinfo=UTC)
    assert open_hazard(event, before_any_scene_after, SETTINGS).footprint().area.intersects(seen)


def test_a_runs_id_is_its_instant_and_the_same_for_the_same_inputs(event_copy, tmp_path):
    first = open_run(event_copy, tmp_path / "a", AS_OF, None)
    again = open_run(event_copy, tmp_path / "b", AS_OF, None)
    assert first.folder.run_id == again.folder.run_id
    assert first.folder.run_id.startswith("20181014T120000Z-")
    moved = tmp_path / "elsewhere"
    shutil.copytree(event_copy.parent, moved)
    assert open_run(moved / "event.yaml", tmp_path, AS_OF, None).folder.run_id == (
        first.folder.run_id
    )


INPUTS = (
    "event.yaml",
    "footprints.parquet",
    "imagery/catalog.json",
    "policies/location.csv",
    "policies/account.csv",
    "policies/contacts.csv",
    "weather/hurdat2.txt",
)


@pytest.mark.parametrize("name", INPUTS)
def test_a_runs_id_differs_when_an_input_does(event_copy, tmp_path, name):
    before = open_run(event_copy, tmp_path, AS_OF, None).folder.run_id
    with (event_copy.parent / name).open("ab") as stream:
        stream.write(b"\n")
    assert open_run(event_copy, tmp_path, AS_OF, None).folder.run_id != before


def test_a_runs_id_differs_with_instant_settings_and_model(event_copy, tmp_path):
    settings = tmp_path / "s.yaml"
    settings.write_text("fusion: {prior_weight: 0.1}\n", encoding="utf-8")
    weights = tmp_path / shipped_weights().name
    shutil.copy(shipped_weights(), weights)
    card = card_path(weights)
    card.write_text(
        card_path(shipped_weights()).read_text(encoding="utf-8").replace('": "', '":  "', 1),
        encoding="utf-8",
    )
    other_model = tmp_path / "m.yaml"
    other_model.write_text(f"detector: {{weights: {weights}}}\n", encoding="utf-8")
    ids = [
        open_run(event_copy, tmp_path, instant, file).folder.run_id
        for instant, file in (
            (AS_OF, None), (AS_OF + timedelta(seconds=1), None), (AS_OF, settings),
            (AS_OF, other_model),
        )
    ]  # fmt: skip
    assert len(set(ids)) == 4
    changed = Settings.read(other_model)
    assert detector_key(changed) != detector_key(Settings.read(None))


@pytest.mark.parametrize("name", INPUTS[1:])
def test_a_missing_input_is_named_before_anything_runs(event_copy, tmp_path, name):
    (event_copy.parent / name).unlink()
    with pytest.raises(EventError, match=f"there is no file .*{Path(name).name}"):
        open_run(event_copy, tmp_path / "out", AS_OF, None)
    assert not (tmp_path / "out").exists()


def test_missing_settings_and_weights_are_named_before_anything_runs(event_copy, tmp_path):
    with pytest.raises(SettingsError, match=r"none\.yaml"):
        open_run(event_copy, tmp_path, AS_OF, tmp_path / "none.yaml")
    settings = tmp_path / "s.yaml"
    settings.write_text("detector: {weights: /nowhere/w.npz}\n", encoding="utf-8")
    with pytest.raises(WeightsError, match="/nowhere"):
        open_run(event_copy, tmp_path, AS_OF, settings)


def test_an_event_file_that_changes_is_read_anew(event_copy, tmp_path):
    run = open_run(event_copy, tmp_path, AS_OF, None)
    assert run.source.name == "A storm over a small town"
    _change(event_copy, name="Renamed")
    assert run.source.name == "Renamed"


def test_the_ledger_lies_beside_the_runs_unless_settings_say_otherwise(tmp_path):
    default = Settings.read(None)
    assert str(ledger_url(default, tmp_path)) == f"sqlite:///{tmp_path}/ledger.sqlite"
    assert len(open_ledger(default, tmp_path / "new").heads()) == 0
    assert (tmp_path / "new" / "ledger.sqlite").is_file()
    other = Settings(ledger={"store": "sqlite:////elsewhere/l.sqlite"})
    assert ledger_url(other, tmp_path) == "sqlite:////elsewhere/l.sqlite"


def test_the_number_format_as_resolved_is_part_of_the_key():
    wished = {
        wish: Settings.model_validate({"detector": {"number_format": wish}})
        for wish in ("auto", "float32", "bfloat16")
    }
    keys = {wish: detector_key(settings) for wish, settings in wished.items()}
    assert keys["float32"] != keys["bfloat16"]
    assert keys["auto"] == keys[choose_run_format(wished["auto"]).number_format]


def test_a_library_held_to_old_instructions_computes_in_float32(monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert choose_run_format(SETTINGS).number_format == "float32"


def as_deck(track):
    """A track as a b-deck, a line a wind radius."""
    lines = []
    for point in track.points:
        for wind, extents in zip((34, 50, 64), point.radii_m.by_wind, strict=True):
            reach = ", ".join(f"{extent / NAUTICAL_MILE_M:4.0f}" for extent in extents)
            lines.append(
                f"AL, 99, {point.at_utc:%Y%m%d%H},   , BEST,   0, {point.latitude_deg * 10:.0f}N, "
                f"{-point.longitude_deg * 10:.0f}W, {point.max_wind_mps / KNOT_MPS:.0f}, "
                f"{point.min_pressure_hpa:.0f}, {point.status}, {wind}, NEQ, {reach}"
            )
    return "\n".join(lines)


def as_ibtracs(track):
    """A track as a CSV of IBTrACS with the columns of US agencies."""
    radii = [f"USA_R{wind}_{q}" for wind in (34, 50, 64) for q in ("NE", "SE", "SW", "NW")]
    head = "SID,ISO_TIME,LAT,LON,WMO_WIND,WMO_PRES,WMO_AGENCY,USA_ATCF_ID,USA_STATUS"
    rows = [",".join((head, *radii))]
    for point in track.points:
        reach = [f"{e / NAUTICAL_MILE_M:.0f}" for each in point.radii_m.by_wind for e in each]
        rows.append(
            f"2018280N18273,{point.at_utc:%Y-%m-%d %H:%M:%S},{point.latitude_deg},"
            f"{point.longitude_deg},{point.max_wind_mps / KNOT_MPS:.0f},"
            f"{point.min_pressure_hpa:.0f},hurdat_atl,AL992018,{point.status},{','.join(reach)}"
        )
    return "\n".join(rows)


@pytest.mark.parametrize("written", [as_deck, as_ibtracs])
def test_a_track_is_the_same_hazard_from_any_file(event_copy, written):
    given = read_event_file(event_copy)
    known = open_hazard(given, AS_OF, SETTINGS)
    path = event_copy.parent / "weather" / "track"
    path.write_text(written(known.track), encoding="utf-8")
    text = event_copy.read_text(encoding="utf-8")
    event_copy.write_text(
        text.replace("hurdat2: weather/hurdat2.txt", "file: weather/track"), encoding="utf-8"
    )
    again = open_hazard(read_event_file(event_copy), AS_OF, SETTINGS)
    assert [point.radii_m for point in again.track.points] == [
        point.radii_m for point in known.track.points
    ]
    assert again.footprint().area.equals_exact(known.footprint().area, 1e-9)


def test_the_base_rate_is_that_of_the_weights_unless_settings_say_another(monkeypatch):
    card = read_card(card_path(shipped_weights()))
    calibration = replace(card.calibration, base_rate=0.17)
    windy = {EventKind.WIND: replace(calibration, base_rate=0.38)}
    said = replace(card, calibration=calibration, by_kind=windy)
    monkeypatch.setattr(adapters, "read_card", lambda _: said)
    rates = {kind: choose_fusion(Settings.model_validate({}), kind).base_rate for kind in EventKind}
    assert rates == dict.fromkeys(EventKind, 0.17) | {EventKind.WIND: 0.38}
    given = Settings.model_validate({"fusion": {"base_rate": 0.4}})
    assert choose_fusion(given, EventKind.WIND).base_rate == 0.4


def test_the_weights_that_ship_are_calibrated_for_wind_and_for_fire():
    calibrations = read_card(card_path(shipped_weights())).calibrations
    assert [calibrations.name(kind) for kind in EventKind] == ["wind", "fire", "general", "general"]
    wind, fire = (calibrations.choose(kind) for kind in (EventKind.WIND, EventKind.FIRE))
    assert wind.base_rate > 2 * fire.base_rate
