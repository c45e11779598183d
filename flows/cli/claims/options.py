"""What several commands about incidents, clocks and claims are given alike."""

from typing import Annotated

import typer

Incident = Annotated[str, typer.Argument(help="Id of the incident, as the list has it.")]
Store = Annotated[str | None, typer.Option(help="SQLAlchemy URL of the ledger.")]
By = Annotated[str, typer.Option(help="Staff id of the person who decides; kept for ever.")]
Role = Annotated[str, typer.Option(help="In which role: reviewer, adjuster or supervisor.")]
Reason = Annotated[str, typer.Option(help="Why, in a sentence; kept for ever, so no names.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
