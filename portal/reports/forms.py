"""The screens of hand-over, survey, signature and review. Shape is checked here, the trade by the operations."""

from collections.abc import Iterable, Mapping
from typing import Any

import wtforms
from flask import request

from portal.accounts.forms import Secret
from portal.calls.models import Visit
from portal.calls.rules import TO_MEND
from portal.calls.words import STATES
from portal.customers.models import Contact
from portal.forms import Choice, Choices, EntryForm, Filters, Line, Moment, Picture, Strokes, Words, plain
from portal.i18n import LOCALES, lazy
from portal.phone import Phone
from portal.reports import survey as questionnaire
from portal.reports.operations.handing import Signer
from portal.reports.operations.signing import Mark
from portal.reports.words import ABSENCES, AFTER_VOID, COPIES, SIGNER_ROLES
from portal.visits.words import ROWS, choices

NAME_LIMIT, REASON_LIMIT = 100, 1000
REVIEWED = ("signed", "unsigned", "approved", "returned")


class WhoSigns(EntryForm):
    """Who signs, in which language: a contact that is ticked, or a name that is written, which goes before it."""

    unmarked: tuple[str, ...] = ("signer", "signer_name", "signer_role")
    locale = Choice(lazy("The customer's language"), required=lazy("Choose the customer's language."))
    signer = Choice(lazy("Who signs"), required=False)
    signer_name = Line(lazy("Name"), limit=NAME_LIMIT)
    signer_role = Choice(lazy("Relation to the customer"), choices=choices(SIGNER_ROLES), required=False)

    def __init__(self, visit: Visit, locale: str, shown: Mapping[str, Any]) -> None:
        self.contacts = {str(contact.id): contact for contact in visit.call.site.contacts}
        known = visit.call.contact or next(iter(self.contacts.values()), None)
        preset = {"locale": locale, "signer": str(known.id) if known else "", "signer_role": "employee"}
        super().__init__(zone=visit.zone, data=preset | dict(shown))
        self.locale.choices = sorted(LOCALES.items(), key=lambda pair: pair[0] != locale)
        self.signer.choices = [(key, contact_words(contact)) for key, contact in self.contacts.items()]

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if not self.signer_name.data and not self.chosen_contact:
            self.signer_name.errors = [*self.signer_name.errors, str(lazy("Choose or write who signs."))]
            return False
        if self.signer_name.data and not self.signer_role.data:
            self.signer_role.errors = [*self.signer_role.errors, str(lazy("Say who this is to the customer."))]
            return False
        return valid

    @property
    def chosen_contact(self) -> Contact | None:
        """The contact that is meant; None when a name was written."""
        return None if self.signer_name.data else self.contacts.get(self.signer.data or "")

    @property
    def who(self) -> dict[str, Any]:
        contact = self.chosen_contact
        if contact is None:
            return {"signer_name": self.signer_name.data, "signer_role": self.signer_role.data}
        return {"signer_name": contact.name, "signer_role": contact.role}


class SignerForm(WhoSigns):
    """Who signs a visit's next revision, and why there is one."""

    unmarked = (*WhoSigns.unmarked, "revision_reason")
    revision_reason = Words(lazy("Why the report changes"), limit=REASON_LIMIT)

    def __init__(self, visit: Visit) -> None:
        super().__init__(visit, visit.call.customer.locale, {"revision_reason": visit.mend_note})

    @property
    def values(self) -> dict[str, Any]:
        return {"locale": self.locale.data, "revision_reason": self.revision_reason.data or "", **self.who}


class HandOverForm(SignerForm):
    """Whoever signs in place of another person says for whom, and leaves a phone number."""

    signed_for = Line(lazy("Signs in place of"), limit=NAME_LIMIT)
    signer_phone = Phone(lazy("Phone of who signs"))

    @property
    def values(self) -> dict[str, Any]:
        proxy = {"signed_for": self.signed_for.data or "", "signer_phone": self.signer_phone.data or ""}
        return super().values | proxy


class PaperForm(SignerForm):
    """The customer signed a printed sheet."""

    absence = wtforms.HiddenField(default="paper")
    photo = Picture(lazy("Photo of the signed sheet"))
    reason = Words(lazy("Why on paper"), limit=500)
    unmarked = (*SignerForm.unmarked, "photo")

    @property
    def values(self) -> dict[str, Any]:
        return super().values | {"photo": self.photo.data, "reason": self.reason.data or ""}


def contact_words(contact: Contact) -> str:
    return f"{contact.name} · {SIGNER_ROLES[contact.role]}" if contact.role in SIGNER_ROLES else contact.name


class AbsenceForm(EntryForm):
    """The end without a signature. `chosen`: which end the page was opened for; else the form asks."""

    unmarked = ("photo", "revision_reason")  # the operation asks for a photo when the visit has none
    absence = Choice(
        lazy("Why there is no signature"),
        choices=choices(ABSENCES),
        default="absent",
        required=lazy("Say what happened."),
    )
    reason = Words(lazy("What you found and whom you tried to reach"), required=lazy("Say why."), limit=500)
    photo = Picture(lazy("Photo of the site"))
    revision_reason = Words(lazy("Why the report changes"), limit=REASON_LIMIT)

    def __init__(self, visit: Visit, chosen: str = "") -> None:
        shown = {"absence": chosen or "absent", "revision_reason": visit.mend_note}
        super().__init__(zone=visit.zone, data=shown)
        self.chosen = chosen if chosen in ABSENCES else ""
        if self.chosen == "refused":
            self.reason.label.text = lazy("The customer's own words")
            self.photo.label.text = lazy("Photo that shows that you were there")


class SurveyForm(EntryForm):
    """The questions that fit the job, in the customer's language; each a field of its own."""

    q_reasons = Choices("")
    q_comment = Words("", limit=500)
    declined = wtforms.HiddenField()

    def __init__(self, locale: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.q_reasons.choices = questionnaire.choices(questionnaire.REASONS, locale)
        self.q_reasons.label.text = questionnaire.said(questionnaire.REASON, locale)
        self.q_comment.label.text = questionnaire.said(questionnaire.COMMENT, locale)

    def validate(self, extra_validators: Any = None) -> bool:
        if self.declines and self.problem is None:
            return True
        return super().validate(extra_validators)

    @property
    def declines(self) -> bool:
        """The button “Prefer not to answer” was pressed; what had been ticked is not kept."""
        return bool(self.declined.data)

    @property
    def answers(self) -> dict[str, Any] | None:
        if self.declines:
            return None
        return {name: field.data for name, field in self._fields.items() if name.startswith("q_")}


def survey_form(locale: str, payload: Mapping[str, Any]) -> SurveyForm:
    """A form with a field for each question that fits the job."""
    fields = {
        question.name: Choice(
            questionnaire.said(question.words, locale),
            choices=questionnaire.choices(question.answers, locale),
            required=lazy("Choose an answer.") if question.required else False,
        )
        for question in questionnaire.asked(payload)
    }
    return type("AskedForm", (SurveyForm,), fields)(locale)


class SignatureForm(EntryForm):
    strokes = Strokes(lazy("Your signature"))
    typed_name = Line(lazy("Your name"), limit=NAME_LIMIT)
    witness = Line(lazy("Somebody typed it for me: name of the witness"), limit=NAME_LIMIT)
    agree = wtforms.BooleanField(lazy("I agree to the statement above."))
    remarks = Words(lazy("Remarks"), limit=500)
    occurred_at = Moment(lazy("When"))

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if not self.agree.data:
            self.agree.errors = [*self.agree.errors, str(lazy("Tick this if you agree."))]
            valid = False
        if self.witness.data and not self.typed_name.data:
            self.typed_name.errors = [*self.typed_name.errors, str(lazy("Type the name of the person who agrees."))]
            valid = False
        elif self.witness.data and self.witness.data.casefold() == (self.typed_name.data or "").casefold():
            self.witness.errors = [*self.witness.errors, str(lazy("The witness is another person."))]
            valid = False
        return valid

    @property
    def mark(self) -> Mark:
        return Mark(
            strokes=self.strokes.data or (),
            typed_name=self.typed_name.data or "",
            witness=self.witness.data or "",
            signed_at_device=self.occurred_at.data,
            device=request.user_agent.string[:300],
        )


class CoSignatureForm(SignatureForm):
    """Another person signs the same report."""

    signer_name = Line(lazy("Name"), required=lazy("Write who signs."), limit=NAME_LIMIT)
    signer_role = Choice(
        lazy("Relation to the customer"),
        choices=choices(SIGNER_ROLES),
        required=lazy("Say who this is to the customer."),
    )

    @property
    def signer(self) -> Signer:
        return Signer(self.signer_name.data or "", self.signer_role.data or "")


class ReleaseForm(EntryForm):
    pin = Secret(lazy("PIN"), pin=True, words=lazy("Write your PIN."))


class ApprovalForm(EntryForm):
    note = Words(lazy("Note"), limit=1000)
    acknowledged = wtforms.BooleanField(lazy("I have seen how this report was signed or left unsigned."))


class ReturnForm(EntryForm):
    unmarked = ("items",)  # the operation asks for one at least
    items = Choices(lazy("What is to be mended"), choices=[(row, ROWS[row]) for row in TO_MEND])
    note = Words(lazy("What the technician will read"), required=lazy("Say what is to be mended."), limit=1000)


class VoidForm(EntryForm):
    """What follows is asked of the newest revision only: an older one that is void changes nothing at the visit."""

    reason = Words(lazy("Why it does not count"), required=lazy("Say why it does not count."), limit=500)
    next = Choice(lazy("What follows"), choices=choices(AFTER_VOID), required=lazy("Say what follows."))

    def __init__(self, visit: Visit, *, newest: bool) -> None:
        super().__init__(zone=visit.zone)
        if not newest:
            del self.next

    @property
    def again(self) -> bool:
        return "next" in self and self.next.data == "again"


class ErasureForm(EntryForm):
    """The number is typed again: an erasure cannot be taken back."""

    reason = Words(lazy("The lawful request"), required=lazy("Say who asked for it, and on what ground."), limit=500)
    number = Line(lazy("Number of the report"), required=lazy("Write the number of the report."), limit=40)

    def __init__(self, report_number: str) -> None:
        super().__init__()
        self.report_number = report_number

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if self.number.data and self.number.data.upper() != self.report_number:
            words = lazy("This is another number. Write %(number)s to confirm.", number=self.report_number)
            self.number.errors = [*self.number.errors, str(words)]
            return False
        return valid


class ResubmissionForm(EntryForm):
    note = Words(lazy("Answer to the reviewer"), required=lazy("Say what you checked or added."), limit=1000)


class ReportFilters(Filters):
    """The list's filter; odd values show everything."""

    q = Line(lazy("Report, call, customer or site"), limit=100, render_kw={"type": "search"})
    state = Choice(lazy("State"), required=False)

    def __init__(self) -> None:
        super().__init__(formdata=request.args)
        self.state.choices = [("", lazy("All")), *state_choices(REVIEWED)]

    @property
    def chosen_state(self) -> str:
        return self.state.data if self.state.data in REVIEWED else ""


class CaseFilters(Filters):
    """The filter of the cases; odd values show everything."""

    q = Line(lazy("Report, customer or the customer's words"), limit=100, render_kw={"type": "search"})
    state = Choice(lazy("State"), required=False)

    def __init__(self) -> None:
        super().__init__(formdata=request.args)
        self.state.choices = [("", lazy("All")), ("open", lazy("Open cases")), ("closed", lazy("Closed cases"))]

    @property
    def words(self) -> str:
        return (plain(self.q.data) or "")[:100]

    @property
    def chosen_state(self) -> str:
        return self.state.data if self.state.data in ("open", "closed") else ""


class PrintForm(wtforms.Form):
    """Which paper: whose copy, and which language beside the report's own."""

    copy = Choice(lazy("Copy"), required=False)
    second = Choice(lazy("Second language"), required=False)

    def __init__(self, language: str) -> None:
        super().__init__()
        self.copy.choices = [("", lazy("Without a mark")), *COPIES.items()]
        others = [(code, name) for code, name in LOCALES.items() if code != language]
        self.second.choices = [("", lazy("None")), *others]


def state_choices(states: Iterable[str]) -> list[tuple[str, Any]]:
    return [(state, STATES[state][0]) for state in states]
