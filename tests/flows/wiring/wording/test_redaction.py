import json

import pytest

from flows.wiring.settings import Settings
from flows.wiring.wording.redaction import describe_settings, hide_secrets
from flows.wiring.wording.settings_text import write_commented


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql+psycopg://clerk:s3cret@db:5432/claims",
         "postgresql+psycopg://clerk:***@db:5432/claims"),
        ("postgresql://clerk:s3/cr@et#1@db/claims", "postgresql://clerk:***@db/claims"),
        ("postgresql://:s3cret@db/claims", "postgresql://:***@db/claims"),
        ("postgresql://clerk@db/claims?password=s3cret&sslmode=require",
         "postgresql://clerk@db/claims?password=***&sslmode=require"),
        ("https://store.example.org/a/catalog.json?sv=2020&sig=s3cret%3D",
         "https://store.example.org/a/catalog.json?sv=***&sig=***"),
        ("https://s3cret@stac.example.org/v1#s3cret", "https://s3cret@stac.example.org/v1"),
        ("sqlite:////data/runs/ledger.sqlite", "sqlite:////data/runs/ledger.sqlite"),
        ("tcp://10.0.0.1:8786", "tcp://10.0.0.1:8786"),
        ("no address: a sentence", "no address: a sentence"),
    ],
)  # fmt: skip
def test_passwords_and_signatures_are_hidden_and_the_rest_is_told(address, shown):
    assert hide_secrets({"a": [address, 1, None]}) == {"a": [shown, 1, None]}


def test_settings_are_told_without_the_ledgers_password():
    settings = Settings(ledger={"store": "postgresql+psycopg://clerk:s3cret@db/claims"})
    for text in (json.dumps(describe_settings(settings)), write_commented(settings)):
        assert "s3cret" not in text
        assert "clerk:***@db/claims" in text
