"""Which form an entry was sent to, and what that kind of entry is called."""

import uuid
from dataclasses import dataclass
from typing import Any

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, RoutingException

from portal.i18n import lazy
from portal.permissions import Permission
from portal.visits.words import EVENTS

IN_THE_FIELD = {Permission.VISIT_RECORD, Permission.VISIT_LEAD}  # what is true of the work, whatever the role is today
SIGNED_WITH = ("handover", "link", "copy")  # pages on which a customer answers and signs
KINDS: dict[str, Any] = {
    "visits.departure": EVENTS["departure"],
    "visits.arrival": EVENTS["arrival"],
    "visits.start": EVENTS["start"],
    "visits.pause": EVENTS["pause"],
    "visits.finish": EVENTS["finish"],
    "visits.leaving": EVENTS["leaving"],
    "visits.no_parts": EVENTS["no_parts"],
    "visits.clock_stop": lazy("Clock stopped"),
    "visits.findings": lazy("Diagnosis"),
    "visits.part_uses": lazy("Part used"),
    "visits.part_use_reversal": lazy("Part taken back"),
    "visits.time_entries": lazy("Time"),
    "visits.time_entry_removal": lazy("Time removed"),
    "visits.photos": lazy("Photo"),
    "visits.photo_removal": lazy("Photo removed"),
    "visits.readings": lazy("Reading"),
    "visits.reading_removal": lazy("Reading removed"),
    "reports.handover": lazy("Hand-over to the customer"),
    "handover.survey": lazy("The customer's answers"),
    "handover.signature": lazy("The customer's signature"),
}


@dataclass(frozen=True)
class Target:
    """A form and what its address names."""

    endpoint: str
    values: dict[str, Any]

    @property
    def permission(self) -> Permission | None:
        access = getattr(current_app.view_functions[self.endpoint], "access", None)
        return access.permission if access else None

    @property
    def record_id(self) -> uuid.UUID | None:
        return next((value for value in self.values.values() if isinstance(value, uuid.UUID)), None)

    @property
    def is_of_visit(self) -> bool:
        """Whether the form belongs to a visit and to nothing else, so that it could as well be another visit's."""
        return self.endpoint.startswith("visits.") and set(self.values) == {"visit_id"}

    def elsewhere(self, visit_id: uuid.UUID) -> str:
        """The same form of another visit."""
        urls = current_app.url_map.bind("localhost")
        return urls.build(self.endpoint, {"visit_id": visit_id}, force_external=False)

    @property
    def was_signed(self) -> bool:
        """What a customer answered and signed is theirs: nobody applies it for them."""
        return self.endpoint == "reports.handover" or self.endpoint.split(".")[0] in SIGNED_WITH


def target_of(path: str) -> Target | None:
    """The form behind an address; None for one that takes none."""
    if not path.startswith("/"):
        return None
    try:
        endpoint, values = current_app.url_map.bind("localhost").match(path, method="POST")
    except (HTTPException, RequestRedirect, RoutingException, ValueError):
        return None
    return Target(str(endpoint), dict(values))


def kind_word(path: str) -> str:
    found = target_of(path)
    return str(KINDS.get(found.endpoint, lazy("Another form")) if found else lazy("A form that is unknown here"))
