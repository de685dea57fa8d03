"""What a phone sends of a hand-over that it did without us. Contacts may have changed, so names come as text."""

import uuid
from collections.abc import Mapping
from typing import Any

import wtforms
from werkzeug.datastructures import MultiDict

from portal.forms import Choice, EntryForm, Line, Moment
from portal.i18n import LOCALES, lazy
from portal.phone import PHONE_LIMIT
from portal.receipts import parse_id
from portal.reports.forms import NAME_LIMIT, SignatureForm, SurveyForm, survey_form
from portal.reports.operations.handing import Signer
from portal.reports.operations.unseen import Sight
from portal.reports.statement import CURRENT, STATEMENTS

MOST_ENTRIES = 500


class NamesEntries(EntryForm):
    """`entries`: ids of what the customer's text rests on, separated by spaces."""

    entries = wtforms.StringField()
    occurred_at = Moment(lazy("When"))

    @property
    def ids(self) -> list[uuid.UUID]:
        return named_in(self.entries.data)


def named_in(text: str | None) -> list[uuid.UUID]:
    found = (parse_id(one) for one in (text or "").split()[:MOST_ENTRIES])
    return [one for one in found if one is not None]


class UnseenHandOverForm(NamesEntries):
    token = wtforms.StringField()
    locale = Choice(lazy("The customer's language"), choices=list(LOCALES.items()))
    signer_name = Line(lazy("Name"), required=lazy("Choose or write who signs."), limit=NAME_LIMIT)
    signer_role = Line(lazy("Relation to the customer"), limit=20)
    signed_for = Line(lazy("Signs in place of"), limit=NAME_LIMIT)
    signer_phone = Line(lazy("Phone of who signs"), limit=PHONE_LIMIT)

    @property
    def signer(self) -> Signer:
        fields = (self.signer_name, self.signer_role, self.signed_for, self.signer_phone)
        return Signer(*(field.data or "" for field in fields))


class UnseenSurveyForm(NamesEntries):
    sealed_answers = wtforms.StringField()
    declined = wtforms.StringField()


class UnseenSignatureForm(SignatureForm):
    entries = wtforms.StringField()
    shown = wtforms.StringField()
    shown_digest = Line("", limit=64)
    statement = Line("", limit=20)

    @property
    def sight(self) -> Sight:
        version = self.statement.data if self.statement.data in STATEMENTS else CURRENT
        sent = self.shown.data or ""
        return Sight(sent, self.shown_digest.data or "", version, named_in(self.entries.data))


class UnseenReleaseForm(NamesEntries):
    sealed_pin = wtforms.StringField()


def answers_in(locale: str, payload: Mapping[str, Any], fields: list[tuple[str, str]]) -> SurveyForm:
    """The survey's form filled with what was in the envelope."""
    form = survey_form(locale, payload)
    form.process(MultiDict(fields))
    return form
