"""Random days at a visit: forms as people send them, in any order, at odd times, well filled in and badly."""

import hashlib
import io
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from portal.clock import local
from portal.db import db
from portal.visits import rules, words
from portal.visits.models import PAUSE_CAUSES, PHOTO_LABELS, TIME_KINDS
from tests.page import Person
from tests.visits.steps import picture

PHOTO = picture()
TEXTS = ("", "  听到异响 ", "a\r\nb", "none", "NONE", "trailing\u3000", "x" * 1001)
SERIALS = ("", "DF-77", "y" * 81)
QUANTITIES = ("1", "2", "0,5", "1.0", "０２", "", "0", "two", "1.2345")
BUTTONS = ("departure", "arrival", "start", "pause", "finish", "leaving")
RECORDS = ("findings", "part-uses", "part-uses", "no-parts", "time-entries", "photos", "readings", "readings")
TAKEN_BACK = ("part-uses", "time-entries", "photos", "readings")
CODES = {"symptom": "TM-S03", "component": "TM-P01", "cause": "C01", "remedy": "A03"}


@dataclass
class Day:
    """One visit's sequence: it presses, and remembers what it pressed as the outbox would."""

    random: Random
    person: Person
    visit: str
    zone: str
    clock: datetime
    other: str = ""  # another visit of the same person
    colleague: str = ""
    known: dict[str, list[str]] = field(default_factory=dict)  # ids that the server has given, by list
    version: int = 0
    entries: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def press(self) -> None:
        """Some minutes later, one form more."""
        self.clock += timedelta(seconds=self.random.choice((1, 20, 60, 95, 600, 1500, 4000)))
        visit, action, fields = self.form()
        self.send(visit, action, {name: value for name, value in fields.items() if value is not None})

    def form(self) -> tuple[str, str, dict[str, Any]]:
        pick = self.random.random()
        if pick < 0.5:
            return self.visit, *self.button()
        if pick < 0.55 and self.other:
            return self.other, *self.button()
        if pick < 0.62:
            return self.visit, *self.taken_back()
        if pick < 0.64:
            return self.visit, f"clocks/{self.colleague or uuid.uuid4()}/stop", {}
        action = self.random.choice(RECORDS)
        return self.visit, action, getattr(self, action.replace("-", "_"))()

    def button(self) -> tuple[str, dict[str, Any]]:
        """Mostly the day's way, sometimes any other button."""
        pressed = [one["action"] for one in self.entries if one["visit"] == self.visit and one["action"] in BUTTONS]
        usual = {"": "departure", "departure": "arrival", "arrival": "start", "start": "pause", "pause": "start"}
        action = usual.get(pressed[-1] if pressed else "", "start")
        if self.random.random() < 0.45:
            action = self.random.choice(BUTTONS)
        cause = self.random.choice((*PAUSE_CAUSES, None, "lunch")) if action == "pause" else None
        return action, {"occurred_at": self.moment(), "cause": cause}

    def taken_back(self) -> tuple[str, dict[str, Any]]:
        noun = self.random.choice(TAKEN_BACK)
        verb = "reversal" if noun == "part-uses" else "removal"
        ids = [*self.known.get(noun, ()), *([] if noun != "time-entries" else [str(uuid.uuid4())])]
        if not ids:
            return "no-parts", {}
        return f"{noun}/{self.random.choice(ids)}/{verb}", {"reason": self.random.choice(("错了", "错了", "  "))}

    def findings(self) -> dict[str, Any]:
        some = self.random.random
        coded = {name: code for name, code in CODES.items() if some() < 0.7}
        if some() < 0.1:
            coded["cause"] = "C98"
        return {
            **coded,
            "outcome": self.random.choice((*words.OUTCOMES, None, "fixed")),
            "error_code": self.random.choice(("", "e12", "E" * 21)) if some() < 0.2 else "",
            "note": self.text(),
            "test_result": self.random.choice(("10 km/h", "", "好")),
            "outstanding": self.random.choice(("", "none", " None ", "换皮带")),
            "nothing_left": "y" if some() < 0.4 else None,
            "plate_unreadable": "y" if some() < 0.2 else None,
            "do_not_use": "y" if some() < 0.15 else None,
            "use_again": "y" if some() < 0.15 else None,
            "stop_reason": self.random.choice(("", "电线裸露")),
            "internal_note": self.text(),
            "version": self.random.choice((None, "", "x", str(self.random.randint(0, 4)))),
            "occurred_at": self.moment(),
        }

    def part_uses(self) -> dict[str, Any]:
        return {
            "item": self.random.choice(("TM-OIL-100", "TM-BELT-1300", "tm-oil-100", "TM-MTR-25", "TM-MTR-25", "")),
            "quantity": self.random.choice(("1", *QUANTITIES)),
            "new_serial": self.random.choice(SERIALS),
            "old_serial": self.random.choice(SERIALS),
            "old_part": self.random.choice((*words.OLD_PARTS, None, None, "eaten")),
            "occurred_at": self.moment(),
        }

    def no_parts(self) -> dict[str, Any]:
        return {"occurred_at": self.moment()}

    def time_entries(self) -> dict[str, Any]:
        """Often a stretch that touches or shares time with another one."""
        start = self.clock - timedelta(minutes=self.random.choice((5, 30, 61, 120, 300, 1500)))
        end = start + timedelta(
            minutes=self.random.choice((-1, 1, 5, 30, 60, 1441)), seconds=self.random.choice((0, 31))
        )
        replaced = [*self.known.get("time-entries", ()), str(uuid.uuid4())]
        return {
            "kind": self.random.choice((*TIME_KINDS, "nap")),
            "started_at": self.written(start),
            "ended_at": self.written(end),
            "cause": self.random.choice(("", "parts", "customer", "break")),
            "reason": self.random.choice(("", "忘了", "忘了")),
            "replaces": self.random.choice(replaced) if self.random.random() < 0.3 else None,
        }

    def photos(self) -> dict[str, Any]:
        file = None if self.random.random() < 0.1 else (io.BytesIO(PHOTO), "p.jpg", "image/jpeg")
        return {"photo": file, "label": self.random.choice((*PHOTO_LABELS, None, "cat")), "occurred_at": self.moment()}

    def readings(self) -> dict[str, Any]:
        return {
            "quantity": self.random.choice((*rules.QUANTITIES, "mood")),
            "value": self.random.choice(("230", "3,50", "-1.25", "0.000001", "", "1e3", "1000000000")),
            "unit": self.random.choice(("", "mA", "z" * 11)) if self.random.random() < 0.5 else "",
            "point": self.random.choice(("", "L1 ")),
            "instrument": self.random.choice(("", *self.known.get("tools", ()))),
            "occurred_at": self.moment(),
        }

    def text(self) -> str:
        return self.random.choice((*TEXTS, "z" * 4001)) if self.random.random() < 0.3 else ""

    def moment(self) -> str | None:
        """What the phone's clock said: now, a little off, not at all, or nothing that can be read."""
        off = self.random.choice((0, 0, 0, -60, -1800, 300, 7200, -90000))
        written = self.written(self.clock + timedelta(seconds=off))
        return self.random.choice((written, written, written, None, "", "gestern" if off else written))

    def written(self, moment: datetime) -> str:
        there = local(moment, self.zone)
        return self.random.choice(
            (there.isoformat(), there.replace(tzinfo=None).isoformat(timespec="minutes"), moment.isoformat())
        )

    def send(self, visit: str, action: str, fields: dict[str, Any]) -> None:
        path, entry_id = f"/visits/{visit}/{action}", str(uuid.uuid4())
        files = [["photo", "p.jpg", "image/jpeg", hashlib.sha256(PHOTO).hexdigest()]] if "photo" in fields else []
        self.entries.append(
            {
                "id": entry_id,
                "visit": visit,
                "action": action,
                "path": path,
                "fields": [[name, value] for name, value in fields.items() if name != "photo"],
                "files": files,
                "created_at": local(self.clock, self.zone).isoformat(),
            }
        )
        self.person.app.config["CLOCK"] = lambda: self.clock
        answer = self.person.post(path, fields, entry_id=entry_id, outbox=True, content_type="multipart/form-data")
        self.answers.append(answer.status)
        db.session.expire_all()


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=UTC)
