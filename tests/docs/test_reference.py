"""The generated documents say what the code says."""

import json

import pandera.pandas as pa
import pytest
import yaml

from claims.triage.rules import RULES
from core.schemas.fields import number, table_schema, text
from core.tables import TABLES
from flows.wiring.settings import Settings
from reports.lists.columns import LIST_COLUMNS


def test_the_documents_in_the_repository_are_up_to_date(reference, capsys):
    assert reference.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_a_setting_of_this_machine_does_not_reach_the_documents(reference, monkeypatch):
    monkeypatch.setenv("FIRSTNOTICE_RUN__BUILDINGS_PER_BATCH", "3")
    assert reference.main(["--check"]) == 0


def test_check_names_each_stale_document_and_changes_nothing(
    reference, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(reference, "DOCS", tmp_path)
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0
    (tmp_path / "settings.md").write_text("old", encoding="utf-8")
    (tmp_path / "decision-table.md").unlink()
    capsys.readouterr()
    assert reference.main(["--check"]) == 1
    said = capsys.readouterr().err
    assert "docs/settings.md is not as the code says: run `make docs`" in said
    assert "docs/decision-table.md" in said
    assert "data-dictionary" not in said
    assert (tmp_path / "settings.md").read_text(encoding="utf-8") == "old"


def test_an_unknown_argument_is_refused(reference, capsys):
    assert reference.main(["--chek"]) == 2
    assert "usage" in capsys.readouterr().err


def test_two_renderings_are_equal_to_the_byte(reference):
    for render in reference.DOCUMENTS.values():
        assert render() == render()


def test_the_dictionary_holds_every_column_of_every_table_in_order(reference):
    sections = reference.render_data_dictionary().split("\n## ")[1:]
    assert [section.split("\n")[0] for section in sections] == [
        *(schema.name for schema in TABLES),
        "Hazard evidence",
        "The daily list",
    ]
    for section, schema in zip(sections, TABLES, strict=False):
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert [row.split("`")[1] for row in rows] == list(schema.columns)
    listed = [line for line in sections[-1].splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in listed] == [column.name for column in LIST_COLUMNS]


def test_a_column_is_told_with_unit_limits_words_and_whether_it_may_be_missing(
    reference, monkeypatch
):
    fields = {
        "name": text("who", of=["a|b", "c"]),
        "height_m": number("how high", "m", nullable=True, at_least=0),
    }
    schema = table_schema("made_up", ["name"], "A table.", fields)
    monkeypatch.setattr(reference, "TABLES", (schema,))
    monkeypatch.setattr(reference, "PLACES", {"made_up": "nowhere"})
    page = reference.render_data_dictionary()
    assert "A table. Key: `name`. Where: nowhere." in page
    assert r"| `name` | text |  | never | `a\|b`, `c` | who |" in page
    assert "| `height_m` | number | m | may be | at least 0 | how high |" in page


def test_a_type_without_plain_words_is_an_error_rather_than_a_blank(reference, monkeypatch):
    schema = pa.DataFrameSchema(
        {"odd": pa.Column("complex128", metadata={"unit": ""})},
        name="odd", metadata={"key": ["odd"]},
    )  # fmt: skip
    monkeypatch.setattr(reference, "TABLES", (schema,))
    monkeypatch.setattr(reference, "PLACES", {"odd": ""})
    with pytest.raises(KeyError, match="complex128"):
        reference.render_data_dictionary()


def test_the_decision_table_holds_every_rule_and_every_line_that_is_drawn(reference):
    page = reference.render_decision_table()
    assert all(f"| {rule.code} |" in page for rule in RULES)
    assert all(
        f"| `triage.{name}` |" in page and meaning
        for name, meaning in reference.document_fields(reference.TriageOptions)
    )


def test_the_settings_page_is_a_settings_file(reference, tmp_path):
    page = reference.render_settings()
    block = page.split("```yaml\n")[1].split("```")[0]
    file = tmp_path / "firstnotice.yaml"
    file.write_text(block, encoding="utf-8")
    assert Settings.read(file).model_dump() == Settings.read(None).model_dump()
    assert set(yaml.safe_load(block)) == set(Settings.model_fields)


CARD = {
    "name": "made-up", "licence": "CC0-1.0", "architecture": "net/1", "sha256": "ab",
    "training_data": ["one", "two"], "held_out_scenes": ["s1", "s2", "s3"],
    "metrics": {
        "storm": {
            "buildings": 10, "auc_damaged": 0.91234, "interval": [0.8, 0.95],
            "confusion": [[5, 1, 0, 0], [0, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
        },
        "fire": {"buildings": 2},
    },
}  # fmt: skip


def test_the_model_page_tells_the_card_and_leaves_no_gap_silent(reference, tmp_path, monkeypatch):
    (tmp_path / "made-up.json").write_text(json.dumps(CARD), encoding="utf-8")
    monkeypatch.setattr(reference, "CARDS", tmp_path)
    page = reference.render_model()
    assert "| licence | CC0-1.0 |" in page
    assert "| scenes held back | 3 |" in page
    assert "| figure | storm | fire |" in page
    assert "| auc damaged | 0.912 | - |" in page
    assert "| interval | 0.800 to 0.950 | - |" in page
    assert "| no damage | 5 | 1 | 0 | 0 |" in page
    (tmp_path / "made-up.json").write_text(json.dumps(CARD | {"metrics": {}}), encoding="utf-8")
    assert "The card holds no figures." in reference.render_model()
