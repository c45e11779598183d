"""Sources of an event: each asked once a run, described in its record, bounded in what is asked."""

import json
import shutil
from datetime import UTC, datetime

import geopandas as gpd
import pytest
import shapely
import yaml

from core.errors import EventError, SceneError
from core.scenes import Scene
from flows.wiring.adapters import open_catalog
from flows.wiring.event_file import EventFile, Signing, read_event_file, write_event_file
from flows.wiring.opening import open_run
from flows.wiring.scene_listing import (
    describe_listings,
    describe_sources,
    digest_imagery,
    digest_of_scenes,
    open_pixel_links,
    open_sources,
    read_ground,
)
from flows.wiring.settings import ImagerySettings, Settings
from imagery.catalogs.web.signing import NoSigner, TokenSigner

AS_OF = datetime(2018, 10, 14, 12, tzinfo=UTC)
WORLD = shapely.box(-180, -90, 180, 90)
PRIVATE = ImagerySettings(allowed_private_hosts=("127.0.0.1",))
CLOSED = ImagerySettings()


def change(event_file, **imagery):
    content = yaml.safe_load(event_file.read_text(encoding="utf-8"))
    content["imagery"] = imagery
    event_file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return read_event_file(event_file)


@pytest.fixture
def served(event_copy, web):
    """The town's event with its catalogue on a web server, and the settings that allow that."""
    for path in (event_copy.parent / "imagery").rglob("*.json"):
        place = path.relative_to(event_copy.parent).as_posix()
        web.pages[f"/{place}"] = path.read_bytes()
    change(event_copy, catalog=f"{web.url}/imagery/catalog.json")
    return event_copy


@pytest.fixture
def settings_file(tmp_path):
    path = tmp_path / "firstnotice.yaml"
    path.write_text("imagery: {allowed_private_hosts: [127.0.0.1]}\n", encoding="utf-8")
    return path


def test_a_catalogue_on_a_server_gives_what_the_folder_gives(event_copy, served, web):
    on_server = open_sources(read_event_file(served), PRIVATE, AS_OF).search(WORLD, AS_OF)
    on_disk = change(event_copy, catalog="imagery/catalog.json")
    in_folder = open_sources(on_disk, CLOSED, AS_OF).search(WORLD, AS_OF)
    assert [s.scene_id for s in on_server.scenes] == [s.scene_id for s in in_folder.scenes]
    assert len(on_server.scenes) == 8
    assert all(s.href.startswith(f"{web.url}/imagery/") for s in on_server.scenes)


def test_a_server_is_asked_once_a_run(served, web, settings_file, tmp_path):
    run = open_run(served, tmp_path / "out", AS_OF, settings_file)
    asked = len(web.asked)
    assert asked == len({path for _, path in web.asked}) == 9
    again = open_run(served, tmp_path / "out", AS_OF, settings_file)
    one = open_catalog(run).search(WORLD, AS_OF).scenes[0].extent.centroid
    assert len(open_catalog(run).search(one, AS_OF).scenes) == 2
    describe_sources(run.source, run.settings.imagery, run.as_of_utc)
    assert again.folder.run_id == run.folder.run_id
    assert len(web.asked) == asked


def test_another_listing_is_another_run_and_the_same_listing_the_same(
    served, web, settings_file, tmp_path
):
    def run_id(seconds):
        as_of = AS_OF.replace(second=seconds)
        run = open_run(served, tmp_path, as_of, settings_file)
        return run.folder.run_id.partition("-")[2]

    first = run_id(1)
    catalog = json.loads(web.pages["/imagery/catalog.json"])
    catalog["links"].reverse()
    web.pages["/imagery/catalog.json"] = catalog
    assert run_id(2) == first
    catalog["links"] = [link for link in catalog["links"] if link["rel"] == "item"][1:]
    assert run_id(3) != first


def test_a_private_server_is_refused_unless_settings_list_it(served, web, tmp_path):
    with pytest.raises(SceneError, match=r"127\.0\.0\.1 is a private address") as caught:
        open_run(served, tmp_path / "out", AS_OF, None)
    assert "imagery.allowed_private_hosts" in caught.value.remedy
    assert not (tmp_path / "out").exists()
    assert web.asked == []


def test_the_record_says_what_each_source_gave(served, web):
    web.pages["/noaa-eri-pds/"] = (
        "<ListBucketResult>"
        "<Contents><Key>2018_T/20181012a_RGB/20181012aC0853600w301500n.tif</Key></Contents>"
        "<Contents><Key>2018_T/20181010a_RGB/20181010aC0853600w301500n.tif</Key></Contents>"
        "<Contents><Key>2018_T/20181013a_RGB/mosaic.tif</Key></Contents></ListBucketResult>"
    )
    eri = {"event": "2018_T", "endpoint": web.url}
    source = change(served, catalog=f"{web.url}/imagery/catalog.json", noaa_eri=eri)
    told = describe_sources(source, PRIVATE, AS_OF)
    assert [entry["source"] for entry in told] == ["catalog", "noaa_eri"]
    assert told[0]["parameters"] == f"{web.url}/imagery/catalog.json"
    assert (told[0]["scenes"], told[0]["rejected"]) == (8, {})
    assert told[1]["parameters"]["bucket"] == "noaa-eri-pds"
    assert told[1]["scenes"] == 1
    assert told[1]["rejected"] == {"uncertain_day": 1, "unreadable_key": 1}
    ground = read_ground(source.footprints)
    for entry in told:
        assert datetime.fromisoformat(entry["listed_at_utc"]).tzinfo is not None
        assert entry["asked_for_box"] == list(ground.bounds)
    assert set(describe_listings(source, PRIVATE, AS_OF)) == {"catalog", "noaa_eri"}
    json.dumps(told)


def test_local_sources_need_no_server_and_are_digested_as_files(event_copy):
    source = read_event_file(event_copy)
    assert describe_listings(source, CLOSED, AS_OF) == {}
    (told,) = describe_sources(source, CLOSED, AS_OF)
    assert (told["source"], told["scenes"]) == ("catalog", 8)
    assert "listed_at_utc" not in told
    before = digest_imagery(source, CLOSED, AS_OF)
    with source.imagery.catalog.open("a") as stream:
        stream.write("\n")
    assert digest_imagery(source, CLOSED, AS_OF) != before


def test_a_folder_is_a_source(event_copy, tmp_path):
    folder = event_copy.parent / "vendor"
    folder.mkdir()
    tif = next((event_copy.parent / "imagery").glob("*.tif"))
    shutil.copy(tif, folder / "a.tif")
    (folder / "manifest.csv").write_text(
        "pattern,captured_at_utc,provider,licence\na.tif,2018-10-12T00:00:00Z,V,CC0-1.0\n",
        encoding="utf-8",
    )
    source = change(event_copy, catalog="imagery/catalog.json", folder="vendor")
    found = open_sources(source, CLOSED, AS_OF).search(WORLD, AS_OF)
    assert len(found.scenes) == 9
    assert set(describe_listings(source, CLOSED, AS_OF)) == {"folder"}
    assert open_run(event_copy, tmp_path / "out", AS_OF, None)
    (folder / "manifest.csv").unlink()
    with pytest.raises(EventError, match=r"folder: there is no file .*manifest\.csv"):
        open_run(event_copy, tmp_path / "out", AS_OF, None)


GOOD = [
    {"catalog": "imagery/catalog.json"},
    {"catalog": "https://maxar-opendata.s3.amazonaws.com/events/catalog.json"},
    {"stac_api": {"url": "https://stac.example.org/v1", "collections": ["naip"]}},
    {"noaa_eri": {"event": "2018_Michael"}},
    {"folder": "vendor"},
    {"folder": "vendor", "noaa_eri": {"event": "2018_Michael"}, "max_pre_age_days": 90},
]
BAD = [
    ({}, "give at least one of catalog, stac_api, noaa_eri, folder"),
    ({"max_pre_age_days": 90}, "give at least one"),
    ({"stac_api": {"url": "stac.example.org", "collections": ["naip"]}}, "imagery.stac_api.url"),
    ({"stac_api": {"url": "https://s.example", "collections": []}}, "stac_api.collections"),
    ({"stac_api": {"url": "https://s.example", "collections": ["a"], "sign": "aws"}}, "sign"),
    ({"noaa_eri": {"event": "../../other"}}, "noaa_eri.event"),
    ({"noaa_eri": {"event": "2018_Michael", "endpoint": "file:///x"}}, "noaa_eri.endpoint"),
    ({"noaa_eri": {"event": "2018_Michael", "region": "x.evil/"}}, "noaa_eri.region"),
    ({"catalog": 3}, "imagery.catalog"),
]


@pytest.mark.parametrize("imagery", GOOD)
def test_each_source_alone_and_together_is_read_and_written_back(event_copy, imagery):
    source = change(event_copy, **imagery)
    given = source.imagery.model_dump(exclude_none=True)
    assert set(given) == set(imagery)
    if isinstance(source.imagery.catalog, str):
        assert source.imagery.catalog == imagery["catalog"]
    if source.imagery.folder is not None:
        assert source.imagery.folder == event_copy.parent / "vendor"
    write_event_file(source, event_copy)
    assert isinstance(read_event_file(event_copy), EventFile)
    assert read_event_file(event_copy) == source


@pytest.mark.parametrize(("imagery", "problem"), BAD)
def test_a_wrong_source_is_told_by_its_field(event_copy, imagery, problem):
    with pytest.raises(EventError) as caught:
        change(event_copy, **imagery)
    assert problem in caught.value.problem


def test_the_ground_of_footprints_is_read_from_their_header(tmp_path):
    path = tmp_path / "f.parquet"
    homes = gpd.GeoDataFrame(
        {"building_id": ["a", "b"]},
        geometry=[shapely.box(-85.6, 30.1, -85.5, 30.2), shapely.box(-85.4, 30.3, -85.3, 30.4)],
        crs=4326,
    )
    homes.to_parquet(path)
    assert read_ground(path).bounds == pytest.approx((-85.6, 30.1, -85.3, 30.4))
    homes.to_crs(32616).to_parquet(path)
    assert read_ground(path).bounds == pytest.approx((-85.6, 30.1, -85.3, 30.4), abs=0.01)
    for broken in (homes.iloc[:0], None):
        if broken is None:
            path.write_bytes(b"PAR1")
        else:
            broken.to_parquet(path)
        with pytest.raises(EventError, match="the footprints"):
            read_ground(path)


def test_a_listings_digest_is_of_what_is_described_not_of_order():
    def scene(name, **other):
        told = {"gsd_m": float("nan"), "off_nadir_deg": 1.0, "sun_elevation_deg": 2.0,
                "cloud_frac": float("nan"), "provider": "p", "licence": "l"}  # fmt: skip
        return Scene(name, f"https://h/{name}", AS_OF, shapely.box(0, 0, 1, 1), **(told | other))

    pair = (scene("a"), scene("b"))
    assert digest_of_scenes(pair) == digest_of_scenes(pair[::-1])
    for other in (scene("b", licence="x"), scene("b", gsd_m=1.0), scene("c")):
        assert digest_of_scenes((pair[0], other)) != digest_of_scenes(pair)


def test_signing_is_chosen_by_the_event_and_kept_for_the_process(event_copy):
    def links(**api):
        given = {"url": "https://s.example", "collections": ["naip"]} | api
        return open_pixel_links(change(event_copy, stac_api=given), Settings.read(None).imagery)

    assert isinstance(links().signer, NoSigner)
    signed = links(sign=str(Signing.PLANETARY_COMPUTER))
    assert isinstance(signed.signer, TokenSigner)
    assert signed.signer.address == CLOSED.token_url
    assert links(sign="planetary_computer") is signed
