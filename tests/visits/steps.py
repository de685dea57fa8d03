"""Steps that the tests of visits take again and again."""

import io
import uuid
from decimal import Decimal
from typing import Any

from PIL import Image
from sqlalchemy import select

from portal.calls.models import Visit
from portal.db import db
from portal.stock.models import Balance
from portal.visits.models import live_time_entries
from portal.visits.operations import arrive, depart, start
from tests.page import Person

DIAGNOSIS = {
    "symptom": "TM-S03",
    "component": "TM-P01",
    "cause": "C01",
    "remedy": "A03",
    "outcome": "fixed",
    "test_result": "10 km/h，电流 3 A",
    "outstanding": "none",
}
OIL = {"item": "TM-OIL-100", "quantity": "2", "old_part": "none"}


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "JPEG")
    return out.getvalue()


def working(world: Any, **plan: Any) -> Any:
    """A visit at which zhang works since nine, his travel from eight to half past behind him."""
    world.set_clock(world.at(9, 5))
    visit, zhang = world.visit(**plan), world.person("zhang")
    depart(visit, person=zhang, occurred_at=world.at(8))
    arrive(visit, person=zhang, occurred_at=world.at(8, 30))
    start(visit, person=zhang, occurred_at=world.at(9))
    return visit


def spans(visit: Any, world: Any) -> list[tuple[str, int, int | None]]:
    """(kind, start, end) in minutes after midnight in Shanghai."""
    zero = world.at(0)

    def minute(moment: Any) -> int:
        return int((moment - zero).total_seconds() // 60)

    return [
        (e.kind, minute(e.started_at), minute(e.ended_at) if e.ended_at else None) for e in live_time_entries(visit)
    ]


def van_holds(world: Any, code: str = "TM-OIL-100") -> Decimal:
    query = select(Balance.quantity).where(
        Balance.item_id == world.item(code).id, Balance.location_id == world.van().id
    )
    return db.session.scalar(query) or Decimal(0)


def press(person: Person, base: str, *verbs: str) -> None:
    for verb in verbs:
        assert person.post(f"{base}/{verb}").status == 303, verb


def on_site(world: Any, person: Person, **plan: Any) -> str:
    base = f"/visits/{world.visit(**plan).id}"
    press(person, base, "departure", "arrival", "start")
    return base


def photo_fields(label: str = "before") -> dict[str, Any]:
    return {"photo": (io.BytesIO(picture()), "p.jpg"), "label": label}


def send_photo(person: Person, base: str, **kwargs: Any) -> Any:
    return person.post(f"{base}/photos", photo_fields(), content_type="multipart/form-data", **kwargs)


def visit_at(base: str) -> Visit:
    """The visit whose page has this address."""
    return db.session.get_one(Visit, uuid.UUID(base.split("/")[2]))
