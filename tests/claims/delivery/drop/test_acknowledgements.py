import pytest

from claims.delivery.drop.acknowledgements import FOLDER, read_acknowledgements
from claims.delivery.drop.delivering import deliver_to_drop
from claims.delivery.drop.file_drop import FileDrop
from claims.ledger.kinds import EntryKind
from claims.ledger.letters import LetterState

HEAD = "transaction_id,revision,status,claim_number,reason\n"


@pytest.fixture
def say(tmp_path):
    def write(text: str, name: str = "2018-10-12.csv", encoding: str = "utf-8") -> None:
        folder = tmp_path / FOLDER
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(text.encode(encoding))

    return write


def test_what_the_claims_system_says_is_in_the_ledger_once(
    *, findings_of, ledger, draft_all, event_id, as_of, tmp_path, say
):
    taken, refused = draft_all(findings_of({}, {}), ledger)
    deliver_to_drop(ledger.outbox, event_id, FileDrop(tmp_path), as_of)
    say(f"{HEAD}{taken.transaction_id},1,Accepted,C-7,\n"
        f"{refused.transaction_id},1,refused,,no such policy\n")  # fmt: skip
    for _ in range(2):
        said = read_acknowledgements(tmp_path, ledger.outbox.waiting_answer(event_id))
        ledger.outbox.settle(event_id, said.steps, as_of)
        assert said.problems == ()
    kinds = [
        [entry.entry_kind for entry in ledger.history(draft.incident_id)][3:]
        for draft in (taken, refused)
    ]
    assert kinds == [
        [EntryKind.DRAFT_SENT, EntryKind.DRAFT_ACKNOWLEDGED],
        [EntryKind.DRAFT_SENT, EntryKind.DRAFT_REFUSED],
    ]
    assert '"claim_number":"C-7"' in ledger.history(taken.incident_id)[-1].payload
    assert ledger.outbox.in_state(LetterState.REFUSED, 9)[0][3] == "no such policy"
    assert ledger.verify().ok


def test_bad_lines_are_told_and_good_ones_go_on(tmp_path, say):
    say(f"{HEAD}t1,one,accepted,,\nt1,1,perhaps,,\n,,\nt1,1,accepted,C-1,\n")
    said = read_acknowledgements(tmp_path, {("t1", 1): "inc-1"})
    assert [step.claim_number for step in said.steps] == ["C-1"]
    assert [problem.split(":")[0] for problem in said.problems] == [
        f"2018-10-12.csv, row {row}" for row in (2, 3, 4)
    ]


def test_a_file_that_is_no_csv_is_told(tmp_path, say):
    say(f"{HEAD}tä,1,accepted,C-1,", encoding="utf-16")
    said = read_acknowledgements(tmp_path, {})
    assert said.steps == ()
    assert len(said.problems) == 1


def test_a_byte_order_mark_and_crlf_are_read(tmp_path, say):
    say(f"\ufeff{HEAD}t1,1,accepted,C-1,".replace("\n", "\r\n"))
    assert len(read_acknowledgements(tmp_path, {("t1", 1): "inc-1"}).steps) == 1


def test_no_folder_says_nothing(tmp_path):
    assert read_acknowledgements(tmp_path, {}).steps == ()
