"""What `script/serve` does once everything is installed: migrates, loads the demonstration once, says who may sign
in, and serves. One process for all of it, so that a second start takes a second or two.
"""

import os
import sys
from collections.abc import Iterator
from unicodedata import east_asian_width

import click
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import select

from portal import create_app
from portal.accounts.models import Person
from portal.db import db
from portal.demo import PASSWORD, PIN
from portal.permissions import Role
from portal.server import serve


def main() -> None:
    app = create_app()
    say("Migrating the database …")
    command(app, "db", "upgrade")
    if os.environ.get("PORTAL_DEMO", "1") == "1" and not people(app):
        say("Loading the demonstration company …")
        command(app, "demo", "load")
    for line in who_may_sign_in(people(app)):
        say(line)
    serve(app, app.config["HOST"], app.config["PORT"])


def say(text: str) -> None:
    print(text, flush=True)


def command(app: Flask, *arguments: str) -> None:
    """Runs one of the `flask` commands here; what it refuses ends the start."""
    try:
        app.cli.main([*arguments], prog_name="flask", obj=ScriptInfo(create_app=lambda: app), standalone_mode=False)
    except click.ClickException as error:
        sys.exit(f"{' '.join(arguments)}: {error.format_message()}")


def people(app: Flask) -> list[Person]:
    with app.app_context():
        return list(db.session.scalars(select(Person).order_by(Person.created_at, Person.username)).unique())


def who_may_sign_in(everybody: list[Person]) -> Iterator[str]:
    demo = [person for person in everybody if person.demo and person.active]
    if not everybody:
        yield "Nobody can sign in yet. In another terminal, with the same settings, make the first account:"
        yield '  .venv/bin/flask --app wsgi people add USERNAME --name "NAME" --role admin'
    if demo:
        yield f"Demonstration accounts (password of all: {PASSWORD}, PIN: {PIN}):"
        ranks = list(Role)
        for person in sorted(demo, key=lambda person: min(map(ranks.index, person.roles), default=0)):
            yield f"  {person.username:<8} {padded(person.name, 10)} {', '.join(sorted(person.roles))}"


def padded(text: str, width: int) -> str:
    """Chinese characters take two columns of a terminal."""
    return text + " " * (width - len(text) - sum(east_asian_width(letter) in "WF" for letter in text))


if __name__ == "__main__":
    main()
