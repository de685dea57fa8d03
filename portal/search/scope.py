"""Who finds what: read from the one table of permissions."""

from enum import StrEnum
from typing import Any

from portal.permissions import GRANTS, Permission, own
from portal.search.rules import KINDS

KIND_PERMISSIONS = {
    "customer": Permission.VISIT_VIEW,  # whoever may see a visit sees its customer and its unit
    "unit": Permission.VISIT_VIEW,
    "visit": Permission.VISIT_VIEW,
    "report": Permission.REPORT_VIEW,
    "call": Permission.CALL_VIEW,
    "part": Permission.STOCK_VIEW,
    "person": Permission.PERSON_FIND,
}


class Reach(StrEnum):
    ALL = "all"
    OWN = "own"


def reach_of(person: Any) -> dict[str, Reach]:
    """The kinds that the person finds anything of, in the order of results: all of it, or their own."""
    found = {}
    for kind in KINDS:
        grants = [grant for grant in GRANTS[KIND_PERMISSIONS[kind]] if grant.roles & person.roles]
        if any(grant.when is None for grant in grants):
            found[kind] = Reach.ALL
        elif any(grant.when is own for grant in grants):
            found[kind] = Reach.OWN
    return found
