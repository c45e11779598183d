"""A book of many kinds of rows, and stores to keep it in: a folder, and a real PostGIS."""

from pathlib import Path

import psycopg
import pytest

from policies.reading.exposure import read_rows
from policies.store.opening import open_store
from policies.store.snapshot import Load, describe_files, freeze

SQL = "1'; DROP TABLE book_homes; --"
LOCATION = f"""\
PortNumber,AccNumber,LocNumber,CountryCode,Latitude,Longitude,AddressMatch,LocPerilsCovered,\
LocCurrency,BuildingTIV,LocPeril,LocDed1Building,LocDedType1Building,LocInceptionDate,YearBuilt
1,A1,00017,US,30.1,-85.6,2,WW2;OO1,USD,200000.1,WW2,0.02,2,2018-03-01,1980
1,A1,00017,US,30.1,-85.6,2,WW2;OO1,USD,200000.1,OO1,500,0,2018-03-01,1980
1,A2,2,US,30.123456789012345,-85.7,4,WW2,USD,,,,,,c.1920
1,A2,2,US,30.9,-85.7,4,WW2,USD,,,,,,
1,{SQL},"{SQL}",US,30.2,-85.8,3,WW1,USD,1e5,,,,,
1,A9,9,US,30.2,-85.8,3,WW1,USD,1,,,,,
1,A1,3,US,0,0,3,WW1,USD,1,,,,,
"""
ACCOUNT = f"""\
PortNumber,AccNumber,PolNumber,PolPerilsCovered,PolInceptionDate,PolExpiryDate,PolDed6All,PolPeril
1,A1,Wind,WW2,2018-01-01,2019-01-01,1000,WW2
1,A1,Water,OO1;WSS,2018-01-01,2019-01-01,2000,
1,A2,HO2,WW1,2018-01-01,2019-01-01,,
1,A2,HO2,BAD,2018-01-01,2019-01-01,,
1,{SQL},"{SQL}",WW1,,,,
"""
CONTACTS = f"""\
PortNumber,AccNumber,LocNumber,InsuredName,Phone,ContactConsent,PreferredChannel
1,A1,00017,José "Pepe" Peña \\ 1,007,yes,SMS
1,{SQL},"{SQL}",=HYPERLINK("x"),,,
1,A7,1,Ada Zhang,,,
"""


@pytest.fixture(scope="session")
def book_files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("book")
    texts = {"location": LOCATION, "account": ACCOUNT, "contacts": CONTACTS}
    for role, text in texts.items():
        (folder / f"{role}.csv").write_text(text, encoding="utf-8")
    return {role: folder / f"{role}.csv" for role in texts}


@pytest.fixture(scope="session")
def rows(book_files):
    return read_rows(*book_files.values())


@pytest.fixture(scope="session")
def snapshot(rows, book_files):
    return freeze(rows, describe_files(book_files))


@pytest.fixture
def load_of():
    def make(snapshot, name="florida", at="2018-10-01T00:00:00+00:00"):
        return Load(name, snapshot.snapshot_id, at, "steward-1")

    return make


@pytest.fixture(scope="session")
def server(postgresql_server: str) -> str:
    """A PostgreSQL with PostGIS on loopback."""
    if not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        pytest.skip("no PostGIS here; install it with: apt-get install postgresql-postgis")
    return postgresql_server


@pytest.fixture
def url(server, request) -> str:
    name = f"t{abs(hash(request.node.name))}"
    with psycopg.connect(f"{server}/postgres".replace("+psycopg", ""), autocommit=True) as raw:
        raw.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


@pytest.fixture
def folder_store(tmp_path):
    return open_store(str(tmp_path / "books"))


@pytest.fixture
def postgis_store(url):
    return open_store(url)
