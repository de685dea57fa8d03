"""The forms around links: issuing one, signing under one, 不是我签的, and closing the case that it opened."""

from typing import Any

from portal.forms import Choice, EntryForm, Words
from portal.i18n import LOCALES, lazy
from portal.mailbox import Mailbox
from portal.phone import Phone
from portal.reports.forms import WhoSigns
from portal.reports.models import Report
from portal.reports.operations import registered_email
from portal.reports.words import OUTCOMES_OF_CASES


class LinkForm(WhoSigns):
    """Who is to sign, and where the letter goes. The address that the form presets belongs to the contact that it
    presets: for another one, theirs is meant."""

    email = Mailbox(lazy("E-mail"))

    def __init__(self, report: Report, language: str) -> None:
        contact = report.visit.call.contact or next(iter(report.visit.call.site.contacts), None)
        self.preset_email = contact.email if contact else ""
        super().__init__(report.visit, language, {"email": self.preset_email})

    @property
    def values(self) -> dict[str, Any]:
        contact, email = self.chosen_contact, self.email.data or ""
        if contact is not None and email and email == self.preset_email:
            email = contact.email
        return {**self.who, "locale": self.locale.data, "email": email}


class CopyForm(EntryForm):
    """Where the customer's copy goes."""

    email = Mailbox(lazy("E-mail"), required=lazy("Write the address that the copy goes to."))
    locale = Choice(lazy("The customer's language"), required=lazy("Choose the customer's language."))

    def __init__(self, report: Report, language: str) -> None:
        super().__init__(data={"email": registered_email(report.visit), "locale": language})
        self.locale.choices = list(LOCALES.items())


class DisputeForm(EntryForm):
    words = Words(lazy("What is not right"), required=lazy("Say in a few words what is not right."), limit=1000)
    phone = Phone(lazy("Phone at which we can reach you"), render_kw={"autocomplete": "tel"})


class ClosureForm(EntryForm):
    outcome = Choice(lazy("What came of it"), required=lazy("Say what came of it."))
    note = Words(lazy("Note"), required=lazy("Write down how you found out."), limit=2000)

    def __init__(self) -> None:
        super().__init__()
        self.outcome.choices = list(OUTCOMES_OF_CASES.items())
