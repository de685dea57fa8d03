"""The field for an e-mail address: checked by what letters can be sent to."""

from typing import Any

from wtforms import validators

from portal.forms import Line
from portal.i18n import lazy
from portal.mail import ADDRESS_LIMIT, is_address

NOT_AN_ADDRESS = lazy("Write one e-mail address, for example name@example.com.")


class Mailbox(Line):
    """One e-mail address, or nothing unless `required`."""

    def __init__(self, label: Any, **kw: Any) -> None:
        kw.setdefault("render_kw", {"type": "email", "inputmode": "email", "autocapitalize": "none"})
        super().__init__(label, limit=ADDRESS_LIMIT, validators=[check_address], **kw)


def check_address(_form: Any, field: Any) -> None:
    if field.data and not is_address(field.data):
        raise validators.ValidationError(str(NOT_AN_ADDRESS))
