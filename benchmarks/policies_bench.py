"""How fast a book of a million homes is read, and how much memory it takes: CSV with all parts.

``python benchmarks/policies_bench.py [quick]`` prints the figures, also of gzip and Parquet. A book
is a location, an account and a contacts row a home; reading is done in a process of its own, whose
peak is that of reading alone.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import Figure

SEED = 20181010
ENDINGS = ("csv", "csv.gz", "parquet")

_READ = """
import json, resource, sys, time
from pathlib import Path
from core.events import Peril
from policies.reading.exposure import read_book
files = [Path(name) for name in sys.argv[1:]]
start, cpu = time.perf_counter(), time.process_time()
book = read_book(*files, Peril.TROPICAL_CYCLONE_WIND)
took, used = time.perf_counter() - start, time.process_time() - cpu
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([len(book.locations), took, used, peak]))
"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    homes: int


FULL = Sizes(1_000_000)
QUICK = Sizes(20_000)


def make_book(count: int) -> dict[str, pd.DataFrame]:
    """Location, account and contacts files of homes all over inland Florida and Georgia."""
    rng = np.random.default_rng(SEED)
    number = pd.Series(np.arange(1, count + 1)).astype("str").str.zfill(7)
    perils = rng.choice(["WW2;XX1", "WW1;XX1;OO1", "AA1"], count)
    deductible = rng.choice(["1000", "2500", "0.02"], count)
    key = {"PortNumber": "1", "AccNumber": "A" + number}
    inception = pd.Timestamp("2018-01-01") + pd.to_timedelta(rng.integers(-300, 60, count), "D")
    location = pd.DataFrame(key | {
        "LocNumber": number, "CountryCode": "US", "AreaCode": "GA",
        "PostalCode": rng.integers(30_000, 32_000, count).astype(str),
        "Latitude": np.char.mod("%.6f", rng.uniform(30.5, 34.5, count)),
        "Longitude": np.char.mod("%.6f", rng.uniform(-84.8, -82.0, count)),
        "AddressMatch": rng.choice(["2", "2", "2", "3", "4", "7"], count),
        "OccupancyCode": "1050", "ConstructionCode": rng.choice(["5050", "5100"], count),
        "YearBuilt": rng.integers(1940, 2020, count).astype(str),
        "NumberOfStoreys": rng.integers(1, 3, count).astype(str),
        "BuildingTIV": rng.integers(100_000, 900_000, count).astype(str),
        "ContentsTIV": rng.integers(10_000, 90_000, count).astype(str),
        "LocPerilsCovered": perils, "LocCurrency": "USD", "LocDed1Building": deductible,
        "LocDedType1Building": np.where(deductible == "0.02", "2", "0"), "OEDVersion": "4.0.0",
    })  # fmt: skip
    account = pd.DataFrame(key | {
        "AccCurrency": "USD", "PolNumber": "HO" + number, "PolStatus": "B",
        "PolPerilsCovered": perils, "PolInceptionDate": inception.strftime("%Y-%m-%d"),
        "PolExpiryDate": (inception + pd.Timedelta(days=365)).strftime("%Y-%m-%d"),
        "PolDed6All": "0", "OEDVersion": "4.0.0",
    })  # fmt: skip
    contacts = pd.DataFrame(key | {
        "LocNumber": number, "InsuredName": "Ada Example " + number,
        "StreetAddress": number + " Sample St", "City": "Sampleton", "Phone": "555-" + number,
        "Email": "a" + number + "@example.org", "PreferredChannel": "sms", "Language": "en",
        "ContactConsent": "1",
    })  # fmt: skip
    return {"location": location, "account": account, "contacts": contacts}


def write_book(book: dict[str, pd.DataFrame], folder: Path, ending: str) -> list[Path]:
    """Write its files and give their paths."""
    paths = []
    for name, table in book.items():
        path = folder / f"{name}.{ending}"
        if ending == "parquet":
            table.to_parquet(path, index=False)
        else:
            table.to_csv(path, index=False)
        paths.append(path)
    return paths


def read_book_apart(paths: list[Path]) -> tuple[int, float, float, float]:
    """Homes read, seconds by the clock and of the processor, and peak MiB of a new process."""
    command = [sys.executable, "-c", _READ, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    homes, took, used, peak = json.loads(done.stdout.splitlines()[-1])
    return int(homes), float(took), float(used), float(peak)


def measure_policies(sizes: Sizes) -> list[Figure]:
    """The figures of the book."""
    book = make_book(sizes.homes)
    with tempfile.TemporaryDirectory() as folder:
        homes, took, _, peak = read_book_apart(write_book(book, Path(folder), "csv"))
    if homes != sizes.homes:
        raise RuntimeError(f"{homes} of {sizes.homes} homes were read")
    return [
        Figure("policies.million_rows_read_s", round(took * FULL.homes / homes, 2), "s"),
        Figure("policies.million_peak_mib", float(round(peak)), "MiB"),
    ]


if __name__ == "__main__":
    made = make_book((QUICK if sys.argv[1:] == ["quick"] else FULL).homes)
    for each in ENDINGS:
        with tempfile.TemporaryDirectory() as place:
            found = read_book_apart(write_book(made, Path(place), each))
        print(
            f"{each:8} {found[0]} homes, {found[1]:.1f} s, CPU {found[2]:.1f} s, {found[3]:.0f} MiB"
        )
