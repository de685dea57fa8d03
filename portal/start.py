"""What `script/serve` does once everything is installed: migrates, loads the demonstration once, says who may sign
in, and serves with a worker for waiting jobs in a thread. One process for all of it, so that a second start takes a
second or two, and nothing is left running.
"""

import os
import sys
from collections.abc import Iterator
from unicodedata import east_asian_width

import click
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import select

from portal import create_app, worker
from portal.accounts.models import Person
from portal.admin.operations import setup_code
from portal.db import db
from portal.demo import PASSWORD, PIN, is_empty
from portal.epoch import ensure_whole
from portal.permissions import Role
from portal.server import serve


def main() -> None:
    app = create_app()
    ensure_whole(app.config["INSTANCE"])
    say("Migrating the database …")
    command(app, "db", "upgrade")
    with app.app_context():
        empty = is_empty()
    if empty and os.environ.get("PORTAL_DEMO", "1") == "1":
        say("Loading the demonstration company …")
        command(app, "demo", "load")
    command(app, "search", "rebuild", "--if-empty")  # after an upgrade from a version without a search
    with app.app_context():
        for line in who_may_sign_in():
            say(line)
    with worker.beside(app):
        serve(app, app.config["HOST"], app.config["PORT"], app.config["PROXIES"])


def say(text: str) -> None:
    print(text, flush=True)


def command(app: Flask, *arguments: str) -> None:
    """Runs one of the `flask` commands here; what it refuses ends the start."""
    try:
        app.cli.main([*arguments], prog_name="flask", obj=ScriptInfo(create_app=lambda: app), standalone_mode=False)
    except click.ClickException as error:
        sys.exit(f"{' '.join(arguments)}: {error.format_message()}")


def who_may_sign_in() -> Iterator[str]:
    demo = db.session.scalars(select(Person).where(Person.demo, Person.active)).unique().all()
    if is_empty():
        yield f"Nobody can sign in yet. Open the page /setup at the address below; its setup code is {setup_code()}"
        yield "Or make the first account in another terminal, with the same settings:"
        yield '  .venv/bin/flask --app wsgi people add USERNAME --name "NAME" --role admin'
    if demo:
        yield f"Demonstration accounts (password of all: {PASSWORD}, PIN: {PIN}):"
    for person in sorted(demo, key=first_role):
        yield f"  {person.username:<8} {padded(person.name, 10)} {', '.join(sorted(person.roles))}"


def first_role(person: Person) -> int:
    ranks = list(Role)
    return min(map(ranks.index, person.roles), default=len(ranks))


def padded(text: str, width: int) -> str:
    """Chinese characters take two columns of a terminal."""
    return text + " " * (width - len(text) - sum(east_asian_width(letter) in "WF" for letter in text))


if __name__ == "__main__":
    main()
