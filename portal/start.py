"""What `script/serve` does once everything is installed: migrates, loads the demonstration once, says who may sign
in, and serves with a worker for waiting jobs in a thread. One process for all of it, so that a second start takes a
second or two, and nothing is left running.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from unicodedata import east_asian_width

import click
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import select

from portal import config, create_app, memory, worker
from portal.accounts.cli import read_password
from portal.accounts.models import Person
from portal.admin.operations import setup_code
from portal.db import db, transaction
from portal.demo import PASSWORD, PIN, is_empty
from portal.demo.passwords import set_for_all, with_published_password
from portal.epoch import ensure_whole
from portal.lan.opening import Opening, open_to_the_network
from portal.permissions import Role
from portal.server import serve


def main() -> None:
    wanted = arguments()
    memory.keep_small()  # a worker's thread starts before the server
    settings = config.from_environment()
    opening = None
    if wanted.lan:
        opening = open_to_the_network(settings, os.environ.get("PORTAL_HOST", ""))
    app = create_app(settings)
    ensure_whole(app.config["INSTANCE"])
    say("Migrating the database …")
    command(app, "db", "upgrade")
    with app.app_context():
        wants_demo = is_empty() and os.environ.get("PORTAL_DEMO", "1") == "1"
        password = new_password(wants_demo, wanted.password_stdin) if opening else None
    if wants_demo:
        say("Loading the demonstration company …")
        command(app, "demo", "load")
    command(app, "search", "rebuild", "--if-empty")  # after an upgrade from a version without a search
    with app.app_context():
        if password:
            with transaction():
                say(f"{set_for_all(password)} demonstration accounts have the new password.")
        for line in who_may_sign_in():
            say(line)
    serve_all(app, opening)


def serve_all(app: Flask, opening: Opening | None) -> None:
    host, port, proxies, tls = (app.config[key] for key in ("HOST", "PORT", "PROXIES", "TLS"))
    with worker.beside(app):
        if opening is None:
            serve(app, host, port, proxies, tls=tls)
            return
        opening.serve_page(app)
        for line in opening.words():
            say(line)
        serve(app, host, port, proxies, tls=tls, renew=opening.renew, known_as=opening.shown)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("script/serve", description="Makes everything ready and serves the portal.")
    parser.add_argument("--lan", action="store_true", help="open it to phones of the local network, with https")
    parser.add_argument(
        "--password-stdin",
        action="store_true",
        help="with --lan: read the new password of the demonstration accounts from standard input",
    )
    found = parser.parse_args()
    if found.password_stdin and not found.lan:
        parser.error("--password-stdin goes with --lan.")
    return found


def new_password(wants_demo: bool, from_stdin: bool) -> str | None:
    """The password that demonstration accounts get before others can reach them; None when they have one already."""
    if not wants_demo and not with_published_password():
        return None
    if not from_stdin and not sys.stdin.isatty():
        sys.exit(
            "The password of the demonstration accounts is published, so the network is not let in with it. Start\n"
            "--lan where it can ask for another one, or let --password-stdin read one from standard input."
        )
    if not from_stdin:
        say("Everybody in this network can reach the portal. Choose a password for the demonstration accounts.")
    try:
        return read_password(from_stdin)
    except click.ClickException as error:
        sys.exit(error.format_message())
    except click.Abort:
        sys.exit("Nothing was opened.")


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
        published = len(with_published_password()) == len(demo)
        password = f"password of all: {PASSWORD}" if published else "with the password that was chosen"
        yield f"Demonstration accounts ({password}, PIN: {PIN}):"
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
