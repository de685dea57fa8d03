"""What waits on this phone. The server does not know it: the page's rows are drawn there, from its own store."""

from flask import Response

from portal.htmx import page
from portal.offline.views.base import bp
from portal.permissions import signed_in


@bp.get("/outbox")
@signed_in
def outbox() -> Response:
    return page("offline/outbox.html")
