"""The drafts of a run: made before anything is recorded, queued with what is, then delivered."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from claims.clocks.table import read_clock_table
from claims.delivery.drop.delivering import deliver_to_drop
from claims.delivery.gateway import Outcome, Receipt
from claims.delivery.queueing import choose_letters
from claims.drafts.fnol import ClaimDraft, make_drafts
from claims.drafts.recalling import find_recalled
from claims.incidents.renumbering import find_opened_keys
from claims.ledger.letters import Letter
from claims.ledger.store import Ledger
from core.damage import Decision
from flows.stages.drafts.pictures import find_pictures, read_pictures_of
from flows.wiring.adapters import is_delivered_with_run, open_drop
from flows.wiring.context import RunContext
from flows.wiring.storage.folders import read_geo_table, read_table


@dataclass(slots=True)
class Drafting:
    """Makes the drafts of a run's decisions, and says which of them have to go out.

    Attributes:
        run: the run.
        ledger: the open ledger.
        name: gives the findings with decisions and incidents.
        drafts: those made last.
    """

    run: RunContext
    ledger: Ledger
    name: Callable[[pd.DataFrame], gpd.GeoDataFrame]
    drafts: list[ClaimDraft] = field(default_factory=list)

    def __call__(self, decisions: pd.DataFrame) -> Iterator[Letter]:
        """The letters of decisions.

        Raises:
            SettingsError: the carrier's lists lack a code; nothing is recorded then.
        """
        run, findings = self.run, self.name(decisions)
        self.drafts = list(
            make_drafts(
                findings,
                read_table(run.folder.work("contacts")),
                run.source.event,
                run.settings.drafts,
                read_geo_table(run.folder.work("locations")),
                pictures=_read_pictures(run, findings),
                hazard_rows=read_table(run.folder.work("hazard_rows")),
                opened_keys=find_opened_keys(
                    self.ledger.current(run.source.event_id), run.source.event_id
                ),
                clocks=read_clock_table(run.settings.clocks.table),
            )
        )
        known = self.ledger.outbox.known(run.source.event_id)
        where = run.folder.work("pictures").relative_to(run.folder.out)
        yield from choose_letters(self.drafts, known, str(where))

    def deliver(self) -> tuple[Receipt, ...]:
        """Put the drafts into the event's drop; a receipt a draft that lies there.

        Where another gateway delivers, the drop holds a copy for people, with the pictures, and
        what is queued waits for ``firstnotice claims deliver``.
        """
        run, event_id = self.run, self.run.source.event_id
        drop = open_drop(run.settings, run.folder.out, event_id)
        if not is_delivered_with_run(run.settings):
            return _leave_out_absent(drop.write_drafts(self.drafts))
        answered = deliver_to_drop(
            self.ledger.outbox,
            event_id,
            drop,
            run.as_of_utc,
            drafts=self.drafts,
            pictures_of=lambda letters: find_pictures(run.folder.out, letters),
        )
        return _leave_out_absent(answered)


def _leave_out_absent(receipts: Sequence[Receipt]) -> tuple[Receipt, ...]:
    return tuple(each for each in receipts if each.outcome is not Outcome.ABSENT)


def _read_pictures(run: RunContext, findings: gpd.GeoDataFrame) -> pd.DataFrame | None:
    """The pictures of homes with a draft to write, if any; all homes' would not fit into memory."""
    may_draft = (findings["decision"] == Decision.OPEN_DRAFT.value) | find_recalled(findings)
    wanted = findings.loc[may_draft, "building_id"].dropna().unique().tolist()
    return read_pictures_of(run.folder.work("pictures"), wanted) if wanted else None
