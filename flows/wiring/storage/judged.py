"""What people judged of an event in the web app, as its runs read it."""

from datetime import datetime
from pathlib import Path

from core.provenance import digest_of_rows
from detectors.training.labels import REVIEW_COLUMNS, known_by, read_reviews
from web.reviewing.journal import REVIEWS_FOLDER
from web.reviewing.labels import REVIEWS_FILE

JUDGED_INPUT = "judged in the web app"


def find_judged(out: Path, event_id: str, as_of_utc: datetime) -> Path | None:
    """The event's judgements, if any was made by an instant.

    Raises:
        InputError: the file is not what the web app wrote.
    """
    path = out / event_id / REVIEWS_FOLDER / REVIEWS_FILE
    if not path.is_file():
        return None
    return path if len(known_by(read_reviews(path), as_of_utc).table) else None


def describe_judged(out: Path, event_id: str, as_of_utc: datetime) -> dict[str, str]:
    """Digest of what was judged by an instant, as an input of a run; none where nothing was.

    Of the rows and not of the file, so that what is judged later changes no run of today.
    """
    path = find_judged(out, event_id, as_of_utc)
    if path is None:
        return {}
    known = known_by(read_reviews(path), as_of_utc).table
    return {JUDGED_INPUT: digest_of_rows(known[list(REVIEW_COLUMNS)].to_numpy())}
