"""Sign-in, PIN, and a person's own settings."""

from typing import Any

import wtforms

from portal.accounts import rules
from portal.forms import EntryForm, Line, Strokes, plain, presence, shorter_than
from portal.i18n import lazy
from portal.ink import ink_problem
from portal.mailbox import Mailbox


class Secret(wtforms.PasswordField):
    """A password or PIN: never shown again, never cleaned."""

    def __init__(self, label: Any, *, pin: bool = False, new: bool = False, words: Any = True, **kw: Any) -> None:
        own = {"autocomplete": "off" if pin else "new-password" if new else "current-password"}
        if pin:
            own |= {"inputmode": "numeric", "class": "input pin"}
        super().__init__(label, presence(words) + [shorter_than(rules.MAX_PASSWORD)], render_kw=own, **kw)


class SignInForm(EntryForm):
    username = Line(
        lazy("Username"),
        required=lazy("Write your username."),
        limit=60,
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = Secret(lazy("Password"), words=lazy("Write your password."))
    next = wtforms.HiddenField(filters=[plain])


class PinForm(EntryForm):
    pin = Secret(lazy("PIN"), pin=True, words=lazy("Write your PIN."))
    next = wtforms.HiddenField(filters=[plain])


class UnlockPasswordForm(EntryForm):
    password = Secret(lazy("Password"), words=lazy("Write your password."))
    next = wtforms.HiddenField(filters=[plain])


class NewPinForm(EntryForm):
    password = Secret(lazy("Password"), words=lazy("Write your password."))
    new_pin = Secret(lazy("New PIN"), pin=True, words=lazy("Write a new PIN."))


class NewPasswordForm(EntryForm):
    password = Secret(lazy("Present password"), words=lazy("Write your password."))
    new_password = Secret(lazy("New password"), new=True, words=lazy("Write a new password."))


class FirstPasswordForm(NewPasswordForm):
    """After a one-time password: an own one, and an own PIN for whoever has none."""

    password = Secret(lazy("One-time password"), words=lazy("Write the password that you were given."))
    new_pin = Secret(lazy("New PIN"), pin=True, words=lazy("Write a new PIN."))

    def __init__(self, *, has_pin: bool) -> None:
        super().__init__()
        if has_pin:
            del self.new_pin


class OwnAddressForm(EntryForm):
    email = Mailbox(lazy("E-mail"))


class SpecimenForm(EntryForm):
    strokes = Strokes(lazy("Your signature"))

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if not self.strokes.data or ink_problem(self.strokes.data):
            self.strokes.errors = [*self.strokes.errors, str(lazy("Draw your whole signature in the box."))]
            return False
        return valid
