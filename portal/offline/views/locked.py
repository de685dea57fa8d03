"""What a phone shows in the place of its kept pages when nobody has used it for a while and there is no network."""

from flask import Response, abort, g
from flask_login import current_user

from portal.accounts.forms import PinForm
from portal.htmx import page
from portal.offline.views.base import bp
from portal.permissions import Permission, requires
from portal.reports.offline import pin_of


@bp.get("/locked")
@requires(Permission.VISIT_RECORD)
def locked() -> Response:
    """404 for whoever has no PIN: the phone keeps no such page then, and asks nothing. Source: a phone asks for the PIN
    after 15 minutes (contract 7)."""
    pin = pin_of(current_user._get_current_object(), g.sign_in) or abort(404)
    return page("offline/locked.html", form=PinForm(), pin=pin)
