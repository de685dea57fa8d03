"""`/oversight`: signatures that a manager should look at. A list to look at, not a verdict."""

from itertools import groupby

from flask import Response, request, url_for

from portal.forms import whole_number
from portal.htmx import page
from portal.i18n import _
from portal.permissions import Permission, requires
from portal.reports.oversight import doubtful
from portal.reports.views.base import bp
from portal.reports.words import DOUBTS

PERIODS = (30, 90)  # days


@bp.get("/oversight")
@requires(Permission.OVERSIGHT_VIEW)
def oversight() -> Response:
    asked = whole_number(request.args.get("days", ""), PERIODS[0], PERIODS[-1])
    days = asked if asked in PERIODS else PERIODS[0]
    return page(
        "reports/oversight.html",
        kinds=[(kind, list(found)) for kind, found in groupby(doubtful(days), key=lambda doubt: doubt.kind)],
        days=days,
        periods=[(url_for("reports.oversight", days=n), _("Last %(n)s days", n=n), n == days, None) for n in PERIODS],
        doubt_words=DOUBTS,
    )
