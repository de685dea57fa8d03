"""A visit as the phone keeps it: its facts, and what its forms offer."""

import uuid

from flask import Response, abort, g, jsonify
from flask_login import current_user

from portal.offline.facts import offline_facts
from portal.offline.views.base import bp
from portal.permissions import Permission, requires
from portal.reports.offline import handover_for, report_for
from portal.visits import queries


@bp.get("/visits/<uuid:visit_id>")
@requires(Permission.VISIT_RECORD)
def visit(visit_id: uuid.UUID) -> Response:
    """JSON, for those alone who work at the visit: nobody else's phone keeps it."""
    person = current_user._get_current_object()
    found = queries.find_visit(visit_id, person)
    if found is None or not found.is_assigned(person):
        abort(404)
    return jsonify(
        {
            **offline_facts(found, person),
            # what other features add for the same visit: one line each
            "handover": handover_for(found, person, g.sign_in),
            "report": report_for(found),
        }
    )
