"""The field for a phone number, and what can be one."""

from typing import Any

from wtforms import validators

from portal.forms import Line
from portal.i18n import lazy

PHONE_LIMIT, FEWEST_DIGITS = 40, 5
NOT_A_PHONE = lazy("Write a phone number with at least %(n)s digits.", n=FEWEST_DIGITS)


class Phone(Line):
    """One phone number as people write it, with whatever stands between the digits, or nothing unless `required`."""

    def __init__(self, label: Any, **kw: Any) -> None:
        kw["render_kw"] = {"type": "tel", **kw.get("render_kw", {})}
        super().__init__(label, limit=PHONE_LIMIT, validators=[check_phone], **kw)


def check_phone(_form: Any, field: Any) -> None:
    if field.data and not is_phone(field.data):
        raise validators.ValidationError(str(NOT_A_PHONE))


def is_phone(text: str) -> bool:
    return sum(character.isdecimal() for character in text) >= FEWEST_DIGITS
