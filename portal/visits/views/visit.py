"""The visit's page, and the way to the site."""

import uuid

from flask import Response, request

from portal.htmx import page
from portal.permissions import Permission, requires
from portal.visits import maps
from portal.visits.views.base import bp, find_visit, visit_page


@bp.get("/visits/<uuid:visit_id>")
@requires(Permission.VISIT_VIEW)
def show(visit_id: uuid.UUID) -> Response:
    return visit_page(find_visit(visit_id, Permission.VISIT_VIEW))


@bp.get("/visits/<uuid:visit_id>/directions")
@requires(Permission.VISIT_VIEW)
def directions(visit_id: uuid.UUID) -> Response:
    visit = find_visit(visit_id, Permission.VISIT_VIEW)
    chosen, agent = request.cookies.get(maps.COOKIE, ""), request.user_agent.string
    found = maps.links_to(visit.call.site, visit.call.customer.name, chosen, agent)
    return page("visits/directions.html", visit=visit, maps=found, chosen=chosen)
