"""What a diagnosis says about using the unit: 停止使用 takes effect when it is saved, not at the signature (SR-09)."""

from typing import Any

from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.customers import stops
from portal.errors import Rejected
from portal.i18n import lazy
from portal.visits.letters import tell_customer, tell_office
from portal.visits.models import Finding


def settled(visit: Visit, last: Finding | None, values: dict[str, Any]) -> dict[str, Any]:
    """The two answers as they hold. Once said, a stop stays said until a test shows that the unit may be used again:
    a form that leaves the tick out does not take a warning back."""
    if values["do_not_use"] and values["use_again"]:
        raise Rejected(lazy("It cannot be both: must not be used, and may be used again."), field="use_again")
    if values["use_again"] and not values["test_result"]:
        raise Rejected(lazy("Write the result of the test that shows it."), field="test_result")
    said = last is not None and last.do_not_use and not values["use_again"]
    if said and not values["do_not_use"] and last is not None and stops.standing_at(visit.id):
        values["do_not_use"], values["stop_reason"] = True, values["stop_reason"] or last.stop_reason
    if values["do_not_use"]:
        values["stop_reason"] = values["stop_reason"] or values["note"]
        if not values["stop_reason"]:
            raise Rejected(lazy("Say why it must not be used."), field="stop_reason")
    else:
        values["stop_reason"] = ""
    return values


def carry_out(visit: Visit, finding: Finding, person: Person) -> None:
    """Stops the unit and has customer and office told, once a visit; or releases it."""
    unit = visit.call.equipment
    if finding.do_not_use and not stops.standing_at(visit.id):
        stop = stops.stop_use(unit, finding.stop_reason, source=visit.number, source_id=visit.id, person=person)
        tell_customer(stop, visit)
        tell_office(stop)
    if finding.use_again and unit is not None:
        stops.release_unit(unit, finding.test_result, source=visit.number, person=person)
    elif finding.use_again:
        for stop in stops.standing_at(visit.id):
            stops.release(stop, finding.test_result, source=visit.number, person=person)
