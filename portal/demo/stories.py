"""The calls of `calls.json`, played act by act in the order of time with the verbs that the pages use."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from portal import held
from portal.accounts.models import Person
from portal.calls import operations as calls
from portal.calls.models import Call, Visit
from portal.clock import now
from portal.db import new_id
from portal.demo import pictures
from portal.demo.cast import Cast, Unit
from portal.demo.endings import end_sessions, end_visit, review, void
from portal.demo.tables import story
from portal.demo.times import Timetable, at
from portal.receipts import content_digest
from portal.visits import operations as visits
from portal.visits.models import events_of

Act = tuple[datetime, Callable[[], None]]
DISPATCHED_AFTER = timedelta(minutes=6)
ON_ARRIVAL = ("nameplate", "before", "damage")  # photos taken before the work; the others after it


def play(cast: Cast, table: Timetable) -> None:
    acts = [act for told in story("calls") for act in Story(told, cast, table).acts()]
    for moment, act in sorted(acts, key=lambda act: act[0]):
        with at(moment):
            act()
    end_sessions(cast)


@dataclass
class Story:
    """One call, from the telephone to the review."""

    told: dict[str, Any]
    cast: Cast
    table: Timetable
    call: Call | None = None
    visit: Visit | None = None

    @property
    def unit(self) -> Unit:
        return self.cast.units[self.told["unit"]]

    @property
    def zone(self) -> str:
        return self.unit.site.time_zone

    def moment(self, text: str) -> datetime:
        return self.table.moment(text, self.zone)

    def acts(self) -> Iterator[Act]:
        reported = self.moment(self.told["reported"])
        yield reported, self.register
        if "technician" in self.told:
            yield reported + DISPATCHED_AFTER, self.plan
        if "moved" in self.told:
            yield self.moment(self.told["moved"]["at"]), self.move
            yield self.moment(self.told["moved"]["late"]["sent"]), self.send_late
        if "departed" in self.told:
            yield from self.steps(self.moment(self.told["departed"]))
        for helper in self.told.get("with", []):
            yield from self.steps_of(helper)
        if "void" in self.told:
            yield self.moment(self.told["void"]["at"]), self.void
            yield self.moment(self.told["void"]["signed_again"]), self.sign_again
        if "second" in self.told:
            yield self.moment(self.told["second"]["planned"]), self.plan_second
        if "review" in self.told:
            yield self.moment(self.told["review"]["at"]), self.review

    def steps(self, moment: datetime) -> Iterator[Act]:
        """`arrival+25 start+5 …`: each step so many minutes after the one before, the first after departure."""
        yield moment, self.depart
        for step in self.told["steps"].split():
            verb, minutes = step.split("+")
            moment += timedelta(minutes=int(minutes))
            name, _colon, cause = verb.partition(":")
            yield moment, self.act(name, cause)

    def steps_of(self, helper: dict[str, Any]) -> Iterator[Act]:
        """Somebody who works beside the lead, with departures, arrivals and an end of their own."""
        moment, who = self.moment(helper["departed"]), self.cast.people[helper["technician"]]
        yield moment - DISPATCHED_AFTER, self.send_along(who, helper["reason"])
        verbs = {"arrival": visits.arrive, "start": visits.start, "leaving": visits.leave_site}
        yield moment, self.press(visits.depart, who)
        for step in helper["steps"].split():
            verb, minutes = step.split("+")
            moment += timedelta(minutes=int(minutes))
            yield moment, self.press(verbs[verb], who)

    def send_along(self, who: Person, reason: str) -> Callable[[], None]:
        def act() -> None:
            calls.add_member(self.planned, who, reason=reason, person=self.cast.people["sun"])

        return act

    def press(self, verb: Callable[..., None], who: Person) -> Callable[[], None]:
        return lambda: verb(self.planned, person=who)

    def act(self, name: str, cause: str) -> Callable[[], None]:
        if cause:
            return lambda: visits.pause(self.planned, cause, person=self.technician)
        acts = {
            "arrival": self.arrive,
            "start": self.start,
            "record": self.record,
            "finish": self.finish,
            "absent": self.absent,
            "sign": self.sign,
        }
        return acts[name]

    @property
    def planned(self) -> Visit:
        assert self.visit is not None
        return self.visit

    @property
    def technician(self) -> Any:
        return self.cast.people[self.told["technician"]]

    def register(self) -> None:
        contact = self.unit.contacts[self.told.get("contact", 0)]
        self.call = calls.register_call(
            branch=self.unit.branch,
            customer=self.unit.customer,
            site=self.unit.site,
            contact=contact,
            equipment=self.unit.equipment,
            channel=self.told.get("channel", "phone"),
            caller_name=self.told.get("caller", contact.name),
            description=self.told["description"],
            service_class=self.unit.service_class,
            work_type=self.told.get("work_type", "repair"),
            priority=self.told.get("priority", "routine"),
            reported_at=self.moment(self.told["reported"]),
            person=self.cast.people["sun"],
        )

    def plan(self) -> None:
        first = self.told.get("moved", {}).get("from", self.told["technician"])
        self.visit = self.send(self.told | {"technician": first})

    def move(self) -> None:
        """The office gives the visit to somebody else before anybody has set out."""
        start, end = self.table.window(self.told["window"]["start"], self.told["window"]["minutes"], self.zone)
        calls.assign(
            self.planned,
            self.technician,
            window_start=start,
            window_end=end,
            reason=self.told["moved"]["reason"],
            person=self.cast.people["sun"],
        )

    def send_late(self) -> None:
        """A part that the first technician logged without signal: the phone sends it when the visit is not theirs any
        more, so it waits for a supervisor."""
        told, visit = self.told["moved"]["late"], self.planned
        author, written = self.cast.people[self.told["moved"]["from"]], self.moment(told["written"])
        path = f"/visits/{visit.id}/part-uses"
        fields = [[name, value] for name, value in told["part"].items()] + [["occurred_at", written.isoformat()]]
        held.keep(
            entry_id=new_id(),
            person_id=author.id,
            sha256=content_digest(path, [(name, value) for name, value in fields]),
            path=path,
            record_id=visit.id,
            fields=fields,
            why="此次上门已改派他人。",
            created_at=written,
        )

    def plan_second(self) -> None:
        """Another appointment for the same call, agreed after the first visit came to nothing."""
        self.send({"technician": self.told["technician"], **self.told["second"]})

    def send(self, told: dict[str, Any]) -> Visit:
        assert self.call is not None
        start, end = self.table.window(told["window"]["start"], told["window"]["minutes"], self.zone)
        return calls.plan_visit(
            self.call,
            technician=self.cast.people[told["technician"]],
            window_start=start,
            window_end=end,
            instructions=told.get("instructions", ""),
            person=self.cast.people["sun"],
        )

    def depart(self) -> None:
        visits.depart(self.planned, person=self.technician)

    def arrive(self) -> None:
        visits.arrive(self.planned, person=self.technician)

    def start(self) -> None:
        again = self.planned.state == "paused"
        visits.start(self.planned, person=self.technician)
        if not again:
            self.take_photos(lambda label: label in ON_ARRIVAL)

    def record(self) -> None:
        self.write_findings()
        self.take_readings()
        for part in self.told.get("parts", []):
            visits.log_part_use(
                self.planned,
                item=part["item"],
                quantity=Decimal(part["quantity"]),
                old_part=part["old_part"],
                new_serial=part["new_serial"],
                old_serial=part["old_serial"],
                person=self.technician,
            )
        if not self.told.get("parts"):
            visits.state_no_parts(self.planned, person=self.technician)
        self.take_photos(lambda label: label not in ON_ARRIVAL)

    def write_findings(self) -> None:
        visits.save_findings(self.planned, person=self.technician, **self.told["finding"])

    def take_readings(self) -> None:
        """What was measured, with the instrument in the technician's hands."""
        for told in self.told.get("readings", []):
            visits.log_reading(self.planned, person=self.technician, **told | {"value": Decimal(told["value"])})

    def take_photos(self, wanted: Callable[[str], bool]) -> None:
        machine = self.unit.equipment
        for label in filter(wanted, self.told.get("photos", [])):
            picture = pictures.photo(label, machine.product.brand.split()[-1], machine.product.model, machine.serial_no)
            visits.add_photo(self.planned, photo=picture, label=label, person=self.technician)

    def finish(self) -> None:
        visits.finish(self.planned, person=self.technician)

    def absent(self) -> None:
        """Nobody was there: the wait, which is the customer's, a photo of the door, what was tried, no signature."""
        visits.log_time(
            self.planned,
            kind="wait",
            cause="customer",
            started_at=next(event.occurred_at for event in events_of(self.planned) if event.kind == "arrival"),
            ended_at=now(),
            reason=self.told["sign"]["reason"],
            person=self.technician,
        )
        self.take_photos(lambda label: True)
        self.write_findings()
        self.finish()
        self.sign()

    def sign(self) -> None:
        end_visit(self.planned, self.told["sign"], self.unit, self.technician, self.cast)

    def void(self) -> None:
        told = self.told["void"]
        void(self.planned, told, self.cast.people[told["by"]])

    def sign_again(self) -> None:
        """The survey was answered the first time; it is asked once a visit."""
        again = {name: value for name, value in self.told["sign"].items() if name != "survey"}
        end_visit(self.planned, again | self.told["void"]["sign"], self.unit, self.technician, self.cast)

    def review(self) -> None:
        told = self.told["review"]
        review(self.planned, told, self.cast.people[told["by"]])
