"""Runs as the flow makes them: incidents opened and their drafts queued in one transaction."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from claims.delivery.queueing import choose_letters
from claims.drafts.fnol import ClaimDraft, DraftOptions, make_drafts
from claims.incidents.opening import open_incidents
from claims.ledger.store import Ledger
from core.schemas.book import LOCATION_KEY


@pytest.fixture
def draft_all(contacts_of, event, as_of) -> Callable[..., list[ClaimDraft]]:
    """Opens the incidents of findings in a ledger and queues their drafts; gives the drafts."""

    def run(
        findings: gpd.GeoDataFrame, ledger: Ledger, options: DraftOptions | None = None, at=as_of
    ) -> list[ClaimDraft]:
        made: list[ClaimDraft] = []

        def draft(decisions: pd.DataFrame) -> Any:
            others = findings.drop(columns=["decision", "decision_reasons", "incident_id"])
            named = others.merge(decisions, on=LOCATION_KEY)[list(findings.columns)]
            contacts = contacts_of(*({} for _ in range(len(findings))))
            made[:] = make_drafts(named, contacts, event, options or DraftOptions())
            return choose_letters(made, ledger.outbox.known(event.event_id))

        assessed = findings.drop(columns="incident_id")
        open_incidents(assessed, ledger, event.event_id, at, draft)
        return made

    return run


@pytest.fixture
def calm():
    """Patience of tests: many tries, no waits."""
    from claims.delivery.http.patience import Patience  # noqa: PLC0415

    return replace(Patience(), tries=8, first_wait_s=0.001, longest_wait_s=0.01, timeout_s=5.0)
