"""Homes whose insureds filed already: nothing is drafted, and what was seen goes to their claim."""

import geopandas as gpd
import pandas as pd

from claims.filed.attaching import plan_attachment
from claims.filed.matching import NOBODY_FILED, bind_filed, find_filed
from claims.filed.reading import known_by, read_filed_claims
from claims.ledger.store import Ledger
from core.damage import Decision
from core.errors import TransientError
from flows.wiring.context import RunContext
from flows.wiring.storage.folders import atomic_path
from reports.lists.files import defuse_formulas

ATTACHMENTS = "attachments"
"""Folder beside an event's drafts: notes to claims that insureds filed, by incident."""
CLAIM_REJECTS_FILE = "claim_rejects.csv"
"""Rows of the claims file that could not be used, for whoever mends them."""


def leave_filed(run: RunContext, decided: pd.DataFrame) -> pd.DataFrame:
    """FINDINGS with the claims of the event's claims file, if it names one.

    Writes the file's rejects beside the list.

    Raises:
        InputError: the file cannot be read as a whole.
    """
    path = run.source.claims
    if path is None:
        return bind_filed(decided, NOBODY_FILED)
    filed = known_by(read_filed_claims(path), run.as_of_utc)
    rejects = filed.rejects
    with atomic_path(run.folder.file(CLAIM_REJECTS_FILE)) as partial:
        rejects.assign(value=defuse_formulas(rejects["value"])).to_csv(partial, index=False)
    found = find_filed(
        decided, filed.table, run.source.event, run.settings.drafts.loss_causes,
        run.settings.claims.same_loss_days,
    )  # fmt: skip
    return bind_filed(decided, found)


def attach_evidence(run: RunContext, ledger: Ledger, findings: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Put what was seen beside the claims that insureds filed; the same again puts nothing.

    The ledger notes each once it is there. Gives what people should know of it, in sentences.

    Raises:
        TransientError: another run attached to the same claims at the same moment.
    """
    is_claimed = findings["claim_number"].notna() & findings["incident_id"].notna()
    rows = findings[is_claimed & (findings["decision"] == Decision.NONE.value)]
    folder = run.folder.out / run.source.event_id / ATTACHMENTS
    entries = []
    for row in rows.to_dict("records"):
        finding = {str(name): value for name, value in row.items()}
        history = ledger.history(finding["incident_id"])
        planned = plan_attachment(finding, run.source.event, history, run.as_of_utc)
        if planned is not None:
            with atomic_path(folder / planned.file) as partial:
                partial.write_text(f"{planned.document}\n", encoding="utf-8")
            entries.append(planned.entry)
    if ledger.append(entries).stale:
        raise TransientError(
            f"attaching evidence to claims of event {run.source.event_id}",
            "another run did so at the same moment", "Run again when it has ended",
        )  # fmt: skip
    if rows.empty:
        return ()
    note = (
        f"{len(rows)} homes have a claim that their insured filed: nothing is opened for them, and "
        f"what was seen lies in {ATTACHMENTS}, by incident, for those claims"
    )
    return (note,)
