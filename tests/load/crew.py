"""More people than the small company has: technicians by the hundred, each signed in on a phone, with a visit."""

import io
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from PIL import Image
from sqlalchemy import select

from portal.accounts.models import Person, PersonRole, SignIn
from portal.accounts.secrets import token_hash
from portal.calls import operations as calls
from portal.calls.models import Visit
from portal.clock import now
from portal.customers.models import Equipment
from portal.db import db
from portal.visits import operations as visits
from tests.load.phones import Entry

DAY = 10  # entries of a day without a network
PARTS_A_DAY = FINDINGS_A_DAY = 2


@dataclass
class Member:
    """A technician as a phone knows them: session, token, and the visit's address."""

    cookie: str
    token: str
    base: str


def crew(size: int, *, working: bool = False) -> list[Member]:
    """So many technicians, each with a visit of their own, `working` at it or not yet gone there. Flushes."""
    dispatcher = db.session.scalars(select(Person).where(Person.username == "sun")).one()
    unit = db.session.scalars(select(Equipment).order_by(Equipment.serial_no).limit(1)).one()
    found = []
    for number in range(size):
        person = Person(
            username=f"crew{secrets.token_hex(6)}", name=f"组员{number}", password_hash="", created_at=now(),
            branch_id=dispatcher.branch_id, role_rows=[PersonRole(role="technician")],
        )  # fmt: skip
        db.session.add(person)
        db.session.flush()
        visit = visit_for(person, unit, dispatcher)
        for minutes, verb in ((90, visits.depart), (70, visits.arrive), (60, visits.start)) if working else ():
            verb(visit, person=person, occurred_at=now() - timedelta(minutes=minutes))
        found.append(Member(*signed_in(person), f"/visits/{visit.id}"))
    db.session.flush()
    return found


def visit_for(technician: Person, unit: Equipment, dispatcher: Person) -> Visit:
    call = calls.register_call(
        branch=dispatcher.branch, customer=unit.site.customer, site=unit.site, contact=unit.site.contacts[0],
        equipment=unit, channel="phone", caller_name="前台", description="跑带打滑", service_class="B",
        work_type="repair", priority="routine", reported_at=now() - timedelta(hours=8), person=dispatcher,
    )  # fmt: skip
    start = now() - timedelta(hours=4)
    return calls.plan_visit(
        call, technician=technician, window_start=start, window_end=start + timedelta(hours=2), instructions="",
        person=dispatcher,
    )  # fmt: skip


def signed_in(person: Person, device: str = "phone") -> tuple[str, str]:
    """(cookie, form token) of a new session, without the cost of a password."""
    cookie, token = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    db.session.add(
        SignIn(token_hash=token_hash(cookie), person=person, csrf_token=token, device=device, created_at=now(),
               last_seen_at=now(), pin_failures=0)
    )  # fmt: skip
    return cookie, token


def a_day(base: str, end: datetime) -> list[Entry]:
    """What a phone brings back that was away since the morning: ten entries of one visit, in their order."""

    def at(minutes: int) -> str:
        return (end - timedelta(minutes=minutes)).isoformat(timespec="seconds")

    def entries() -> Iterator[tuple[str, dict[str, Any]]]:
        yield "departure", {"occurred_at": at(200)}
        yield "arrival", {"occurred_at": at(170)}
        yield "start", {"occurred_at": at(165)}
        yield "findings", {"note": "跑带打滑", "occurred_at": at(150)}
        yield "part-uses", {"item": "TM-OIL-100", "quantity": "2", "old_part": "none", "occurred_at": at(140)}
        yield "pause", {"cause": "parts", "occurred_at": at(120)}
        yield "start", {"occurred_at": at(90)}
        yield "part-uses", {"item": "TM-OIL-100", "quantity": "1", "old_part": "none", "occurred_at": at(60)}
        yield "findings", {"note": "跑带打滑；上油", "test_result": "10 km/h", "occurred_at": at(50)}
        yield "time-entries", {"kind": "travel", "started_at": at(260), "ended_at": at(230), "reason": "取件"}

    return [Entry(f"{base}/{verb}", fields) for verb, fields in entries()]


def snapshot(number: int, size: tuple[int, int] = (1600, 1200)) -> bytes:
    """A photo that looks like no other, as a phone sends it: 1600 pixels and nearly 400 KB."""
    noise = Image.effect_noise((size[0] // 8, size[1] // 8), 90).resize(size, Image.Resampling.BICUBIC)
    tint = Image.new("L", size, number % 256)
    out = io.BytesIO()
    Image.merge("RGB", (noise, tint, noise)).save(out, "JPEG", quality=86)
    return out.getvalue()
