"""The forms around links: issuing one, signing under one, 不是我签的, and closing the case that it opened."""

from collections.abc import Mapping
from typing import Any

from portal.customers.models import Contact
from portal.forms import Choice, EntryForm, Line, Words
from portal.i18n import LOCALES, lazy
from portal.mailbox import Mailbox
from portal.reports.forms import NAME_LIMIT, contact_words
from portal.reports.models import Report
from portal.reports.operations import registered_email
from portal.reports.words import OUTCOMES_OF_CASES, SIGNER_ROLES
from portal.visits.words import choices


class LinkForm(EntryForm):
    """Who is to sign, in which language, and where the letter goes. A typed name goes before the contact that is
    ticked. The address that the form presets belongs to the contact that it presets: for another one, theirs is meant.
    """

    unmarked = ("signer", "signer_name", "signer_role")
    signer = Choice(lazy("Who signs"), required=False)
    signer_name = Line(lazy("Name"), limit=NAME_LIMIT)
    signer_role = Choice(lazy("Relation to the customer"), choices=choices(SIGNER_ROLES), required=False)
    locale = Choice(lazy("The customer's language"), required=lazy("Choose the customer's language."))
    email = Mailbox(lazy("E-mail"))

    def __init__(self, report: Report, language: str) -> None:
        call = report.visit.call
        self.contacts: Mapping[str, Contact] = {str(contact.id): contact for contact in call.site.contacts}
        known = call.contact or next(iter(self.contacts.values()), None)
        self.preset_email = known.email if known else ""
        shown = {"signer": str(known.id) if known else "", "signer_role": "employee", "locale": language}
        super().__init__(zone=report.visit.zone, data=shown | {"email": self.preset_email})
        self.signer.choices = [(key, contact_words(contact)) for key, contact in self.contacts.items()]
        self.locale.choices = list(LOCALES.items())

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
        return self.contacts.get(self.signer.data or "")

    @property
    def values(self) -> dict[str, Any]:
        contact, email = self.chosen_contact, self.email.data or ""
        if self.signer_name.data or contact is None:
            who = {"signer_name": self.signer_name.data, "signer_role": self.signer_role.data}
        else:
            who = {"signer_name": contact.name, "signer_role": contact.role}
            email = contact.email if email and email == self.preset_email else email
        return {**who, "locale": self.locale.data, "email": email}


class CopyForm(EntryForm):
    """Where the customer's copy goes."""

    email = Mailbox(lazy("E-mail"), required=lazy("Write the address that the copy goes to."))
    locale = Choice(lazy("The customer's language"), required=lazy("Choose the customer's language."))

    def __init__(self, report: Report, language: str) -> None:
        super().__init__(data={"email": registered_email(report.visit), "locale": language})
        self.locale.choices = list(LOCALES.items())


class DisputeForm(EntryForm):
    words = Words(lazy("What is not right"), required=lazy("Say in a few words what is not right."), limit=1000)
    phone = Line(lazy("Phone at which we can reach you"), limit=40, render_kw={"type": "tel", "autocomplete": "tel"})


class ClosureForm(EntryForm):
    outcome = Choice(lazy("What came of it"), required=lazy("Say what came of it."))
    note = Words(lazy("Note"), required=lazy("Write down how you found out."), limit=2000)

    def __init__(self) -> None:
        super().__init__()
        self.outcome.choices = list(OUTCOMES_OF_CASES.items())
