"""Links that open a site in a map app. Each wants its own order of coordinates and its own datum: a wrong one is off
by hundreds of metres.

Amap, and in mainland China also Apple and Google, draw their maps in GCJ-02; Baidu in BD-09; `geo:` is WGS-84 by its
definition (RFC 5870). Outside China all three are the same.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from portal.customers.models import Site
from portal.i18n import lazy
from portal.visits.datum import Point, converted

COOKIE = "map"
NAMES = {
    "amap": lazy("Amap"),
    "baidu": lazy("Baidu Maps"),
    "apple": lazy("Apple Maps"),
    "google": lazy("Google Maps"),
    "geo": lazy("Other app"),
}


@dataclass(frozen=True)
class MapLink:
    code: str
    words: Any
    href: str


def links_to(site: Site, name: str, chosen: str, user_agent: str) -> list[MapLink]:
    """`name` is what the pin is called; the map that was `chosen` last comes first. Only Android knows `geo:`."""
    address = quote(site.address, safe="")
    known = site.latitude is not None and site.longitude is not None
    hrefs = by_point(site, quote(name, safe=""), address) if known else by_address(address)
    order = sorted(hrefs, key=lambda code: code != chosen)
    return [MapLink(code, NAMES[code], hrefs[code]) for code in order if code != "geo" or "Android" in user_agent]


def by_address(address: str) -> dict[str, str]:
    return {
        "amap": f"https://uri.amap.com/search?keyword={address}&callnative=1",
        "baidu": f"https://api.map.baidu.com/geocoder?address={address}&output=html&src=webapp.portal",
        "apple": f"https://maps.apple.com/?daddr={address}",
        "google": f"https://www.google.com/maps/dir/?api=1&destination={address}",
        "geo": f"geo:0,0?q={address}",
    }


def by_point(site: Site, name: str, address: str) -> dict[str, str]:
    point = float(site.latitude or 0), float(site.longitude or 0)
    chinese, baidu, satellite = (written(converted(point, site.datum, to)) for to in ("gcj02", "bd09", "wgs84"))
    turned = ",".join(reversed(chinese.split(",")))  # Amap alone puts the longitude first
    to_baidu = f"location={baidu}&title={name}&content={address}&output=html&coord_type=bd09ll&src=webapp.portal"
    return {
        "amap": f"https://uri.amap.com/navigation?to={turned},{name}&coordinate=gaode&callnative=1",
        "baidu": f"https://api.map.baidu.com/marker?{to_baidu}",
        "apple": f"https://maps.apple.com/?daddr={chinese}",
        "google": f"https://www.google.com/maps/dir/?api=1&destination={chinese}",
        "geo": f"geo:{satellite}?q={satellite}({name})",
    }


def written(point: Point) -> str:
    """Latitude and longitude to a tenth of a metre."""
    return f"{point[0]:.6f},{point[1]:.6f}"
