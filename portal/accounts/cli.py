"""`flask people …`: accounts for an operator."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import AppGroup
from sqlalchemy import select

from portal.accounts import operations, rules
from portal.accounts.models import Branch, Person
from portal.db import db, transaction
from portal.errors import Rejected
from portal.permissions import Role

people = AppGroup("people", help="Accounts.")


@people.command("add")
@click.argument("username")
@click.option("--name", required=True, help="The person's name as papers show it.")
@click.option("--role", "roles", required=True, multiple=True, type=click.Choice([r.value for r in Role]))
@click.option("--branch", "branch_code", help="Code of the branch; the first one if not given.")
@click.option("--mail", "email", default="", help="Address that letters of the house go to; none if not given.")
@click.option("--password-stdin", is_flag=True, help="Reads the password from standard input.")
@click.option("--pin", help="PIN of 4 to 8 digits, asked by an idle phone and after a hand-over.")
def add_command(
    username: str,
    name: str,
    roles: tuple[str, ...],
    branch_code: str | None,
    email: str,
    password_stdin: bool,
    pin: str | None,
) -> None:
    """Makes an account. A person may have several roles: repeat --role."""
    password = read_password(password_stdin)
    pin = pin or (None if password_stdin else ask_pin())
    with transaction(), refusals():
        branch = branch_for(branch_code)
        operations.add_person(rules.plain_username(username), name, roles, branch, password, pin=pin, email=email)
    click.echo(f"{username} may sign in now ({', '.join(roles)}).")
    if not pin:
        click.echo("No PIN yet: hand-over asks for the password until one is set.")


@people.command("reset")
@click.argument("username")
@click.option("--password-stdin", is_flag=True, help="Reads the new password from standard input.")
@click.option("--password/--no-password", "wants_password", default=None, help="Whether to set a new password.")
@click.option("--pin", help="A new PIN of 4 to 8 digits.")
def reset_command(username: str, password_stdin: bool, wants_password: bool | None, pin: str | None) -> None:
    """Sets a new password, a new PIN, or both; ends the person's sessions and lifts the slow-down."""
    if wants_password is None:
        wants_password = password_stdin or pin is None
    password = read_password(password_stdin) if wants_password else None
    if password is None and pin is None:
        raise click.UsageError("Nothing to reset: give --pin, or leave --no-password out.")
    with transaction(), refusals():
        person = find_person(username)
        if password is not None:
            operations.set_password(person, password)
        if pin is not None:
            operations.set_pin(person, pin)
        ended = operations.end_sessions(person)
        operations.forget_failures(person.username)
    click.echo(f"Done. Sessions ended: {ended}.")


@contextmanager
def refusals() -> Iterator[None]:
    try:
        yield
    except Rejected as refusal:
        raise click.ClickException(str(refusal)) from refusal


def read_password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    if not rules.is_password(password):
        raise click.ClickException(f"A password has {rules.MIN_PASSWORD} to {rules.MAX_PASSWORD} characters.")
    if rules.is_guessable(password):
        raise click.ClickException("This password is among those that are tried first. Take several words.")
    return password


def ask_pin() -> str | None:
    return click.prompt("PIN (4 to 8 digits, empty for none)", default="", hide_input=True, show_default=False) or None


def find_person(username: str) -> Person:
    query = select(Person).where(Person.username == rules.plain_username(username))
    person = db.session.scalars(query).one_or_none()
    if person is None:
        raise click.ClickException(f"There is no account {username}.")
    return person


def branch_for(code: str | None) -> Branch:
    """The branch of that code, the first one, or, in an empty database, a new one."""
    found = operations.first_branch(code)
    if found is not None:
        return found
    if operations.first_branch() is not None:
        raise click.ClickException(f"There is no branch {code}.")
    return operations.add_branch(code or "01", operations.DEFAULT_BRANCH)
