"""The evaluation as JSON for programs and as Markdown for people."""

import json
from dataclasses import asdict
from pathlib import Path

from core.damage import GRADED
from core.estimates import POOLED, Estimate, JudgedGroup
from reports.evaluation.contents import (
    KIND_NOTES,
    KIND_WORDS,
    Abstention,
    Evaluation,
)

FORMAT = 1
"""Changes whenever a program that reads evaluation.json would have to."""
PLOTS = {
    "precision_recall.png": "Precision and recall of damaged and of severe homes",
    "reliability.png": "How often it was so, against how sure the model was",
    "confusion.png": "Truth against the likeliest grade",
    "budget.png": "Severe homes found, against homes opened wrongly",
}
"""Files beside the report, and what they show."""
MISSES = "worst_misses.png"
MISSES_NOTE = (
    f"`{MISSES}` beside this file shows the surest wrong answers. It holds imagery under its "
    "owners' licence: do not pass it on."
)
FEW_SCENES = 10
"""Under so many scenes a bootstrap's interval is known to be too narrow (Cameron et al. 2008)."""
GRADE_WORDS = tuple(grade.name.lower().replace("_", " ") for grade in GRADED)
_PERCENT = 100


def write_evaluation_json(evaluation: Evaluation, path: Path) -> None:
    """Write the evaluation as UTF-8 JSON."""
    path.write_text(evaluation_as_json(evaluation), encoding="utf-8")


def write_evaluation_md(evaluation: Evaluation, path: Path) -> None:
    """Write the evaluation as UTF-8 Markdown."""
    path.write_text(evaluation_as_markdown(evaluation), encoding="utf-8")


def evaluation_as_json(evaluation: Evaluation) -> str:
    """The evaluation as JSON text.

    Raises:
        ValueError: a number is NaN or infinite, which JSON cannot say.
    """
    fields = {"format": FORMAT} | asdict(evaluation)
    fields["abstentions"] = [
        asdict(each) | {"abstained_frac": each.abstained_frac} for each in evaluation.abstentions
    ]
    return json.dumps(fields, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def evaluation_as_markdown(evaluation: Evaluation) -> str:
    """What was asked, what came out with intervals, what a team gains, what was not judged."""
    parts = [
        f"# Evaluation of {_plain(evaluation.model)}",
        _how_to_read(evaluation),
        *(part for kind in evaluation.kinds for part in _kind(evaluation, kind)),
        "## What was not judged",
        _abstentions(evaluation.abstentions),
        "## Pictures",
        *(f"### {words}\n\n![{words}]({name})" for name, words in PLOTS.items()),
        MISSES_NOTE,
    ]
    return "\n\n".join(parts) + "\n"


def brief_rows(evaluation: Evaluation) -> list[list[str]]:
    """Head and rows of a short table for a terminal: the figures that matter most, by event."""
    names = {
        "auc_damaged": "AUC damaged",
        "auc_severe": "AUC severe",
        "macro_f1": "macro F1",
        "recall_severe_at_budget": "severe found at "
        f"{_percent(evaluation.false_alarm_budget)} wrong",
    }
    rows = [
        [KIND_WORDS[group.kind], group.event_id, f"{group.homes:,}", f"{group.scenes:,}"]
        + [_measured(group.figures[name]) for name in names]
        for group in evaluation.groups
    ]
    return [["kept from training", "event", "homes", "scenes", *names.values()], *rows]


def _how_to_read(evaluation: Evaluation) -> str:
    return (
        "Every figure is an **estimate on homes that the judging model was not trained on and "
        "that its calibration was not fitted to**: choices were made on a part of their own. Two "
        'figures read the best cut of the list off these very homes, "severe found, at '
        f'{_percent(evaluation.false_alarm_budget)} wrongly opened" and "destroyed found": '
        'they say how good the order is. What a threshold set beforehand does is "threshold '
        'chosen elsewhere". The figures are of the image alone, before the hazard is weighed in, '
        "and of homes that could be judged. The truth is labels that people gave from the same "
        "images, which see less than an adjuster.\n\n"
        f"Brackets hold the 95 % interval from {evaluation.resamples:,} draws of whole scenes "
        "(homes of one scene are wrong together). It says how far another choice of scenes of "
        "these events may lead, not how far another disaster may. With fewer than "
        f"{FEW_SCENES} scenes, marked †, it is too narrow. Where several seeds were trained, the "
        "value is their mean, and lowest and highest follow after a semicolon. A dash is a "
        "figure that cannot be given; its reason stands below the table."
    )


def _kind(evaluation: Evaluation, kind: str) -> list[str]:
    groups = evaluation.of_kind(kind)
    tables = [
        _counts(groups),
        _figures(groups, _headline(evaluation)),
        "By grade, precision / recall / F1, likeliest grade:",
        _by_grade(groups),
    ]
    return [f"## {KIND_WORDS[kind]}", KIND_NOTES[kind], *tables, _gain(evaluation, groups)]


def _headline(evaluation: Evaluation) -> dict[str, str]:
    """Figures of the table by event, in order, and how they are called."""
    budget = _percent(evaluation.false_alarm_budget)
    return {
        "auc_damaged": "AUC damaged",
        "auc_severe": "AUC severe",
        "average_precision_damaged": "average precision damaged",
        "average_precision_severe": "average precision severe",
        "macro_f1": "macro F1, four grades",
        "harmonic_f1": "harmonic mean of F1 (xBD's damage part, by building)",
        **{
            f"precision_{name}_at_{size}": f"{name} among the first {size}"
            for name in ("damaged", "severe")
            for size in evaluation.capacity
        },
        "recall_severe_at_budget": f"severe found, at {budget} wrongly opened",
        "recall_severe_at_choice": "severe found, threshold chosen elsewhere",
        "false_alarms_at_choice": "wrongly opened, threshold chosen elsewhere",
        "recall_destroyed_at_precision": "destroyed found, at precision "
        f"{evaluation.destroyed_precision:g}",
        "brier_damaged": "Brier score damaged",
        "calibration_error_damaged": "calibration error damaged",
        "brier_severe": "Brier score severe",
        "calibration_error_severe": "calibration error severe",
    }


def _counts(groups: tuple[JudgedGroup, ...]) -> str:
    rows = [
        [_name(g), f"{g.homes:,}", *map("{:,}".format, g.by_grade), f"{g.scenes:,}",
         f"{g.areas:,}", str(g.seeds)]
        for g in groups
    ]  # fmt: skip
    return _table(["Event", "Homes", *GRADE_WORDS, "Scenes", "Areas", "Seeds"], rows)


def _figures(groups: tuple[JudgedGroup, ...], names: dict[str, str]) -> str:
    rows = [
        [words, *(_measured(group.figures[name]) for group in groups)]
        for name, words in names.items()
    ]
    table = _table(["Figure", *(_name(group) for group in groups)], rows)
    reasons: dict[str, list[str]] = {}
    for group in groups:
        for name, words in names.items():
            reason = group.figures[name].reason
            if reason is not None:
                reasons.setdefault(f"{_name(group)}: {reason}", []).append(words)
    notes = [f"* {reason} ({', '.join(words)})" for reason, words in reasons.items()]
    return "\n\n".join([table, "\n".join(notes)]) if notes else table


def _by_grade(groups: tuple[JudgedGroup, ...]) -> str:
    rows = []
    for group in groups:
        cells = [
            " / ".join(
                _number(group.figures[f"{part}_{grade.name.lower()}"].value)
                for part in ("precision", "recall", "f1")
            )
            for grade in GRADED
        ]
        rows.append([_name(group), *cells])
    return _table(["Event", *GRADE_WORDS], rows)


def _gain(evaluation: Evaluation, groups: tuple[JudgedGroup, ...]) -> str:
    """What a list sorted by the model gives a team, beside one in no order."""
    lines = []
    for group in groups:
        if group.event_id == POOLED and len(groups) > 1:
            continue  # nobody works two disasters from one list
        lines += [line for size in evaluation.capacity if (line := _gain_line(group, size))]
    if not lines:
        return "No event here is long enough for a day's list."
    return "What a team gains that starts at the top of the list:\n\n" + "\n".join(lines)


def _gain_line(group: JudgedGroup, size: int) -> str | None:
    found = group.figures[f"precision_damaged_at_{size}"].value
    severe = group.figures[f"precision_severe_at_{size}"].value
    if found is None or severe is None:
        return None
    by_chance = size * group.damaged / group.homes
    times = f", {size * found / by_chance:.1f} times as many" if by_chance else ""
    return (
        f"* {_name(group)}: of the first {size} homes {size * found:.0f} are damaged and (on a "
        f"list by severe damage) {size * severe:.0f} severe; in no order {by_chance:.0f} would "
        f"be damaged{times}."
    )


def _abstentions(abstentions: tuple[Abstention, ...]) -> str:
    rows = [
        [_plain(each.event_id), f"{each.labelled:,}", f"{each.labelled - each.judged:,}",
         "-" if each.abstained_frac is None else _percent(each.abstained_frac)]
        for each in abstentions
    ]  # fmt: skip
    note = (
        "Homes with a clear label in the whole event, training areas among them; those not "
        "judged have no usable pair of images (cloud, gap, misaligned, too old). They are in no "
        "figure above: not seen is neither right nor wrong."
    )
    return f"{_table(['Event', 'Labelled homes', 'Not judged', 'Share'], rows)}\n\n{note}"


def _name(group: JudgedGroup) -> str:
    mark = " †" if group.scenes < FEW_SCENES else ""
    return f"{_plain(group.event_id)}{mark}"


def _measured(measured: Estimate) -> str:
    text = _number(measured.value)
    if measured.low is not None and measured.high is not None:
        text += f" [{_number(measured.low)}, {_number(measured.high)}]"
    if measured.seed_low != measured.seed_high:
        text += f"; {_number(measured.seed_low)} to {_number(measured.seed_high)}"
    return text


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _percent(share: float) -> str:
    return f"{share * _PERCENT:.3g} %"


def _table(head: list[str], rows: list[list[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *rows])


def _plain(text: str) -> str:
    """Text from outside, unable to break the table or to become a tag or a link."""
    for mark in "\\|<>[]`*_":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
