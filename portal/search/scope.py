"""Who finds what: read from the one table of permissions."""

from enum import StrEnum
from typing import Any

from portal.permissions import GRANTS, Permission, own
from portal.search.rules import KINDS

# What opens the pages of a kind; any of them is enough. A file is open to whoever has the list of all files, and to
# technicians where they have a visit.
KIND_PERMISSIONS = {
    "customer": (Permission.FILE_LIST, Permission.VISIT_VIEW),
    "unit": (Permission.FILE_LIST, Permission.VISIT_VIEW),
    "visit": (Permission.VISIT_VIEW,),
    "report": (Permission.REPORT_VIEW,),
    "call": (Permission.CALL_VIEW,),
    "part": (Permission.STOCK_VIEW,),
    "person": (Permission.PERSON_FIND,),
}


class Reach(StrEnum):
    ALL = "all"
    OWN = "own"


def reach_of(person: Any) -> dict[str, Reach]:
    """The kinds that the person finds anything of, in the order of results: all of it, or their own."""
    found = {}
    for kind in KINDS:
        given = [grant for permission in KIND_PERMISSIONS[kind] for grant in GRANTS[permission]]
        grants = [grant for grant in given if grant.roles & person.roles]
        if any(grant.when is None for grant in grants):
            found[kind] = Reach.ALL
        elif any(grant.when is own for grant in grants):
            found[kind] = Reach.OWN
    return found
