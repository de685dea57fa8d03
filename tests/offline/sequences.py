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
TEXTS = ("  听到异响 ", "a\r\nb", "none", "trailing\u3000", "\ufeff", "e\u0301 \x07")
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
    without: tuple[str, ...] = ()  # code lists that are empty
    known: dict[str, list[str]] = field(default_factory=dict)  # ids that the server has given, by list
    version: int = 0
    entries: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def press(self) -> None:
        """Some minutes later, one form more."""
        self.clock += timedelta(seconds=self.random.choice((1, 30, 60, 90, 600, 1530, 4000)))
        visit, action, fields = self.form()
        self.send(visit, action, {name: value for name, value in fields.items() if value is not None})

    def form(self) -> tuple[str, str, dict[str, Any]]:
        pick = self.random.random()
        if pick < 0.4:
            return self.visit, *self.button()
        if pick < 0.44 and self.other:
            return self.other, *self.button()
        if pick < 0.54:
            return self.visit, *self.taken_back()
        if pick < 0.55:
            return self.visit, f"clocks/{self.colleague or uuid.uuid4()}/stop", {}
        action = self.random.choice(RECORDS)
        return self.visit, action, getattr(self, action.replace("-", "_"))()

    def button(self) -> tuple[str, dict[str, Any]]:
        """Mostly the day's way, sometimes any other button."""
        taken = [one["action"] for one, answer in zip(self.entries, self.answers, strict=True) if answer == 201]
        last = next((one for one in reversed(taken) if one in BUTTONS), "")
        after_start = self.random.choice(("pause", "pause", "finish"))
        usual = {"": "departure", "departure": "arrival", "arrival": "start", "start": after_start, "pause": "start"}
        action = self.mostly(usual.get(last, "start"), *BUTTONS, odd=0.25)
        cause = self.mostly(self.random.choice(PAUSE_CAUSES), None, "lunch") if action == "pause" else None
        return action, {"occurred_at": self.moment(), "cause": cause}

    def taken_back(self) -> tuple[str, dict[str, Any]]:
        nouns = [noun for noun in TAKEN_BACK if self.known.get(noun)]
        if not nouns:
            return f"time-entries/{uuid.uuid4()}/removal", {"reason": "错了"}
        noun = self.random.choice(nouns)
        verb = "reversal" if noun == "part-uses" else "removal"
        return f"{noun}/{self.random.choice(self.known[noun])}/{verb}", {"reason": self.mostly("错了", "  ")}

    def findings(self) -> dict[str, Any]:
        coded = {name: code for name, code in CODES.items() if self.now_and_then(0.1 if name in self.without else 0.8)}
        if self.now_and_then(0.05):
            coded["cause"] = "C98"
        ticks = {"nothing_left": 0.4, "plate_unreadable": 0.2, "do_not_use": 0.2, "use_again": 0.15}
        return {
            **coded,
            **{name: "y" for name, share in ticks.items() if self.now_and_then(share)},
            "outcome": self.random.choice((*words.OUTCOMES, None, "fixed")),
            "error_code": self.mostly("e12", "E" * 21, odd=0.03),
            "note": self.text(4000),
            "test_result": self.random.choice(("10 km/h", "", "好")),
            "outstanding": self.random.choice(("", "none", " None ", "换皮带")),
            "stop_reason": self.random.choice(("", "电线裸露")),
            "internal_note": self.text(4000),
            "version": self.mostly(None, "", "x", "0", "1", "2", odd=0.3),
            "occurred_at": self.moment(),
        }

    def part_uses(self) -> dict[str, Any]:
        return {
            "item": self.random.choice(("TM-OIL-100", "TM-BELT-1300", "tm-oil-100", "TM-MTR-25", "TM-MTR-25")),
            "quantity": self.mostly("1", *QUANTITIES, odd=0.4),
            "new_serial": self.mostly("DF-77", "", "y" * 81),
            "old_serial": self.mostly("", "DF-76", "y" * 81),
            "old_part": self.mostly(self.random.choice((*words.OLD_PARTS, None)), "", "eaten"),
            "occurred_at": self.moment(),
        }

    def no_parts(self) -> dict[str, Any]:
        return {"occurred_at": self.moment()}

    def time_entries(self) -> dict[str, Any]:
        """Often a stretch that touches or shares time with another one."""
        start = self.clock - timedelta(minutes=self.random.choice((5, 30, 61, 120, 300, 1500)))
        long = timedelta(minutes=self.mostly(self.random.choice((1, 5, 30)), -1, 60, 1441))
        own = self.known.get("time-entries") or [None]
        return {
            "kind": self.mostly(self.random.choice(TIME_KINDS), "nap", odd=0.05),
            "started_at": self.written(start),
            "ended_at": self.written(start + long + timedelta(seconds=self.random.choice((0, 30)))),
            "cause": self.mostly("parts", "", "customer", "break"),
            "reason": self.mostly("忘了", "", " "),
            "replaces": self.mostly(None, self.random.choice(own), str(uuid.uuid4()), odd=0.5),
        }

    def photos(self) -> dict[str, Any]:
        file = (io.BytesIO(PHOTO), "p.jpg", "image/jpeg")
        label = self.mostly(self.random.choice(PHOTO_LABELS), None, "", "cat")
        return {"photo": self.mostly(file, None), "label": label, "occurred_at": self.moment()}

    def readings(self) -> dict[str, Any]:
        return {
            "quantity": self.mostly(self.random.choice(tuple(rules.QUANTITIES)), "mood", odd=0.05),
            "value": self.mostly(self.random.choice(("230", "3,50", "-1.25", "0.000001")), "", "1e3", "1000000000"),
            "unit": self.mostly("mA", "", "z" * 11),
            "point": self.mostly("L1 ", "", "z" * 81),
            "instrument": self.random.choice(("", *self.known.get("tools", ()))),
            "occurred_at": self.moment(),
        }

    def text(self, limit: int) -> str:
        return str(self.mostly("", *TEXTS, "z" * (limit + 1)))

    def moment(self) -> str | None:
        """What the phone's clock said: now, a little off, not at all, or nothing that can be read."""
        off = self.mostly(0, -60, -1800, 300, 7200, -90000, odd=0.3)
        written = self.written(self.clock + timedelta(seconds=off))
        return self.mostly(written, None, "", "gestern", "2026-02-30T10:00")

    def written(self, moment: datetime) -> str:
        there = local(moment, self.zone)
        return self.random.choice(
            (there.isoformat(), there.replace(tzinfo=None).isoformat(timespec="minutes"), moment.isoformat())
        )

    def mostly(self, good: Any, *others: Any, odd: float = 0.12) -> Any:
        return self.random.choice(others) if self.now_and_then(odd) else good

    def now_and_then(self, share: float) -> bool:
        return self.random.random() < share

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
