"""A held entry takes effect: the view of its very form is called as its author's phone would have called it.

In the same transaction and on the same app context, so that the effect, the decision and the receipt are stored
together or not at all. The gate is passed by, because its questions were asked when the entry came; whose entry may
be applied at all is asked by `decisions`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Response, current_app, g, make_response, request
from werkzeug.datastructures import FileStorage, Headers, ImmutableMultiDict, MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder

from portal import files, formversions
from portal.accounts.models import Person
from portal.db import db
from portal.errors import FileLost, Rejected
from portal.i18n import _, lazy
from portal.offline.payload import form_of
from portal.offline.targets import target_of
from portal.receipts import Entry, HeldEntry

OF_THE_REQUEST = ("request_id", "locale", "newest_setting", "held_open", "afterwards")  # of `g`: the same inside


@dataclass
class Session:
    """Stands for the session of the author, who is not here."""

    person: Person
    csrf_token: str = ""
    device: str = "phone"
    handover_token: str | None = None


def take_effect(held: HeldEntry, author: Person, path: str, version: str = "") -> str:
    """Applies the entry through the form at `path` and says where that led to. Raises Rejected with what the form says
    against it; then nothing was changed. `version`: that of the diagnosis which the supervisor saw beside the entry."""
    target = target_of(path)
    if target is None:
        raise Rejected(lazy("There is no form at this entry's address any more."))
    savepoint = db.session.begin_nested()
    try:
        answer = called(held, author, path, version)
    except BaseException:
        savepoint.rollback()
        raise
    location = answer.headers.get("Location")
    if location is None or answer.status_code >= 400:
        savepoint.rollback()
        db.session.expire_all()
        raise Rejected(words_of(answer, target.endpoint))
    savepoint.commit()
    return str(location)


def called(held: HeldEntry, author: Person, path: str, version: str) -> Response:
    target = target_of(path)
    assert target is not None
    builder = EnvironBuilder(
        path=path,
        base_url=request.root_url,
        method="POST",
        data=content(held, target.endpoint, version),
        headers=Headers({"X-Outbox": "1"}),
    )
    try:
        environ = builder.get_environ()
    finally:
        builder.close()
    with as_author(held, author), current_app.request_context(environ):
        view: Any = current_app.view_functions[target.endpoint]
        try:
            return make_response(view(**target.values))
        except HTTPException as error:
            return make_response(error.get_response())


@contextmanager
def as_author(held: HeldEntry, author: Person) -> Iterator[None]:
    """What is kept for a request is the author's for a moment."""
    own: dict[str, Any] = vars(g._get_current_object())
    before = dict(own)
    kept = {name: value for name, value in own.items() if name in OF_THE_REQUEST}
    kept.setdefault("afterwards", [])
    own.clear()
    own.update(kept)
    g._login_user, g.sign_in = author, Session(author)
    g.entry = Entry(id=held.entry_id, sha256=held.sha256, decided=True)
    try:
        yield
    finally:
        own.clear()
        own.update(before | {"afterwards": kept["afterwards"]})


def content(held: HeldEntry, endpoint: str, version: str) -> MultiDict[str, Any]:
    """The entry's fields and files. A form that asks when it happened is told the phone's time, never this moment."""
    form = form_of(endpoint)
    said = [(name, value) for name, value in as_of_today(held, endpoint) if name not in ("form_version", "version")]
    if version and "version" in form:
        said.append(("version", version))
    if "occurred_at" in form and not any(name == "occurred_at" and value for name, value in said):
        said = [(name, value) for name, value in said if name != "occurred_at"]
        said.append(("occurred_at", (held.created_at or held.recorded_at).isoformat()))
    sent: MultiDict[str, Any] = MultiDict(said)
    sent.add("entry_id", str(held.entry_id))
    for name, filename, digest in held.files:
        try:
            stream = BytesIO(files.read(digest))
        except FileLost:
            raise Rejected(lazy("A file of this entry is lost.")) from None
        sent.add(name, FileStorage(stream, filename=filename or "file", name=name))
    return sent


def as_of_today(held: HeldEntry, endpoint: str) -> list[tuple[str, str]]:
    """The fields as the form of today would have sent them. Those of a version that never was go as they are: the
    supervisor has read them."""
    fields = [(name, value) for name, value in held.fields]
    version = dict(fields).get("form_version", formversions.FIRST)
    if not formversions.is_known(endpoint, version):
        return fields
    return list(formversions.upcast(endpoint, version, ImmutableMultiDict(fields)).items(multi=True))


def words_of(answer: Response, endpoint: str) -> str:
    """What the form said against the entry, in one paragraph."""
    told: Any = answer.get_json(silent=True) or {}
    form = form_of(endpoint)
    found = [
        _("%(a)s: %(b)s", a=form[name].label.text, b=" ".join(words)) if name in form else " ".join(words)
        for name, words in (told.get("errors") or {}).items()
    ]
    if found or told.get("why"):
        return " ".join(found) or str(told["why"])
    return str(
        {
            403: lazy("Its author may not do this."),
            404: lazy("What this entry is about is not there."),
            409: lazy("It was changed meanwhile."),
        }.get(answer.status_code, lazy("The form does not take this entry."))
    )
