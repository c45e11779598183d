"""Every command in the documents works as written, and every command is in the documents."""

import re
import shlex
import shutil
import subprocess

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from core.damage import Decision, Status
from detectors.network.card import card_path, read_card, shipped_weights
from flows.cli import main as cli
from flows.cli import terminal
from flows.wiring.settings import Settings

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md")
FILES_OF_A_RUN = (
    "findings.parquet", "daily_list.csv", "daily_list.xlsx", "event.gpkg", "map.html",
    "summary.json", "summary.md", "run.json", "ledger.sqlite", "event.pdf", "event.pmtiles",
    "field.kml", "findings.qml", "plan.csv",
)  # fmt: skip


def parse(line: str) -> None:
    """Take a command line apart as the program would, without running it."""
    command, arguments = get_command(cli.app), shlex.split(line, comments=True)[1:]
    if ">" in arguments:
        arguments = arguments[: arguments.index(">")]
    context = None
    while hasattr(command, "resolve_command"):
        context = command.make_context(command.name, list(arguments), parent=context)
        rest = [*context._protected_args, *context.args]
        _, command, arguments = command.resolve_command(context, rest)
    command.make_context(command.name, list(arguments), parent=context)


def commands(group, path: str = "firstnotice") -> list[str]:
    found = []
    for name, command in group.commands.items():
        nested = hasattr(command, "commands")
        found += commands(command, f"{path} {name}") if nested else [f"{path} {name}"]
    return found


def test_each_firstnotice_line_of_the_readme_parses(console_lines):
    lines = [line for line in console_lines("README.md") if line.startswith("firstnotice ")]
    assert len(lines) >= 7
    for line in lines:
        parse(line)


@pytest.mark.parametrize(
    "line",
    ["firstnotice rum event.yaml", "firstnotice run", "firstnotice run e.yaml --as-off 2018-10-20"],
)
def test_a_line_with_a_typing_mistake_would_be_noticed(line):
    with pytest.raises(Exception, match=r"(?i)no such|missing"):
        parse(line)


def test_every_command_of_the_program_is_in_the_readme(root):
    readme = (root / "README.md").read_text(encoding="utf-8")
    for command in commands(get_command(cli.app)):
        assert command in readme.replace("make demo", "firstnotice demo"), command


def test_settings_prints_what_the_readme_says_it_prints():
    printed = CliRunner().invoke(cli.app, ["settings"])
    assert printed.exit_code == 0
    assert set(yaml.safe_load(printed.stdout)) == set(Settings.model_fields)


def test_the_exit_codes_are_those_of_the_program(root):
    readme = (root / "README.md").read_text(encoding="utf-8")
    table = readme.split("### Exit codes")[1].split("\n## ")[0]
    told = [int(code) for code in re.findall(r"^\| (\d) \|", table, re.MULTILINE)]
    assert told == [0, terminal.EXIT_FAILED, terminal.EXIT_BAD_INPUT, terminal.EXIT_INCOMPLETE]


def test_files_statuses_and_decisions_are_all_named(root):
    readme = (root / "README.md").read_text(encoding="utf-8")
    for word in (*FILES_OF_A_RUN, *Status, *Decision):
        assert f"`{word}`" in readme or f"/{word}`" in readme, word


def test_the_figures_of_the_model_are_those_of_its_card(root):
    readme = (root / "README.md").read_text(encoding="utf-8")
    metrics = read_card(card_path(shipped_weights())).metrics
    limits = readme.split("## Limits, in numbers")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([a-z]+-[a-z-]+) \| (.+) \|$", limits, re.MULTILINE)
    assert len(rows) == sum("auc_damaged" in figures for figures in metrics.values())
    names = ("buildings", "damaged", "auc_damaged", "auc_severe", "macro_f1")
    for event, cells in rows:
        told = [metrics[event][name] for name in names]
        assert cells.split(" | ") == [
            f"{value:.3f}" if isinstance(value, float) else str(value) for value in told
        ]


def test_make_targets_in_the_documents_exist(root, console_lines):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for document in ("README.md", "CONTRIBUTING.md"):
        for line in console_lines(document):
            if line.startswith("make "):
                assert line.split()[1] in targets, line


def test_deployments_in_the_readme_are_those_of_prefect_yaml(root, console_lines):
    text = (root / "prefect.yaml").read_text(encoding="utf-8")
    readme = (root / "README.md").read_text(encoding="utf-8")
    for deployment in yaml.safe_load(text)["deployments"]:
        module, function = deployment["entrypoint"].rsplit(".", 1)
        source = (root / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        flow = re.search(rf'@flow\(\s*name="([a-z-]+)"[^@]*?\)\ndef {function}\(', source)
        assert flow is not None, deployment["entrypoint"]
        assert f"`{flow[1]}/{deployment['name']}`" in readme
        pool = deployment["work_pool"]["name"]
        assert f"prefect work-pool create {pool} " in " ".join(console_lines("docs/every-day.md"))


def test_links_between_documents_lead_somewhere(root):
    pages = [root / name for name in DOCUMENTS] + sorted((root / "docs").rglob("*.md"))
    assert len(pages) > len(DOCUMENTS)
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if not target.startswith("https://"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_documents_hold_no_placeholder_no_emoji_and_no_path_of_a_machine(root):
    pages = [root / name for name in DOCUMENTS] + sorted((root / "docs").rglob("*.md"))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"\bTODO\b|\bTBD\b|\bFIXME\b", text), page
        assert not re.search("[\U0001f300-\U0001faff☀-➿]", text), page
        assert not re.search(r"/(?:home|root|tmp|work)/", text), page


def test_the_script_of_the_build_server_is_sound_bash(root):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here")
    checked = subprocess.run(
        [bash, "-n", root / ".ci" / "run"], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")
    workflow = yaml.safe_load((root / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    job = workflow["jobs"]["check-and-test"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12"]
    assert job["steps"][-1] == {"run": ".ci/run"}
