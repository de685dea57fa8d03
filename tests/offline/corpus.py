"""Frozen forms: what pages of every version sent out make a phone send. They are never edited, only added to.

`<endpoint>@<version>.json` holds the names that the form of that version may send and examples of what it sent. To give
a form a new version: raise it in `portal/formversions.py`, run `python -m tests.offline.corpus ENDPOINT` (it writes the
new file with today's names and the last examples), and add to the examples what is new.
"""

import base64
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from portal import formversions
from portal.accounts.models import SignIn
from portal.calls.operations import add_member
from portal.db import db
from portal.forms import EntryForm, VerbForm
from portal.reports import forms as reports
from portal.reports import survey
from portal.visits import forms as visits
from portal.visits.models import live_part_uses
from tests.page import Page, Person
from tests.reports.steps import answer, finished, hand_to_customer, locked_door
from tests.visits.steps import OIL, on_site, press, visit_at

FOLDER = Path(__file__).parent / "corpus"
FORMS: dict[str, list[type[EntryForm]]] = {
    "visits.departure": [VerbForm],
    "visits.arrival": [VerbForm],
    "visits.start": [VerbForm],
    "visits.pause": [visits.PauseForm],
    "visits.finish": [VerbForm],
    "visits.leaving": [VerbForm],
    "visits.findings": [visits.FindingsForm],
    "visits.part_uses": [visits.PartUseForm],
    "visits.part_use_reversal": [visits.ReasonForm],
    "visits.no_parts": [VerbForm],
    "visits.time_entries": [visits.TimeEntryForm],
    "visits.photos": [visits.PhotoForm],
    "visits.readings": [visits.ReadingForm],
    "reports.handover": [reports.HandOverForm, reports.PaperForm, reports.AbsenceForm],
    "handover.survey": [reports.SurveyForm],
    "handover.signature": [reports.SignatureForm],
    "handover.release": [reports.ReleaseForm],
}


@dataclass(frozen=True)
class Frozen:
    """One example of a frozen form."""

    endpoint: str
    version: str
    name: str
    path: str
    fields: list[list[str]]
    files: list[list[str]]

    def __str__(self) -> str:
        return f"{self.endpoint}@{self.version}:{self.name}"

    def send(self, phone: Person, places: dict[str, str], **kwargs: Any) -> Page:
        """Sends it from the outbox, as it was then; `places` fills in the ids of its address."""
        data: dict[str, Any] = {}
        for name, value in self.fields:
            data.setdefault(name, []).append(value)
        for name, filename, kind, content in self.files:
            data[name] = (io.BytesIO(base64.b64decode(content)), filename, kind)
        kwargs |= {"content_type": "multipart/form-data"} if self.files else {}
        return phone.post(self.path.format(**places), data, outbox=True, **kwargs)


@cache
def corpus() -> list[Frozen]:
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        kept = json.loads(path.read_text("utf-8"))
        for one in kept["examples"]:
            found.append(
                Frozen(kept["endpoint"], kept["version"], one["name"], kept["path"], one["fields"], one["files"])
            )
    return found


def frozen(endpoint: str, version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{endpoint}@{version}.json").read_text("utf-8"))
    return found


def names_of(endpoint: str) -> list[str]:
    """What the form of today may send, without the entry's id."""
    forms = FORMS[endpoint]
    names = {name for form in forms for name in dir(form) if hasattr(getattr(form, name), "field_class")}
    if endpoint == "handover.survey":
        names |= {question.name for question in survey.QUESTIONS}
    return sorted(names - {"entry_id"})


# The state in which each form was filled in


def prepare(world: Any, phone: Person, example: Frozen) -> dict[str, str]:
    """Brings a visit of zhang's to where this form is filled in, and names what its address names."""
    return STATES[example.endpoint](world, phone, example)


def pressed(*verbs: str) -> Callable[[Any, Person, Frozen], dict[str, str]]:
    def state(world: Any, phone: Person, _example: Frozen) -> dict[str, str]:
        base = f"/visits/{world.visit().id}"
        press(phone, base, *verbs)
        return {"visit": base.rpartition("/")[2]}

    return state


def beside_the_lead(world: Any, phone: Person, _example: Frozen) -> dict[str, str]:
    visit = world.visit("li")
    add_member(visit, world.person("zhang"), person=world.person("sun"))
    db.session.commit()
    press(phone, f"/visits/{visit.id}", "departure", "arrival", "start")
    return {"visit": str(visit.id)}


def with_a_part(world: Any, phone: Person, _example: Frozen) -> dict[str, str]:
    base = on_site(world, phone)
    assert phone.post(f"{base}/part-uses", OIL).status == 303
    return {"visit": base.rpartition("/")[2], "use": str(live_part_uses(visit_at(base))[0].id)}


def work_done(world: Any, _phone: Person, example: Frozen) -> dict[str, str]:
    return {"visit": str((locked_door(world) if example.name == "absent" else finished(world)).id)}


def with_the_customer(world: Any, phone: Person, example: Frozen) -> dict[str, str]:
    address = hand_to_customer(phone, finished(world))
    if example.endpoint == "handover.signature":
        assert answer(phone, address).status == 303
    return {"token": address.rpartition("/")[2]}


WORKING = pressed("departure", "arrival", "start")
STATES: dict[str, Callable[[Any, Person, Frozen], dict[str, str]]] = {
    "visits.departure": pressed(),
    "visits.arrival": pressed("departure"),
    "visits.start": pressed("departure", "arrival"),
    "visits.leaving": beside_the_lead,
    "visits.part_use_reversal": with_a_part,
    "reports.handover": work_done,
    "handover.survey": with_the_customer,
    "handover.signature": with_the_customer,
    "handover.release": with_the_customer,
} | dict.fromkeys(
    (
        "visits.pause",
        "visits.finish",
        "visits.findings",
        "visits.part_uses",
        "visits.no_parts",
        "visits.time_entries",
        "visits.photos",
        "visits.readings",
    ),
    WORKING,
)


def session_of(phone: Person) -> SignIn:
    """The session behind the phone's cookie."""
    return db.session.query(SignIn).filter_by(csrf_token=phone.token()).one()


def noon(world: Any) -> datetime:
    """The portal's clock at the hour in which the examples were filled in."""
    moment: datetime = world.at(12)
    world.set_clock(moment)
    return moment


def freeze(endpoint: str) -> Path:
    version = formversions.current(endpoint)
    last = frozen(endpoint, str(int(version) - 1))
    path = FOLDER / f"{endpoint}@{version}.json"
    text = json.dumps(last | {"version": version, "names": names_of(endpoint)}, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", "utf-8")
    return path


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        print(freeze(wanted))
