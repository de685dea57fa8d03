"""The calendar feed: a public address with a secret, asked for by calendar apps every few hours."""

from flask import Response, abort, make_response, request

from portal import i18n, throttle
from portal.accounts.calendar import person_behind
from portal.clock import now
from portal.permissions import public
from portal.visits.ical import calendar_of
from portal.visits.views.base import bp


@bp.get("/calendar/<secret>.ics")
@public
def calendar(secret: str) -> Response:
    """404 for a wrong secret, a revoked one and a closed account alike; wrong ones are counted."""
    throttle.ensure_allowed()
    person = person_behind(secret)
    if person is None:
        throttle.wrong_token()
        abort(404)
    i18n.speak(person.locale if person.locale in i18n.LOCALES else i18n.DEFAULT)
    response = make_response(calendar_of(person, now()))
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'inline; filename="visits.ics"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.add_etag()
    response.make_conditional(request)
    return response
