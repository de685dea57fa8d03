"""The base of all forms, and fields that turn what people type into domain values.

A form checks shape, the operation checks the trade; both refusals come back the same way, beside the field, with
what was typed still there. `form.values` is what the verb takes.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import wtforms
from flask import Response, g, request
from werkzeug.datastructures import CombinedMultiDict, FileStorage
from wtforms import validators

from portal import receipts
from portal.clock import at_site, local
from portal.db import db, new_id
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.ink import read_strokes
from portal.money import parse_decimal
from portal.widgets import Options, Text, TextArea

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
LINE_LIMIT, WORDS_LIMIT = 200, 4000
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # categories Cc and Cs, but line feed and tab


def plain(text: Any) -> Any:
    """Without control characters and lone surrogates (databases and paper cannot hold them), ends trimmed, NFC."""
    if not isinstance(text, str):
        return text
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return CONTROLS.sub("", text).strip()


class Required(validators.DataRequired):
    def __init__(self, message: Any = None) -> None:
        super().__init__(message or lazy("Fill this in."))


class Line(wtforms.StringField):
    """One line of text; `limit` characters at most. Optional unless `required`."""

    widget = Text()

    def __init__(self, label: Any, *, required: bool | Any = False, limit: int = LINE_LIMIT, **kw: Any) -> None:
        kw.setdefault("filters", [plain])
        kw.setdefault("render_kw", {})["maxlength"] = limit
        super().__init__(label, presence(required) + [shorter_than(limit)] + list(kw.pop("validators", [])), **kw)
        self.limit = limit


class Words(Line):
    """Several lines of text."""

    widget = TextArea()

    def __init__(self, label: Any, *, required: bool | Any = False, limit: int = WORDS_LIMIT, **kw: Any) -> None:
        super().__init__(label, required=required, limit=limit, **kw)


class Choice(wtforms.SelectField):
    """One of `choices` (value, label) pairs; drawn as radios, chips or a select by the template's macro."""

    widget = Options()

    def __init__(self, label: Any, *, required: bool | Any = True, choices: Any = None, **kw: Any) -> None:
        super().__init__(label, presence(required), validate_choice=False, **kw)
        self.choices = choices  # set, not passed: WTForms is about to drop pairs in its constructor

    def pre_validate(self, form: Any) -> None:
        if self.data and self.data not in {str(choice[0]) for choice in self.choices or []}:
            raise validators.ValidationError(str(lazy("Choose one of the values shown.")))

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = valuelist[0][:LINE_LIMIT].replace("\x00", "") if valuelist else None


class Choices(wtforms.SelectMultipleField):
    """Any of `choices`: ticks."""

    def __init__(self, label: Any, *, choices: Any = None, **kw: Any) -> None:
        super().__init__(label, [validators.Optional()], validate_choice=False, **kw)
        self.choices = choices

    def pre_validate(self, form: Any) -> None:
        known = {str(choice[0]) for choice in self.choices or []}
        if any(value not in known for value in self.data or []):
            raise validators.ValidationError(str(lazy("Choose from the values shown.")))


class Typed(wtforms.StringField):
    """A field whose text is read by `read`; what was typed comes back unchanged when it cannot be read."""

    unreadable: Any = lazy("This cannot be read.")
    widget = Text()

    def __init__(self, label: Any, *, required: bool | Any = True, **kw: Any) -> None:
        self.required_words = required
        super().__init__(label, [], **kw)
        self.typed = ""

    def _value(self) -> str:
        return self.typed or (self.show(self.data) if self.data is not None else "")

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.typed = plain(valuelist[0][:LINE_LIMIT]) if valuelist else ""
        self.data = None
        if not self.typed:
            return
        try:
            self.data = self.read(self.typed)
        except (ValueError, ArithmeticError, OverflowError):
            raise ValueError(str(self.unreadable)) from None

    def pre_validate(self, form: Any) -> None:
        if self.required_words and not self.typed and self.data is None:
            words = self.required_words if self.required_words is not True else lazy("Fill this in.")
            raise validators.StopValidation(str(words))

    def read(self, text: str) -> Any:
        raise ValueError(text)

    def show(self, value: Any) -> str:
        return str(value)


class Number(Typed):
    """A Decimal of at most `places` places, within `least` and `most`."""

    unreadable = lazy("Write a number, for example 1 or 2.5.")

    def __init__(
        self,
        label: Any,
        *,
        least: Decimal = Decimal("0.001"),
        most: Decimal = Decimal(99999),
        places: int = 3,
        **kw: Any,
    ) -> None:
        kw.setdefault("render_kw", {"inputmode": "decimal"})
        super().__init__(label, **kw)
        self.least, self.most, self.places = least, most, places

    def read(self, text: str) -> Decimal:
        value = parse_decimal(text)
        if value != round(value, self.places):
            raise ValueError(text)
        return value

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.data is None:
            return
        if self.data < self.least:
            raise validators.ValidationError(str(lazy("Write at least %(least)s.", least=f"{self.least:f}")))
        if self.data > self.most:
            raise validators.ValidationError(str(lazy("Write at most %(most)s.", most=f"{self.most:f}")))

    def show(self, value: Decimal) -> str:
        return f"{value.normalize():f}"


class Moment(Typed):
    """A time: ISO 8601 with offset, or local to the site (`form.zone`). A native date-and-time input."""

    unreadable = lazy("Write date and time, for example 2026-11-23T14:05.")

    def __init__(self, label: Any, *, required: bool | Any = False, **kw: Any) -> None:
        kw.setdefault("render_kw", {"type": "datetime-local"})
        super().__init__(label, required=required, **kw)
        self.zone = "UTC"

    def read(self, text: str) -> datetime:
        moment = at_site(datetime.fromisoformat(text), self.zone)
        if not EARLIEST <= moment < LATEST:
            raise ValueError(text)
        return moment

    def show(self, value: datetime) -> str:
        return local(value, self.zone).strftime("%Y-%m-%dT%H:%M")


class Day(Typed):
    """A date. A native date input."""

    unreadable = lazy("Write a date, for example 2026-11-23.")

    def __init__(self, label: Any, *, required: bool | Any = False, **kw: Any) -> None:
        kw.setdefault("render_kw", {"type": "date"})
        super().__init__(label, required=required, **kw)

    def read(self, text: str) -> date:
        day = date.fromisoformat(text)
        if not EARLIEST.date() <= day < LATEST.date():
            raise ValueError(text)
        return day


class Picture(wtforms.FileField):
    """An uploaded picture: `data` is its bytes, None when no file came."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        file = next((f for f in valuelist if isinstance(f, FileStorage)), None)
        content = file.stream.read() if file else b""
        self.data = content or None

    def _value(self) -> str:
        return ""


class Strokes(wtforms.HiddenField):
    """The ink as the phone sends it; what cannot be read as ink is no ink."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        sent = valuelist[0] if valuelist else ""
        self.data = read_strokes(sent) if sent else None
        self.kept = sent if self.data else ""

    def _value(self) -> str:
        return getattr(self, "kept", "")


def presence(required: bool | Any) -> list[Any]:
    if required is False:
        return [validators.Optional()]
    return [Required(None if required is True else required)]


def shorter_than(limit: int) -> Callable[[Any, Any], None]:
    def check(form: Any, field: Any) -> None:
        if field.data and len(field.data) > limit:
            words = lazy("Too long: %(n)s characters, at most %(limit)s.", n=len(field.data), limit=limit)
            raise validators.ValidationError(str(words))

    return check


EVERYTHING = {"view": "all"}  # asks for a list without a filter, also where it opens with a saved view


class Filters(wtforms.Form):
    """What narrows a list. A field that is left open narrows nothing, so that none has to be called optional."""

    class Meta(wtforms.Form.Meta):
        unmarked = True


class EntryForm(wtforms.Form):
    """A form that is sent under an entry id. `zone`: the site's time zone, in which times are typed.

    `unmarked` names the fields that may be empty here but are not called optional: an answer stands there already,
    or something later asks for them.
    """

    entry_id = wtforms.HiddenField()
    unmarked: tuple[str, ...] = ()

    def __init__(self, *, zone: str = "UTC", **kwargs: Any) -> None:
        self.zone = zone
        self.refusal: Rejected | None = None
        sent: Any = CombinedMultiDict([request.files, request.form]) if request.method == "POST" else None
        super().__init__(formdata=sent, **kwargs)
        for name in self.unmarked:
            self[name].flags.unmarked = True
        self._check_entry()

    def process(self, *args: Any, **kwargs: Any) -> None:
        for field in self._fields.values():
            if isinstance(field, Moment):
                field.zone = self.zone
        super().process(*args, **kwargs)

    def _check_entry(self) -> None:
        entry = g.get("entry")
        self.problem: tuple[int, Any] | None = entry.problem if entry else None
        if request.method != "POST" or entry is None or entry.id is None or (self.problem and self.problem[0] == 409):
            self.entry_id.data = str(new_id())
        else:
            self.entry_id.data = str(entry.id)

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        if self.problem:
            self.form_errors.append(str(self.problem[1]))
            return False
        return valid

    def accepted(self) -> bool:
        """A POST whose fields can be read: the verb may be called."""
        return request.method == "POST" and self.validate()

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Runs a verb in a savepoint; its refusal is shown beside the field it names."""
        savepoint = db.session.begin_nested()
        try:
            yield
            savepoint.commit()
        except Rejected as refusal:
            savepoint.rollback()
            db.session.expire_all()
            self.refuse(refusal)

    def refuse(self, refusal: Rejected) -> None:
        self.refusal = refusal
        if refusal.field and refusal.field in self._fields:
            field = self._fields[refusal.field]
            field.errors = [*field.errors, str(refusal)]
        else:
            self.form_errors.append(str(refusal))

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.data.items() if name not in ("entry_id", "form_version", "amends")}

    @property
    def status(self) -> int:
        """200 before it was sent, then what the refusal means (contract 5)."""
        if self.problem:
            return self.problem[0]
        if isinstance(self.refusal, Conflict):
            return 409
        return 422 if request.method == "POST" else 200

    def outbox_refusal(self) -> Response:
        if isinstance(self.refusal, Conflict):
            return receipts.hold(str(self.refusal))
        errors = {name: [str(words) for words in found] for name, found in self.errors.items() if name}
        if self.form_errors:
            errors[""] = [str(words) for words in self.form_errors]
        return receipts.outbox_answer(422, "refused", errors=errors)


class VerbForm(EntryForm):
    """A button: nothing but the entry, and when it happened."""

    occurred_at = Moment(lazy("When"))


def whole_number(text: str, default: int, most: int) -> int:
    """A query parameter such as a page number; anything odd gives the default."""
    return min(int(text), most) if re.fullmatch(r"\d{1,9}", text or "") else default
