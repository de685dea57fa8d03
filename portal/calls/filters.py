"""The register's filter and its page marks, read from the address. What cannot be read is left out."""

import uuid
from datetime import date, datetime

import wtforms
from flask import request

from portal.calls import queries
from portal.calls.queries import DONE, OPEN, Filter
from portal.forms import Choice, Filters, Line
from portal.i18n import _, lazy


class FilterForm(Filters):
    """The register's filter."""

    q = Line(lazy("Call, customer, phone or fault"), limit=100, render_kw={"type": "search"})
    state = Choice(lazy("State"), required=False)
    technician = Choice(lazy("Technician"), required=False)
    start = wtforms.StringField(lazy("From day"), name="from", render_kw={"type": "date"})
    end = wtforms.StringField(lazy("To day"), name="to", render_kw={"type": "date"})

    def __init__(self) -> None:
        super().__init__(formdata=request.args)
        self.state.choices = [("", _("All")), (OPEN, _("Open")), (DONE, _("Done"))]
        self.technician.choices = [("", _("All")), *queries.technician_names()]

    def wanted(self) -> Filter:
        return Filter(
            q=(self.q.data or "")[:100],
            state=self.state.data if self.state.data in (OPEN, DONE) else "",
            technician=as_id(self.technician.data),
            start=as_day(self.start.data),
            end=as_day(self.end.data),
            before=as_cursor(request.args.get("before", "")),
        )


def as_id(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def as_day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 2000 <= day.year < 2100 else None


def as_cursor(text: str) -> tuple[datetime, uuid.UUID] | None:
    """The register's page mark: `<time>_<id>`."""
    moment, _mark, call_id = text.partition("_")
    found = as_id(call_id)
    try:
        when = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (when, found) if found and when.tzinfo and 2000 <= when.year < 2100 else None


def cursor_text(cursor: tuple[datetime, uuid.UUID] | None) -> str | None:
    return f"{cursor[0].isoformat()}_{cursor[1]}" if cursor else None
