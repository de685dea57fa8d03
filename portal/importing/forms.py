"""Sending a file, and saying what its columns mean."""

from typing import Any

import wtforms
from flask import request, url_for
from werkzeug.datastructures import FileStorage

from portal.forms import Choice, EntryForm, plain
from portal.i18n import _, lazy
from portal.importing.kinds import KINDS
from portal.importing.models import Import
from portal.importing.words import KINDS as KIND_WORDS
from portal.permissions import Permission, may


class Spreadsheet(wtforms.FileField):
    """An uploaded file: `data` is its bytes, `file_name` what it was called."""

    file_name = ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        file = next((f for f in valuelist if isinstance(f, FileStorage)), None)
        self.data = (file.stream.read() if file else b"") or None
        self.file_name = plain((file.filename if file else "") or "")

    def _value(self) -> str:
        return ""

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            raise wtforms.validators.StopValidation(
                str(lazy("The file is empty.")) if self.file_name else str(lazy("Choose a file."))
            )


class FileForm(EntryForm):
    kind = Choice(lazy("What is in it"), required=lazy("Say what is in the file."))
    file = Spreadsheet(lazy("Spreadsheet (.xlsx or CSV)"), render_kw={"accept": ".csv,.txt,.tsv,.xlsx,text/csv"})

    def __init__(self, kinds: list[str]) -> None:
        super().__init__()
        self.kind.choices = [(kind, str(KIND_WORDS[kind])) for kind in kinds]
        if request.method == "GET":
            self.kind.data = kinds[0] if len(kinds) == 1 else plain(request.args.get("kind", ""))

    @property
    def sent(self) -> tuple[str, str, bytes]:
        return str(self.kind.data), self.file.file_name, self.file.data or b""


class ColumnsForm(EntryForm):
    """One choice a column, named by its position: columns differ from file to file."""

    def __init__(self, run: Import) -> None:
        self.run = run
        super().__init__()
        fields = [("", _("Leave out")), *((column.field, str(column.words)) for column in KINDS[run.kind].columns)]
        known = {field for field, _words in fields}
        sent = request.form if request.method == "POST" else {}
        self.choices = fields
        self.mapping = [str(sent.get(f"column-{at}", before)) for at, before in enumerate(run.mapping)]
        self.mapping = [field if field in known else "" for field in self.mapping]


def allowed_kinds() -> list[str]:
    """What the signed-in person may bring in."""
    return [name for name in KINDS if may(Permission.IMPORT, Import(kind=name))]


def import_address(kind: str) -> str | None:
    """Where an empty list leads to for its first rows, if the signed-in person may bring them in."""
    return url_for("importing.new", kind=kind) if kind in allowed_kinds() else None
