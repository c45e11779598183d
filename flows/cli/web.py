"""Commands of the web app: serve it, and who may log in."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.terminal import DEFAULT_OUT, Out, SettingsFile, say

app = typer.Typer(invoke_without_command=True, help="The map and review workbench in a browser.")
users_app = typer.Typer(no_args_is_help=True, help="Who may log in, and as what.")
app.add_typer(users_app, name="user")
UsersFile = Annotated[
    Path | None, typer.Option("--users", help="File of users.  [OUT/.web/users.json]")
]
Name = Annotated[str, typer.Argument(help="Staff id; it stands in reviews and the ledger.")]


@app.callback()
def serve(
    context: typer.Context,
    *,
    out: Out = DEFAULT_OUT,
    port: Annotated[int, typer.Option(help="On 127.0.0.1.")] = 8787,
    settings: SettingsFile = None,
    users: UsersFile = None,
    public_host: Annotated[
        str | None,
        typer.Option(help="Name under which a proxy with TLS serves it; logging in needs https."),
    ] = None,
) -> None:
    """Serve the web app on this machine until Ctrl-C; without a command behind it."""
    if context.invoked_subcommand is not None:
        return
    from flows.serving import HOST, serve_web
    from flows.wiring.workbench import open_users

    if not open_users(out, users).list():
        say("Nobody may log in yet: firstnotice web user add NAME --role reviewer")
    say(f"http://{HOST}:{port}")
    serve_web(out, port, settings, users, public_host)


@users_app.command("add")
def add_command(
    name: Name,
    *,
    role: Annotated[str, typer.Option(help="viewer, reviewer, adjuster or supervisor.")],
    out: Out = DEFAULT_OUT,
    users: UsersFile = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Add a person, or give one another role and password."""
    from flows.wiring.workbench import open_users
    from web.people.rights import read_desk_role

    chosen = read_desk_role(role)
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    open_users(out, users).put(name, chosen, password)
    say(f"{name} may log in as {chosen}")


@users_app.command("list")
def list_command(*, out: Out = DEFAULT_OUT, users: UsersFile = None) -> None:
    """Say who may log in, and as what."""
    from flows.wiring.workbench import open_users

    for person in open_users(out, users).list():
        say(f"{person.name}  {person.role}")


@users_app.command("remove")
def remove_command(name: Name, *, out: Out = DEFAULT_OUT, users: UsersFile = None) -> None:
    """Take a person out; who is logged in is so no longer."""
    from flows.wiring.workbench import open_users

    open_users(out, users).remove(name)
    say(f"{name} may no longer log in")
