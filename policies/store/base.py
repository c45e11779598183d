"""What a store of books does, wherever it keeps them: one protocol, the same answers."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from core.errors import ExposureError
from core.grid import Bounds
from policies.reading.rows import BookRows
from policies.store.snapshot import TABLES, Access, Load, Removal, Snapshot, digest_of

_ACCOUNT = {"PortNumber": "portfolio_number", "AccNumber": "account_number"}


class BookStore(Protocol):
    """Frozen states of the book, and who loaded and looked at them.

    Every method raises ExposureError where the store is damaged or of another version, and
    TransientError where it does not answer.
    """

    def add(self, snapshot: Snapshot, rows: BookRows, load: Load) -> bool:
        """Keep a snapshot whole or not at all, and note who loaded it; False if it was there."""

    def snapshots(self) -> tuple[Snapshot, ...]:
        """All snapshots, sorted by id."""

    def loads(self) -> tuple[Load, ...]:
        """All loads, the first one first."""

    def read(self, snapshot_id: str) -> BookRows:
        """All rows of a snapshot as they were stored."""

    def read_policy(self, snapshot_id: str, policy_number: str) -> BookRows:
        """Rows of the accounts that have a policy of that number, without people or rejects."""

    def read_within(self, snapshot_id: str, bounds: Bounds) -> BookRows:
        """Rows of homes that lie in a box, edges too, without people or rejects."""

    def read_people(self, snapshot_id: str, homes: pd.DataFrame) -> pd.DataFrame:
        """Names and contacts of homes (HOME_KEY); note the access first."""

    def note_access(self, access: Access) -> None:
        """Write down who looks at names and contacts, and why."""

    def accesses(self) -> tuple[Access, ...]:
        """All accesses, the first one first."""

    def remove(self, removal: Removal) -> None:
        """Remove a snapshot with all of its rows, and write down who did."""

    def removals(self) -> tuple[Removal, ...]:
        """All removals, the first one first."""


@dataclass(frozen=True, slots=True)
class Found:
    """The snapshot that a name stands for.

    Attributes:
        snapshot: the snapshot.
        load: the load that made the name mean it; None where its id was given.
    """

    snapshot: Snapshot
    load: Load | None


def find_snapshot(store: BookStore, name: str) -> Found:
    """The snapshot of an id, or of the last load under a name.

    Raises:
        ExposureError: there is none.
    """
    kept = {each.snapshot_id: each for each in store.snapshots()}
    last = next((each for each in reversed(store.loads()) if each.name == name), None)
    if last is not None and last.snapshot_id in kept:
        return Found(kept[last.snapshot_id], last)
    if name in kept:
        return Found(kept[name], None)
    removed = next((each for each in store.removals() if each.snapshot_id == name), None)
    if removed is not None:
        raise ExposureError(
            f"looking for the book {name!r}",
            f"{removed.actor} removed it on {removed.at_utc[:10]}, past its retention",
            "Load its files again, if they are still kept",
        )  # fmt: skip
    names = ", ".join(sorted({each.name for each in store.loads()})) or "none"
    raise ExposureError(
        f"looking for the book {name!r}",
        f"the store has no book of that name or id; it has {names}",
        "`firstnotice book load` puts one there, `firstnotice book show` lists them",
    )  # fmt: skip


def find_past(store: BookStore, before_utc: str, seen: Collection[str]) -> tuple[Snapshot, ...]:
    """Snapshots that nobody needs any more: old, not what a name means now, and not seen.

    Args:
        store: the store.
        before_utc: ISO 8601; what was loaded at that instant or later stays.
        seen: ids of snapshots that are still asked for.
    """
    current = {load.name: load.snapshot_id for load in store.loads()}
    young = {load.snapshot_id for load in store.loads() if load.loaded_at_utc >= before_utc}
    kept = {*current.values(), *young, *seen}
    return tuple(each for each in store.snapshots() if each.snapshot_id not in kept)


def check_rows(snapshot: Snapshot, rows: BookRows) -> BookRows:
    """Refuse rows that are not those that were stored.

    Raises:
        ExposureError: a table was changed since.
    """
    for name in TABLES:
        if digest_of(getattr(rows, name)) != snapshot.digests[name]:
            raise ExposureError(
                f"reading snapshot {snapshot.snapshot_id} of the book",
                f"its {name} are no longer those that were stored",
                "Load the book's files again; somebody or something changed the store",
            )
    return rows


def choose_accounts(policies: pd.DataFrame, policy_number: str) -> pd.DataFrame:
    """``portfolio_number, account_number`` of accounts with a policy of that number."""
    mine = policies.loc[policies["PolNumber"] == policy_number, list(_ACCOUNT)]
    return mine.drop_duplicates().rename(columns=_ACCOUNT)


def keep_accounts(rows: BookRows, accounts: pd.DataFrame) -> BookRows:
    """Rows of some accounts, in their order, without people, rejects and notices."""
    theirs = accounts.rename(columns={ours: oed for oed, ours in _ACCOUNT.items()})
    return BookRows(
        keep_matching(rows.homes, accounts),
        keep_matching(rows.policies, theirs),
        keep_matching(rows.refused, theirs),
        rows.people.iloc[:0],
        rows.rejects.iloc[:0],
        rows.notices.iloc[:0],
    )


def keep_matching(table: pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table whose columns of the keys are among the keys."""
    names = list(keys.columns)
    is_kept = pd.MultiIndex.from_frame(table[names]).isin(pd.MultiIndex.from_frame(keys))
    return table.loc[is_kept].reset_index(drop=True)


def accounts_of(homes: pd.DataFrame) -> pd.DataFrame:
    """``portfolio_number, account_number`` of homes."""
    return homes[list(_ACCOUNT.values())].drop_duplicates()
