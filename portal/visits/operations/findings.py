"""The diagnosis: each save is a new version. Half of it is welcome too, so that nothing is lost; what is missing is
said by the readiness rule."""

from datetime import datetime
from typing import Any

from portal import history
from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.calls.repeats import FINDING
from portal.clock import now
from portal.db import db
from portal.errors import Conflict
from portal.i18n import lazy
from portal.visits.models import Finding, latest_finding
from portal.visits.operations.guards import ensure_writable, is_on_team
from portal.visits.operations.repeats import drop_links, link_repeats
from portal.visits.operations.use import carry_out, settled

CODED = ("symptom", "component", "cause", "remedy", "outcome")
WRITTEN = ("error_code", "note", "test_result", "outstanding", "internal_note", "stop_reason")
TICKED = ("plate_unreadable", "do_not_use", "use_again")


def save_findings(
    visit: Visit,
    *,
    person: Person,
    version: int | None = None,
    occurred_at: datetime | None = None,
    **fields: Any,
) -> Finding:
    """Saves the diagnosis as it stands now. `fields` are those of CODED, WRITTEN and TICKED; what is left out is empty.

    `version` is the one that was on the screen: another one meanwhile is a Conflict, never overwritten in silence.
    Notes of somebody whom the visit was moved away from are added to what its present technicians have found.
    """
    ensure_writable(visit, "findings")
    last = latest_finding(visit)
    values = {name: fields.get(name) or None for name in CODED}
    values |= {name: fields.get(name) or "" for name in WRITTEN}
    values |= {name: bool(fields.get(name)) for name in TICKED}
    if not is_on_team(visit, person):
        values = added(last, values) if last else values
    elif version is not None and version != (last.version if last else 0):
        raise Conflict(lazy("Somebody saved the diagnosis meanwhile. Compare, then save again."))
    values = settled(visit, last, values)
    finding = Finding(
        visit_id=visit.id,
        version=last.version + 1 if last else 1,
        person_id=person.id,
        occurred_at=occurred_at or now(),
        recorded_at=now(),
        **values,
    )
    db.session.add(finding)
    db.session.flush()
    carry_out(visit, finding, person)
    if last is not None and last.component and last.component != finding.component:
        drop_links(visit, finding.component, person=person)
    if finding.component and (last is None or last.component != finding.component):
        link_repeats(visit, finding.component, ground=FINDING, person=person)
    history.record("save_findings", visit, person_id=person.id, version=finding.version)
    return finding


def added(last: Finding, late: dict[str, Any]) -> dict[str, Any]:
    """What stands, filled up by what came late; written words are kept of both. A late warning counts, a late word
    that the unit may be used does not: whoever is there now says that."""
    values = {name: getattr(last, name) or late[name] for name in (*CODED, "error_code", "outstanding")}
    for name in ("note", "test_result", "internal_note", "stop_reason"):
        texts = [getattr(last, name), late[name]]
        values[name] = "\n".join(dict.fromkeys(text for text in texts if text))
    for name in ("plate_unreadable", "do_not_use"):
        values[name] = getattr(last, name) or late[name]
    values["use_again"] = last.use_again and not values["do_not_use"]
    return values
