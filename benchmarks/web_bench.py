"""The web app with 200,000 findings: 50 tiles asked for at once, and the map's first view.

The server is a process of its own, as people meet it, and so is the browser. Tiles are asked for
first on a server that has drawn none: what is measured is cutting and encoding, not its memory.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket

import geopandas as gpd
import httpx
import numpy as np
import pandas as pd
from measuring import Figure
from playwright.sync_api import sync_playwright

COMMAND = Path(sys.executable).parent / "firstnotice"
EVENT, RUN = "county", "20260901T120000Z-bench000"
NAME, PASSWORD = "bench-1", "a password for the bench"
LON, LAT, SPREAD_DEG = -85.6, 30.2, 0.15
"""A county of towns: homes lie densest in its middle, as real ones do."""
AT_ONCE = 50
CHROMIUM = "/usr/bin/chromium"
P95 = 95
_TIERS = ("T0", "T1", "T2", "T3", "T4", "U")
_COUNTED = ("tier", "decision")
_SHARES = (0.45, 0.08, 0.1, 0.05, 0.02, 0.3)


@dataclass(frozen=True, slots=True)
class WebSizes:
    """How much is measured."""

    homes: int
    rounds: int


FULL = WebSizes(200_000, 5)
QUICK = WebSizes(20_000, 2)


def measure_web(sizes: WebSizes) -> list[Figure]:
    """Milliseconds: the 95th percentile of a tile, and the first view until all is drawn."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        write_run(out, sizes.homes)
        add_user(out)
        with serving(out) as url:
            first_view_ms = open_map(url)
            client = log_in(url)
            taken = [ask_tiles(client, url, turn) for turn in range(sizes.rounds)]
    p95_ms = float(np.percentile(np.concatenate(taken), P95))
    label = f"{sizes.homes // 1000}k"
    return [
        Figure("web.tile_p95_ms", round(p95_ms, 1), "ms"),
        Figure(f"web.findings_{label}_first_view_ms", round(first_view_ms), "ms"),
    ]


def make_findings(count: int) -> gpd.GeoDataFrame:
    """What the app reads of FINDINGS, by a seed."""
    rng = np.random.default_rng(8)
    tier = rng.choice(_TIERS, count, p=_SHARES)
    severe = np.where(np.isin(tier, ["T3", "T4"]), 0.9, 0.05)
    table = pd.DataFrame({
        "event_id": EVENT, "portfolio_number": "1",
        "account_number": [f"A{k:07d}" for k in range(count)],
        "policy_number": [f"HO{k:07d}" for k in range(count)], "location_number": "1",
        "building_id": [f"b{k:07d}" for k in range(count)],
        "status": np.where(tier == "U", "no_imagery", "graded"), "status_reason": "seen",
        "decision": np.where(np.isin(tier, ["T3", "T4"]), "open_draft", "none"),
        "decision_reasons": "bench", "coverage_result": "pass", "coverage_reasons": "in_force",
        "tier": tier, "p_damage": severe, "p_severe": severe * rng.random(count),
        "building_tiv": rng.uniform(1e5, 9e5, count).round(), "deductible_amount": 2_500.0,
        "currency": "USD",
        "incident_id": None, "pre_scene_id": "before", "post_scene_id": "after",
    })  # fmt: skip
    lon, lat = rng.normal(LON, SPREAD_DEG, count), rng.normal(LAT, SPREAD_DEG, count)
    points = gpd.points_from_xy(lon, lat, crs="EPSG:4326")
    return gpd.GeoDataFrame(table.astype({"incident_id": "str"}), geometry=points)


def write_run(out: Path, count: int) -> None:
    """A finished run of so many homes, without pictures."""
    folder = out / EVENT / RUN
    (folder / "work").mkdir(parents=True)
    findings = make_findings(count)
    findings.to_parquet(folder / "findings.parquet")
    counts = {
        f"by_{name}": findings[name].value_counts().to_dict() for name in ("tier", "decision")
    }
    record = {"event": {"name": "A county"}, "as_of_utc": "2026-09-01T12:00:00+00:00",
              "state": "complete", "problem": None, "counts": counts, "notes": []}  # fmt: skip
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    (out / EVENT / "latest").symlink_to(RUN, target_is_directory=True)


def add_user(out: Path) -> None:
    subprocess.run(
        [COMMAND, "web", "user", "add", NAME, "--role", "viewer", "--out", str(out),
         "--password-stdin"],
        input=PASSWORD, text=True, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


@contextmanager
def serving(out: Path) -> Iterator[str]:
    """The server, as ``firstnotice web`` starts it; gives its address."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [COMMAND, "web", "--out", str(out), "--port", str(port)],
        stdout=subprocess.DEVNULL, env=dict(os.environ),
    ) as server:  # fmt: skip
        try:
            for _ in range(600):
                try:
                    httpx.get(f"{url}/login", timeout=5)
                    break
                except httpx.TransportError:
                    time.sleep(0.2)
            yield url
        finally:
            server.terminate()


def log_in(url: str) -> httpx.Client:
    client = httpx.Client(limits=httpx.Limits(max_connections=AT_ONCE), timeout=120)
    csrf = re.search(r'name="csrf" value="([^"]+)"', client.get(f"{url}/login").text)[1]
    client.post(f"{url}/login", data={"csrf": csrf, "name": NAME, "password": PASSWORD})
    return client


def ask_tiles(client: httpx.Client, url: str, turn: int) -> np.ndarray:
    """Milliseconds of each of the tiles asked for at once, none of them drawn before."""
    zoom = 9 + turn
    middle = tile_of(LON, LAT, zoom)
    side = range(-3, 5)
    near = [(middle[0] + x, middle[1] + y) for y in side for x in side][:AT_ONCE]
    addresses = [
        f"{url}/api/events/{EVENT}/{RUN}/tiles/{zoom}/{x}/{y}.mvt?tier=T{turn % 5}&tier=U&tier=T4"
        for x, y in near
    ]

    def ask(address: str) -> float:
        begin = time.perf_counter()
        client.get(address).raise_for_status()
        return (time.perf_counter() - begin) * 1000

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return np.array(list(pool.map(ask, addresses)))


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    n = 2**zoom
    y = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2
    return int((lon + 180) / 360 * n), int(y * n)


def open_map(url: str) -> float:
    """Milliseconds from asking for the page to a map with nothing left to draw, in Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{url}/login")
        page.fill("[name=name]", NAME)
        page.fill("[name=password]", PASSWORD)
        page.click("button.main")
        page.wait_for_selector(".event")
        begin = time.perf_counter()
        page.goto(f"{url}/events/{EVENT}")
        page.wait_for_selector("body[data-ready]", timeout=120_000)
        drawn = page.evaluate(
            "window.firstnotice.chart.map.queryRenderedFeatures({layers: ['homes']}).length"
        )
        if not drawn:
            raise RuntimeError("the map is idle and empty: its tiles failed")
        taken = (time.perf_counter() - begin) * 1000
        browser.close()
    return taken
