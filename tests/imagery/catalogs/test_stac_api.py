"""A STAC API, real (pgstac on PostgreSQL, in an environment of its own) and faulty (ours)."""

import contextlib
import json
import math
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import shapely

from core.errors import SceneError, TransientError
from imagery.catalogs.stac_api import StacApiCatalog
from imagery.catalogs.web.http import HttpOptions
from imagery.catalogs.web.links import LinkRule, RefusedLinkError

LOOPBACK = LinkRule(frozenset({"127.0.0.1"}), lambda *_: ("93.184.215.14",))
QUICK = HttpOptions(silence_s=20, tries=2, first_pause_s=0.0)
FIRST = datetime(2016, 9, 28, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
AREA = shapely.box(-98, 30, -97, 31)
ITEMS = 23

_SERVER_ENVIRONMENT = Path(__file__).resolve().parents[3] / ".venv-stac" / "bin"
_POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_START_S = 60


def collection(name: str, **said: object) -> dict:
    return {
        "type": "Collection", "stac_version": "1.1.0", "id": name, "description": "d", "links": [],
        "license": "other",
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]},
        },
        **said,
    }  # fmt: skip


def item(name: str, of: str = "naip", day: int = 0, west: float = -97.75, **said: object) -> dict:
    extent = shapely.box(west, 30.25, west + 0.05, 30.3)
    return {
        "type": "Feature", "stac_version": "1.1.0", "stac_extensions": [], "id": name,
        "collection": of, "bbox": list(extent.bounds), "links": [],
        "geometry": json.loads(shapely.to_geojson(extent)),
        "properties": {
            "datetime": (FIRST + timedelta(days=day)).isoformat(), "gsd": 0.6, "view:off_nadir": 3,
            "view:sun_elevation": 40, "eo:cloud_cover": 10, **said,
        },
        "assets": {
            "thumbnail": {
                "href": "https://p.example/t.jpg", "type": "image/jpeg", "roles": ["thumbnail"],
            },
            "image": {
                "href": f"https://p.example/naip/{name}.tif", "roles": ["data"],
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            },
        },
    }  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(command: list, **options: object) -> Iterator[subprocess.Popen]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, **quiet, **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(is_ready, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + _START_S
    while not is_ready():
        assert process.poll() is None, f"{process.args[0]} ended"
        assert time.monotonic() < deadline, f"{process.args[0]} does not start"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def database() -> Iterator[dict[str, str]]:
    """Environment that leads to an empty PostgreSQL with PostGIS on loopback."""
    if not (_SERVER_ENVIRONMENT / "pypgstac").exists():
        pytest.skip("no STAC API server here; `make test` installs it in .venv-stac")
    if not _POSTGRES or not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        pytest.skip("no PostGIS here; install it with: apt-get install postgresql-15-postgis-3")
    user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="firstnotice-stac-"))
    folder.chmod(0o755)
    if user:
        shutil.chown(folder, **user)
    binaries, data, port = _POSTGRES[-1].parent, folder / "data", str(free_port())
    try:
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "t", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True, capture_output=True, cwd=folder, **user,
        )  # fmt: skip
        settings = [part for setting in _FAST for part in ("-c", setting)]
        command = [binaries / "postgres", "-D", data, "-h", "127.0.0.1", "-p", port, "-k", folder]
        reach = {
            "PGHOST": "127.0.0.1", "PGPORT": port, "PGUSER": "t", "PGPASSWORD": "t",
            "PGDATABASE": "postgres",
        }  # fmt: skip
        with running([*command, *settings], cwd=folder, **user) as process:
            ask = [binaries / "pg_isready", "-h", "127.0.0.1", "-p", port, "-q"]
            wait_until(lambda: subprocess.run(ask, check=False).returncode == 0, process)
            yield os.environ | reach
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def server(database, tmp_path_factory) -> Iterator[str]:
    """Landing page of a real STAC API with two collections."""
    folder = tmp_path_factory.mktemp("stac")
    producer = [{"name": "USDA Farm Service Agency", "roles": ["producer", "licensor"]}]
    tables = {
        "collections": [collection("naip", license="CC0-1.0", providers=producer),
                        collection("other")],
        "items": [
            *(item(f"naip-{n:02}", day=n) for n in range(ITEMS)),
            item("naip-far", west=10.0), item("other-1", "other", license="CC-BY-4.0"),
            item("naip-next-year", day=400),
        ],
    }  # fmt: skip

    def pypgstac(*arguments: object) -> None:
        command = [_SERVER_ENVIRONMENT / "pypgstac", *arguments]
        subprocess.run(command, check=True, capture_output=True, env=database, cwd=folder)

    pypgstac("migrate")
    for name, rows in tables.items():
        path = folder / f"{name}.ndjson"
        path.write_text("\n".join(map(json.dumps, rows)))
        pypgstac("load", name, path, "--method", "insert")
    port = free_port()
    command = [
        _SERVER_ENVIRONMENT / "uvicorn", "--factory", "stac_fastapi.pgstac.app:create_app",
        "--host", "127.0.0.1", "--port", str(port), "--log-level", "error",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}"

    def is_ready() -> bool:
        try:
            with urllib.request.urlopen(f"{url}/_mgmt/ping", timeout=5):  # noqa: S310  loopback
                return True
        except OSError:
            return False

    with running(command, env=database, cwd=folder) as process:
        wait_until(is_ready, process)
        yield url


def api(url, *collections, **options):
    given = {"rule": LOOPBACK, "http": QUICK} | options
    return StacApiCatalog(url, tuple(collections), **given)


@pytest.mark.server
def test_all_pages_of_a_real_server_are_read(server):
    found = api(server, "naip", page_items=5).search(AREA, FIRST + timedelta(days=300))
    assert [scene.scene_id for scene in found.scenes] == [f"naip-{n:02}" for n in range(ITEMS)]
    assert found.rejected == ()
    scene = found.scenes[7]
    assert scene.href == "https://p.example/naip/naip-07.tif"
    assert scene.captured_at_utc == FIRST + timedelta(days=7)
    assert (scene.provider, scene.licence) == ("USDA Farm Service Agency", "CC0-1.0")
    assert (scene.gsd_m, scene.off_nadir_deg, scene.sun_elevation_deg) == (0.6, 3, 40)
    assert scene.cloud_frac == pytest.approx(0.1)
    assert scene.extent.normalize().equals_exact(
        shapely.box(-97.75, 30.25, -97.7, 30.3).normalize(), 1e-9
    )


@pytest.mark.server
def test_a_real_server_chooses_by_place_instant_and_collection(server):
    def ids(catalog, area=AREA, until=LATER):
        return {scene.scene_id for scene in catalog.search(area, until).scenes}

    assert ids(api(server, "naip"), until=FIRST + timedelta(days=3, seconds=-1)) == {
        "naip-00", "naip-01", "naip-02",
    }  # fmt: skip
    assert ids(api(server, "naip"), shapely.box(9, 29, 11, 31)) == {"naip-far"}
    assert ids(api(server, "other")) == {"other-1"}
    assert len(ids(api(server))) == ITEMS + 2
    assert ids(api(server, "naip"), shapely.box(0, 0, 1, 1)) == set()
    assert ids(api(server, "naip"), shapely.Polygon()) == set()


@pytest.mark.server
def test_an_area_that_is_no_box_is_held_against_each_scene(server):
    corner = shapely.Polygon([(-98, 30.1), (-97.1, 31), (-98, 31)])
    found = api(server, "naip").search(corner, FIRST)
    assert found.scenes == ()
    assert [each.reason for each in found.rejected] == ["outside_event"]


@pytest.mark.server
def test_what_a_real_server_does_not_have_is_told(server):
    with pytest.raises(SceneError, match="collection 'naip-2'"):
        api(server, "naip-2").search(AREA, LATER)
    with pytest.raises(SceneError, match="more than 10 items") as caught:
        api(server, "naip", max_items=10, page_items=4).search(AREA, LATER)
    assert "fewer collections" in caught.value.remedy


@pytest.fixture
def fake(web):
    """A small server of one page, to be spoilt."""
    conforms = [
        "https://api.stacspec.org/v1.0.0/core", "https://api.stacspec.org/v1.0.0/item-search",
        "https://api.stacspec.org/v1.0.0/collections",
    ]  # fmt: skip
    web.pages |= {
        "/": {
            "type": "Catalog", "stac_version": "1.1.0", "id": "api", "description": "d",
            "conformsTo": conforms, "links": [
                {
                    "rel": "search", "href": f"{web.url}/search", "method": "POST",
                    "type": "application/geo+json",
                },
                {"rel": "root", "href": f"{web.url}/"},
            ],
        },
        "/collections/naip": collection("naip", license="CC0-1.0"),
        "/search": answer(items("a", "b", "c")),
    }  # fmt: skip
    return web


def items(*names, **links):
    return {
        "type": "FeatureCollection", "features": [item(name) for name in names],
        "links": list(links.values()),
    }  # fmt: skip


def answer(*pages):
    """A page that reads what it is sent, and answers differently each time, the last for good."""
    left = list(pages)

    def page(handler):
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        said = left.pop(0) if len(left) > 1 else left[0]
        return said if isinstance(said, tuple) else (200, {}, said)

    return page


def search(fake, **options):
    return api(f"{fake.url}/", "naip", **options).search(AREA, LATER)


def ids(found):
    return [scene.scene_id for scene in found.scenes]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_stumbles_is_asked_again(fake, status):
    fake.pages["/search"] = answer((status, {"Retry-After": "0"}, b""), items("a"))
    assert ids(search(fake)) == ["a"]


@pytest.mark.parametrize("path", ["/", "/collections/naip", "/search"])
def test_a_server_that_fails_is_a_transient_error(fake, path):
    fake.pages[path] = answer((500, {}, b""))
    with pytest.raises(TransientError, match="answers 500"):
        search(fake)


def test_a_page_that_fails_is_no_end_of_the_search(fake):
    onward = {"rel": "next", "href": f"{fake.url}/more", "method": "GET"}
    fake.pages |= {"/search": answer(items("a", next=onward)), "/more": answer((502, {}, b""))}
    with pytest.raises(TransientError):
        search(fake)
    fake.pages["/more"] = answer((502, {}, b""), items("b"))
    assert ids(search(fake)) == ["a", "b"]


@pytest.mark.parametrize(
    "body",
    ['{"features": [', "[]", '"x"', "null", '{"features": 3}', '{"features": [{}], "links": 3}',
     '{"features": [{}], "links": [{"rel": "next"}]}', '{"features": [{}], "links": [{}]}'],
)  # fmt: skip
def test_a_page_of_another_shape_is_told(fake, body):
    fake.pages["/search"] = answer(body)
    with pytest.raises(SceneError, match="cannot be read") as caught:
        search(fake)
    assert "imagery.stac_api" in caught.value.remedy


@pytest.mark.parametrize(
    "page",
    ["<html>", {}, [], {"type": "Catalog", "id": "x", "stac_version": "1.0.0", "links": []}],
)
def test_what_is_no_stac_api_is_told(fake, page, recwarn):
    fake.pages["/"] = page
    with pytest.raises(SceneError, match="searching the STAC API"):
        search(fake)


ODD_ITEMS = [
    3, None, "x", [], {}, {"id": "b"}, item("b") | {"type": "Collection"},
    item("b") | {"geometry": None}, item("b") | {"assets": {}}, item("b") | {"properties": None},
    item("b") | {"assets": {"image": {"href": "/etc/passwd", "roles": ["data"]}}},
    item("b") | {"assets": {"image": {"href": "https://10.0.0.1/x.tif", "roles": ["data"]}}},
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD_ITEMS, ids=range(len(ODD_ITEMS)))
def test_an_item_of_another_shape_is_rejected_alone(fake, odd):
    page = items("a", "c")
    page["features"].insert(1, odd)
    fake.pages["/search"] = answer(page)
    found = search(fake)
    assert ids(found) == ["a", "c"]
    assert len(found.rejected) == 1
    assert found.rejected[0].reason.startswith(("unreadable_item: ", "refused_link: "))


@pytest.mark.parametrize(
    "href", ["/etc/passwd", "file:///etc/passwd", "http://169.254.169.254/", "http://10.0.0.1/"]
)
def test_pages_lead_nowhere_else(fake, href):
    onward = {"rel": "next", "href": href, "method": "GET"}
    fake.pages["/search"] = answer(items("a", next=onward))
    with pytest.raises(RefusedLinkError):
        search(fake)
    fake.pages["/"]["links"][0]["href"] = href
    with pytest.raises(SceneError):
        search(fake)


def test_pages_without_end_are_refused(fake):
    onward = {"rel": "next", "href": f"{fake.url}/search", "method": "GET"}
    fake.pages["/search"] = answer(items("a", "b", "c", next=onward))
    with pytest.raises(SceneError, match="more than 20 items"):
        search(fake, max_items=20)


def test_what_collections_say_holds_for_items_that_do_not(fake):
    fake.pages["/collections/x y"] = collection("x y")
    fake.pages["/collections/x%20y"] = collection("x y", license="MIT")
    fake.pages["/search"] = answer(items("a") | {"features": [item("a", "x y"), item("b")]})
    found = api(f"{fake.url}/").search(AREA, LATER)
    assert [scene.licence for scene in found.scenes] == ["MIT", "CC0-1.0"]
    assert [scene.provider for scene in found.scenes] == ["unknown", "unknown"]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "href"),
    [
        ("naip_item.json", "https://naipeuwest.blob.core.windows.net/naip/v002/tx/"),
        ("46_033111301201_1040010082988200.json", "https://maxar-opendata.s3.amazonaws.com/events"),
        ("20200307aC0853900w361030.json", "https://noaa-eri-pds.s3.us-east-1.amazonaws.com/2020"),
    ],
)
def test_real_items_lead_to_what_anybody_can_read(fake, public_data, name, href):
    content = json.loads((public_data / "catalogs" / name).read_text())
    fake.pages[f"/collections/{content['collection']}"] = collection("c", license="CC0-1.0")
    fake.pages["/search"] = answer({"features": [content], "links": []})
    area = shapely.box(*content["bbox"])
    found = api(f"{fake.url}/").search(area, LATER)
    assert found.rejected == ()
    scene = found.scenes[0]
    assert scene.href.startswith(href)
    assert scene.licence == "CC0-1.0"
    assert scene.extent.intersects(area)
    assert not math.isnan(scene.captured_at_utc.timestamp())
