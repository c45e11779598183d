"""A plausible event for the reports: a coast, a storm from the south, streets of insured homes."""

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from shapely import box
from shapely.geometry import Point

from core.damage import Tier, choose_tier
from core.events import CatEvent, OccurrenceWindow, Peril
from core.grid import WGS84
from core.schemas.book import CONTACTS, LOCATION_KEY, LOCATIONS, REJECTS
from core.tables import FINDINGS, FOOTPRINTS, HAZARD_AREAS, PICTURES, SCENES, check_table
from reports.context import ReportContext

WEST, SOUTH = -85.43, 29.94
HOSTILE_POLICY = '<img src=x onerror="window.hacked=1">'
HOSTILE_EVIDENCE = "<b onclick=alert(1)>roof</b> outline hardly visible any more"
HOSTILE_NAME = '=HYPERLINK("http://evil.example/","Ann")'
ZERO_POLICY = "000123"
WEATHER = (
    "wind 112 mph sustained (50 m/s) by track:AL142018, strongest 2018-10-10 17:30Z; "
    "rain 4.1 in (104 mm) by track:AL142018, half fallen 2018-10-10 16:00Z, below its threshold"
)
NAMES = ("Zzquill Abernathy", "Zzorah Núñez", "Zzimmer & Sons", "Zzelda O'Brien")
EMAIL_HOST = "@zzmail.example"
PICTURE_PX = 128

CONTEXT = ReportContext(
    CatEvent(
        "michael-2018",
        "Hurricane Michael",
        (Peril.TROPICAL_CYCLONE_WIND, Peril.STORM_SURGE),
        OccurrenceWindow(
            datetime(2018, 10, 10, 12, tzinfo=UTC), datetime(2018, 10, 11, tzinfo=UTC)
        ),
        carrier_cat_code="CAT-77",
    ),
    datetime(2018, 10, 12, 11, tzinfo=UTC),
    "20181012T110000Z-3f9c",
)


@dataclass(frozen=True)
class World:
    """Every table that reports read, for one event."""

    findings: gpd.GeoDataFrame
    locations: gpd.GeoDataFrame
    contacts: pd.DataFrame
    rejects: pd.DataFrame
    footprints: gpd.GeoDataFrame
    hazard_areas: gpd.GeoDataFrame
    scenes: gpd.GeoDataFrame
    pictures: pd.DataFrame
    context: ReportContext = field(default=CONTEXT)
    notices: pd.DataFrame = field(default_factory=lambda: make_notices())  # noqa: PLW0108  below


def draw_home(rng: np.random.Generator, damage: float, px: int = PICTURE_PX) -> bytes:
    """A JPEG of a roof on grass; ``damage`` 0 to 1 is the part of it torn off."""
    image = np.empty((px, px, 3), dtype=np.float32)
    image[:] = (92, 112, 74)
    image += rng.normal(0, 9, (px, px, 1))
    image[:, int(px * 0.82) : int(px * 0.95)] = (128, 126, 122)
    lo, hi = int(px * 0.28), int(px * 0.72)
    roof = image[lo:hi, lo:hi]
    roof[:] = (156, 140, 128)
    roof[: len(roof) // 2] *= 0.82
    torn = rng.random((len(roof) // 4 + 1, len(roof) // 4 + 1)) < damage
    torn = torn.repeat(4, 0).repeat(4, 1)[: len(roof), : len(roof)]
    roof[torn] = (196, 160, 104)
    spots = rng.integers(0, px - 3, (int(damage * 260), 2))
    for y, x in spots:
        image[y : y + 3, x : x + 3] = rng.integers(120, 235)
    image[[lo, hi], lo:hi] = image[lo:hi, [lo, hi]] = (255, 220, 60)
    image += rng.normal(0, 5, image.shape)
    stream = io.BytesIO()
    Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(stream, "JPEG", quality=80)
    return stream.getvalue()


def build_world(count: int, seed: int = 7, distinct_pictures: int | None = None) -> World:
    """An event with ``count`` findings, about one in ten severe, one in six not assessed."""
    rng = np.random.default_rng(seed)
    keys = make_keys(count)
    side = max(1, int(np.ceil(count**0.5)))
    lon = WEST + 0.0007 * (np.arange(count) % side) + rng.normal(0, 4e-5, count)
    lat = SOUTH + 0.0006 * (np.arange(count) // side) + rng.normal(0, 4e-5, count)
    findings = make_findings(rng, keys, lon, lat)
    world = World(
        findings,
        make_locations(rng, findings),
        make_contacts(rng, keys),
        make_rejects(),
        make_footprints(findings),
        make_hazard_areas(side),
        make_scenes(side),
        make_pictures(rng, findings, distinct_pictures or count),
    )
    for table, schema in (
        (world.findings, FINDINGS),
        (world.locations, LOCATIONS),
        (world.contacts, CONTACTS),
        (world.rejects, REJECTS),
        (world.footprints, FOOTPRINTS),
        (world.hazard_areas, HAZARD_AREAS),
        (world.scenes, SCENES),
        (world.pictures, PICTURES),
    ):
        check_table(table, schema)
    return world


def make_keys(count: int) -> pd.DataFrame:
    policies = [f"HO-{100000 + 7 * i}" for i in range(count)]
    policies[: min(count, 2)] = [HOSTILE_POLICY, ZERO_POLICY][: min(count, 2)]
    return pd.DataFrame(
        {
            "portfolio_number": pd.Series(["P1"] * count, dtype="str"),
            "account_number": pd.Series(["A1"] * count, dtype="str"),
            "policy_number": pd.Series(policies, dtype="str"),
            "location_number": pd.Series(["1"] * count, dtype="str"),
        }
    )


def make_findings(rng, keys, lon, lat) -> gpd.GeoDataFrame:
    count = len(keys)
    severity = np.clip(rng.beta(0.35, 1.6, count) + 0.25 * (lat < lat.mean() if count else 0), 0, 1)
    severity[:1] = 0.97
    status = np.where(
        rng.random(count) < 0.16,
        rng.choice(
            [
                "obscured",
                "no_imagery",
                "no_building_match",
                "ambiguous_match",
                "geocode_too_coarse",
            ],
            count,
        ),
        "graded",
    ).astype(object)
    status[:2] = "graded"
    seen = status == "graded"
    p_damage = np.where(seen, severity, 0.3)
    p_severe = np.where(seen, severity**2, 0.11)
    p_destroyed = p_severe**1.7
    tier = [
        str(choose_tier(d, s, x)) if ok else str(Tier.U)
        for d, s, x, ok in zip(p_damage, p_severe, p_destroyed, seen, strict=True)
    ]
    decision = np.select(
        [~seen & (p_damage > 0.25), p_severe > 0.5, p_damage > 0.35, p_damage > 0.2],
        ["outreach", "open_draft", "review", "outreach"],
        "none",
    )
    matched = ~np.isin(status, ["no_building_match", "ambiguous_match", "geocode_too_coarse"])
    paired = np.isin(status, ["graded", "obscured"])

    def only(mask, values):
        return pd.Series(values).where(mask)

    pre = pd.Timestamp("2017-11-03T16:21:00Z").as_unit("us")
    post = pd.Timestamp("2018-10-11T19:42:00Z").as_unit("us")
    instants = {
        "pre_captured_at_utc": pd.Series([pre] * count, dtype="datetime64[us, UTC]").where(paired),
        "post_captured_at_utc": pd.Series([post] * count, dtype="datetime64[us, UTC]").where(
            paired
        ),
    }
    incident = [f"inc-{i:06d}" if d == "open_draft" else None for i, d in enumerate(decision)]
    frame = {
        "event_id": "michael-2018",
        **{name: keys[name] for name in LOCATION_KEY},
        "building_id": pd.Series([f"b{i:05d}" for i in range(count)], dtype="str").where(matched),
        "status": pd.Series(status, dtype="str"),
        "status_reason": pd.Series(np.where(seen, "clear_pair", "cloud_over_building:post-2")),
        "pre_scene_id": pd.Series(["pre-1"] * count, dtype="str").where(paired),
        "post_scene_id": pd.Series(["post-2"] * count, dtype="str").where(paired),
        **instants,
        "registration_shift_m": only(seen, rng.gamma(2, 0.4, count)),
        "usable_frac": only(paired, rng.uniform(0.7, 1, count)),
        "p_no_damage": only(seen, 1 - p_damage),
        "p_minor": only(seen, p_damage - p_severe),
        "p_major": only(seen, p_severe - p_destroyed),
        "p_destroyed": only(seen, p_destroyed),
        "novelty_frac": only(seen, rng.uniform(0, 1, count)),
        "evidence": pd.Series(
            np.where(p_severe > 0.5, HOSTILE_EVIDENCE, "no clear change seen"), dtype="str"
        ).where(seen),
        "prior_damage": np.full(count, 0.3),
        "p_damage": p_damage,
        "p_severe": p_severe,
        "tier": pd.Series(tier, dtype="str"),
        "coverage_result": pd.Series(
            rng.choice(["pass", "refer", "fail"], count, p=[0.8, 0.15, 0.05]), dtype="str"
        ),
        "coverage_reasons": pd.Series(["in_force;wind_covered"] * count, dtype="str"),
        "loss_date": pd.Series([pd.Timestamp("2018-10-10")] * count, dtype="datetime64[us]"),
        "decision": pd.Series(decision, dtype="str"),
        "decision_reasons": pd.Series(["severe_likely;water_possible"] * count, dtype="str"),
        "incident_id": pd.Series(incident, dtype="str"),
        "building_tiv": np.where(rng.random(count) < 0.04, 0, rng.lognormal(12.4, 0.5, count)),
        "deductible_amount": only(rng.random(count) < 0.8, np.full(count, 5000.0)),
        "currency": pd.Series(["USD"] * count, dtype="str"),
        "geocode_class": np.where(matched, 2, 7).astype("int64"),
        "match_reason": pd.Series(["inside"] * count, dtype="str").where(matched),
        "match_method": pd.Series(["inside"] * count, dtype="str").where(matched),
        "match_distance_m": only(matched, np.zeros(count)),
        "sustained_wind_mps": rng.uniform(40, 62, count),
        "gust_mps": rng.uniform(50, 75, count),
        "rain_mm": rng.uniform(40, 260, count),
        "hazard_reason": pd.Series(rng.choice(["wind", "rain", "wind;rain"], count), dtype="str"),
        "leading_hazard": pd.Series(["wind"] * count, dtype="str"),
        "wind_or_water": pd.Series(["wind"] * count, dtype="str"),
        "hazards_in_words": pd.Series([WEATHER] * count, dtype="str"),
        "hazard_basis": pd.Series(["track"] * count, dtype="str"),
        "model_sha256": pd.Series(["ab" * 32] * count, dtype="str").where(seen),
    }
    geometry = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=WGS84)
    return gpd.GeoDataFrame(pd.DataFrame(frame, index=range(count)), geometry=geometry, crs=WGS84)


def make_locations(rng, findings) -> gpd.GeoDataFrame:
    count = len(findings)
    text = pd.Series([""] * count, dtype="str")
    frame = {
        **{name: findings[name] for name in LOCATION_KEY},
        "geocode_class": findings["geocode_class"],
        "country_code": text + "US",
        "area_code": text + "FL",
        "postal_code": pd.Series(rng.choice(["32410", "32456", "01002"], count), dtype="str"),
        "occupancy_code": np.full(count, 1050, dtype="int64"),
        "construction_code": np.full(count, 5050, dtype="int64"),
        "year_built": pd.Series(rng.integers(1950, 2018, count).astype(float)).where(
            rng.random(count) < 0.9
        ),
        "number_of_storeys": np.ones(count),
        "currency": findings["currency"],
        "building_tiv": findings["building_tiv"],
        "contents_tiv": findings["building_tiv"] / 2,
        "location_perils": text + "WTC",
        "policy_perils": text + "WTC",
        "has_grouped_surge": np.zeros(count, dtype=bool),
        "inception_date": pd.Series([pd.Timestamp("2018-01-01")] * count, dtype="datetime64[us]"),
        "expiry_date": pd.Series([pd.Timestamp("2019-01-01")] * count, dtype="datetime64[us]"),
        "policy_status": text + "B",
        "deductible_amount": findings["deductible_amount"],
        "has_conflicting_rows": np.zeros(count, dtype=bool),
        "source_rows": pd.Series([str(i + 2) for i in range(count)], dtype="str"),
    }
    return gpd.GeoDataFrame(
        pd.DataFrame(frame, index=range(count)), geometry=findings.geometry, crs=WGS84
    )


def make_contacts(rng, keys) -> pd.DataFrame:
    count = len(keys)
    names = [HOSTILE_NAME, *NAMES * (count // len(NAMES) + 1)][:count]
    emails = [f"zz{i}{EMAIL_HOST}" for i in range(count)]
    return keys.assign(
        insured_name=pd.Series(names, dtype="str"),
        street_address=pd.Series([f"{10 + i} Zzpalm Street" for i in range(count)], dtype="str"),
        city=pd.Series(["Mexico Beach"] * count, dtype="str"),
        phone=pd.Series(["+1 850 555 0100"] * count, dtype="str"),
        email=pd.Series(emails, dtype="str"),
        preferred_channel=pd.Series(
            rng.choice(["email", "sms", "phone", "agent"], count), dtype="str"
        ),
        language=pd.Series(rng.choice(["en", "es"], count), dtype="str"),
        has_contact_consent=rng.random(count) < 0.7,
    )


def make_rejects() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "file": ["location.csv", "location.csv", "account.csv"],
            "row_number": [17, 40, 3],
            "field": ["Latitude", "Latitude", "PolExpiryDate"],
            "reason": ["latitude_missing", "latitude_missing", "expiry_not_a_date"],
            "value": [None, "", "=2+5"],
            "remedy": ["Geocode the address"] * 2 + ["Write it as YYYY-MM-DD"],
        }
    ).astype({"value": "str"})


def make_notices() -> pd.DataFrame:
    """A misspelt column and an odd value, in the order in which a book gives them."""
    return pd.DataFrame(
        {
            "file": ["location.csv", "account.csv"],
            "row_number": [17, 1],
            "field": ["YearBuilt", "PolExpiryDate"],
            "reason": ["not_a_number", "misspelt_column"],
            "value": ["=c.1920", "PolExpiryDte"],
            "remedy": [
                "The home stays and the value counts as missing. Write a plain number",
                "Column PolExpiryDte is not read; if it is meant for PolExpiryDate, rename it",
            ],
        }
    ).astype({"value": "str"})


def make_footprints(findings) -> gpd.GeoDataFrame:
    matched = findings[findings["building_id"].notna()]
    outlines = [box(p.x - 7e-5, p.y - 6e-5, p.x + 7e-5, p.y + 6e-5) for p in matched.geometry]
    return gpd.GeoDataFrame(
        {
            "building_id": matched["building_id"].reset_index(drop=True),
            "area_m2": np.full(len(matched), 180.0),
            "source": pd.Series(["test"] * len(matched), dtype="str"),
        },
        geometry=gpd.GeoSeries(outlines, crs=WGS84),
        crs=WGS84,
    )


def make_hazard_areas(side: int) -> gpd.GeoDataFrame:
    centre = Point(WEST + 0.00035 * side, SOUTH - 0.004)
    radii = [0.0009 * side + 0.02, 0.0006 * side + 0.008, 0.0004 * side + 0.004]
    return gpd.GeoDataFrame(
        {
            "hazard": ["sustained_wind"] * 3 + ["storm_rain", "tornado"],
            "value": [17.5, 25.7, 32.9, 100.0, 0.0],
            "unit": ["m/s"] * 3 + ["mm", ""],
        },
        geometry=[centre.buffer(radius) for radius in [*radii, radii[0], radii[2]]],
        crs=WGS84,
    )


def make_scenes(side: int) -> gpd.GeoDataFrame:
    east, north = WEST + 0.0007 * side, SOUTH + 0.0006 * side
    return gpd.GeoDataFrame(
        {
            "scene_id": ["pre-1", "post-2"],
            "role": ["pre", "post"],
            "captured_at_utc": pd.to_datetime(
                ["2017-11-03T16:21:00Z", "2018-10-11T19:42:00Z"]
            ).as_unit("us"),
            "gsd_m": [0.5, 0.5],
            "provider": ["Example Imaging", "Example Imaging"],
            "licence": ["CC-BY-NC-4.0", "CC-BY-NC-4.0"],
        },
        geometry=[
            box(WEST - 0.001, SOUTH - 0.001, east + 0.001, north + 0.001),
            box(WEST - 0.0005, SOUTH - 0.001, east + 0.002, north + 0.0005),
        ],
        crs=WGS84,
    )


def make_pictures(rng, findings, distinct: int) -> pd.DataFrame:
    seen = findings[(findings["status"] == "graded")]
    drawn: list[tuple[bytes, bytes]] = []
    for place, damage in enumerate(seen["p_severe"]):
        if place < distinct:
            drawn.append((draw_home(rng, 0), draw_home(rng, damage)))
        else:
            drawn.append(drawn[place % distinct])
    pre = pd.Series([pair[0] for pair in drawn], dtype=object)
    post = pd.Series([pair[1] for pair in drawn], dtype=object)
    building = seen["building_id"].reset_index(drop=True)
    looked = post.where((seen["p_damage"] >= 0.5).reset_index(drop=True), None)
    return pd.DataFrame(
        {"building_id": building, "pre_jpeg": pre, "post_jpeg": post, "saliency_jpeg": looked}
    )


@pytest.fixture(scope="session")
def make_world():
    """The builder itself, for tests that need another size."""
    return build_world


@pytest.fixture(scope="session")
def world() -> World:
    """300 findings with pictures."""
    return build_world(300, distinct_pictures=40)


@pytest.fixture(scope="session")
def empty_world(world) -> World:
    """The same event before anything is known: every table has its columns and no row."""
    return World(
        *(
            getattr(world, name).iloc[:0]
            for name in (
                "findings",
                "locations",
                "contacts",
                "rejects",
                "footprints",
                "hazard_areas",
                "scenes",
                "pictures",
            )
        )
    )
