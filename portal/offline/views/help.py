"""Pages that everybody may read and every phone keeps: what works without signal, and "this page is not here"."""

from flask import Response

from portal.htmx import page
from portal.offline.views.base import bp, device
from portal.offline.works import NEEDS, WORKS
from portal.permissions import public


@device.get("/help/offline")
@public
def help() -> Response:
    return page("offline/help.html", works=WORKS, needs=NEEDS)


@bp.get("/not-here")
@public
def not_here() -> Response:
    """Shown by the worker in the place of a page that it does not have; its script adds the address and phone number
    of the visit that was wanted."""
    return page("offline/not_here.html", works=WORKS, needs=NEEDS)
