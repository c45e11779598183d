"""Rows of the book as read: what its files say, each cell understood, before any peril is asked."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class BookRows:
    """Rows of all files of the book that could be used, and what is wrong with the others.

    What a whole file tells of its cells, such as the order of day and month, is settled here: some
    of these rows are understood as all of them are.

    Attributes:
        homes: rows of the location file, several a home where its terms differ by peril, in the
            file's order (``policies.reading.grouping``).
        policies: rows of the account file, likewise (``policies.reading.accounts``).
        refused: ``PortNumber, AccNumber`` of accounts of which a row was refused.
        people: CONTACTS but for the policy.
        rejects: a REJECTS table of all files.
        notices: a NOTICES table of all files.
    """

    homes: pd.DataFrame
    policies: pd.DataFrame
    refused: pd.DataFrame
    people: pd.DataFrame
    rejects: pd.DataFrame
    notices: pd.DataFrame
