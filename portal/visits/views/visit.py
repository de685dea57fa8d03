"""The visit's page, and the way to the site."""

import uuid
from decimal import Decimal
from urllib.parse import quote

from flask import Response

from portal.calls.models import Visit
from portal.htmx import page
from portal.i18n import _
from portal.permissions import Permission, requires
from portal.visits.views.base import bp, find_visit, visit_page


@bp.get("/visits/<uuid:visit_id>")
@requires(Permission.VISIT_VIEW)
def show(visit_id: uuid.UUID) -> Response:
    return visit_page(find_visit(visit_id, Permission.VISIT_VIEW))


@bp.get("/visits/<uuid:visit_id>/directions")
@requires(Permission.VISIT_VIEW)
def directions(visit_id: uuid.UUID) -> Response:
    visit = find_visit(visit_id, Permission.VISIT_VIEW)
    return page("visits/directions.html", visit=visit, maps=maps_to(visit))


def maps_to(visit: Visit) -> list[tuple[str, str]]:
    """(name, link) of map services. Each wants its own order of coordinates, and Chinese ones the datum's name: a
    wrong datum is off by hundreds of metres."""
    site = visit.call.site
    address, name = quote(site.address, safe=""), quote(visit.call.customer.name, safe="")
    if site.latitude is None or site.longitude is None:
        return [
            (_("Amap"), f"https://uri.amap.com/search?keyword={address}&callnative=1"),
            (_("Baidu Maps"), f"https://api.map.baidu.com/geocoder?address={address}&output=html&src=webapp.portal"),
            (_("Apple Maps"), f"https://maps.apple.com/?daddr={address}"),
            (_("Google Maps"), f"https://www.google.com/maps/dir/?api=1&destination={address}"),
            (_("Other app"), f"geo:0,0?q={address}"),
        ]
    lat, lon = decimal(site.latitude), decimal(site.longitude)
    chinese = site.datum == "gcj02"
    amap = f"to={lon},{lat},{name}&coordinate={'gaode' if chinese else 'wgs84'}&callnative=1"
    baidu = f"location={lat},{lon}&title={name}&content={address}&output=html&coord_type={site.datum}&src=webapp.portal"
    return [
        (_("Amap"), f"https://uri.amap.com/navigation?{amap}"),
        (_("Baidu Maps"), f"https://api.map.baidu.com/marker?{baidu}"),
        (_("Apple Maps"), f"https://maps.apple.com/?daddr={lat},{lon}"),
        (_("Google Maps"), f"https://www.google.com/maps/dir/?api=1&destination={lat},{lon}"),
        (_("Other app"), f"geo:{lat},{lon}?q={lat},{lon}({name})"),
    ]


def decimal(degrees: Decimal) -> str:
    return f"{degrees:f}"
