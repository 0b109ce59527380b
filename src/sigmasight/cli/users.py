"""`sigmasight users`: the first administrator, and everybody after him."""

import sys
from typing import Annotated

import typer

from sigmasight.cli.output import announce, print_json, print_table
from sigmasight.cli.session import AsJson, Document
from sigmasight.domain.access import Role, readable_email
from sigmasight.domain.errors import InvalidEntryError
from sigmasight.services.users import add_person, change_account
from sigmasight.store.access import end_sessions, write_password
from sigmasight.store.people import Account, load_accounts, require_user
from sigmasight.wiring.application import open_application
from sigmasight.wiring.logs import configure_logs
from sigmasight.wiring.passwords import LEAST_PASSWORD, hash_password
from sigmasight.wiring.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False)
Email = Annotated[str, typer.Argument(help="The e-mail address.")]
FromInput = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command("create")
def run_create(
    email: Email,
    name: Annotated[str, typer.Option("--name", help="How he is called.")] = "",
    admin: Annotated[bool, typer.Option("--admin", help="He administers this installation.")] = False,
    from_input: FromInput = False,
) -> None:
    """Add a user with an empty portfolio."""
    settings = Settings()
    configure_logs(settings)
    address = readable_email(email)
    hashed = hash_password(_password(from_input=from_input))
    role = Role.ADMIN if admin else Role.USER
    with open_application(settings, announce) as application, application.db.write() as conn:
        today = application.today
        add_person(conn, email=address, name=name or address, password_hash=hashed, role=role, today=today)
    announce(f"{address} is added, as {role}")


@app.command("list")
def run_list(as_json: AsJson = False) -> None:
    """Show all users."""
    settings = Settings()
    configure_logs(settings)
    with open_application(settings, announce) as application, application.db.read() as conn:
        accounts = load_accounts(conn)
    if as_json:
        print_json({"users": [_document(each) for each in accounts]})
        return
    rows = [[each.email, each.name, each.role, _state(each), f"{each.created_at:%Y-%m-%d}"] for each in accounts]
    print_table("Users", ["e-mail", "name", "role", "may sign in", "since"], rows, text_columns=5)


@app.command("change")
def run_change(
    email: Email,
    role: Annotated[Role | None, typer.Option("--role", help="What he is.")] = None,
    active: Annotated[bool | None, typer.Option("--active/--closed", help="Whether he may sign in.")] = None,
) -> None:
    """Change what a user is, or whether he may sign in; it ends his sessions."""
    settings = Settings()
    configure_logs(settings)
    with open_application(settings, announce) as application, application.db.write() as conn:
        user = require_user(conn, email)
        account = change_account(conn, user.id, role=role, active=active, now=application.clock())
    announce(f"{account.email}: {account.role}, may sign in: {_state(account)}")


@app.command("password")
def run_password(email: Email, from_input: FromInput = False) -> None:
    """Give a user another password; it ends his sessions."""
    settings = Settings()
    configure_logs(settings)
    hashed = hash_password(_password(from_input=from_input))
    with open_application(settings, announce) as application, application.db.write() as conn:
        user = require_user(conn, email)
        write_password(conn, user.id, hashed)
        end_sessions(conn, user.id, application.clock())
    announce(f"{user.email} has another password")


def _password(*, from_input: bool) -> str:
    """What is typed twice, or the first line of standard input.

    Raises:
        InvalidEntryError: If it is too short.
    """
    if from_input:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    if len(password) < LEAST_PASSWORD:
        raise InvalidEntryError(f"A password has {LEAST_PASSWORD} characters or more.")
    return password


def _document(each: Account) -> Document:
    return {
        "id": str(each.id),
        "email": each.email,
        "name": each.name,
        "role": each.role,
        "active": each.active,
        "created_at": each.created_at.isoformat(),
    }


def _state(each: Account) -> str:
    return "yes" if each.active else "no"
