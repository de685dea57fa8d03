"""Writing the past: day after day, the mornings' slips first, then the visits, each sealed onto the chain."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from time import monotonic
from typing import Any

from sqlalchemy import select

from portal.accounts.secrets import token_hash
from portal.clock import local
from portal.db import db
from portal.demo.cast import Cast
from portal.demo.past.cast import Luck, PastUnit, Worker, units, workers
from portal.demo.past.ledger import Books, Paper
from portal.demo.past.patterns import ORDER, Pattern, plain_json, read_patterns
from portal.demo.past.texts import day_gap
from portal.demo.past.writing import count_on, room_to_write, write_rows
from portal.demo.tables import rows as table_rows
from portal.numbering import NumberSeries
from portal.reports.operations.sealing import verify_token
from portal.search.rebuilding import index_everything
from portal.signing import head, rules
from portal.signing.models import REPORT, SURVEY
from portal.signing.operations import last_place, signing_key
from portal.stock.models import Item
from portal.stock.places import far_end

LONGEST = 1095  # days
BATCH, ROWS = 2000, 50_000  # visits, and movements, whose rows are written together
MORNING = time(0, 30)  # UTC: half past eight where the company is
ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Past:
    """How much of it; the same seed makes the same past but for keys and passwords."""

    visits: int
    movements: int
    seed: int = 1


def write_past(past: Past, cast: Cast, last: date, say: Callable[[str], None]) -> None:
    """Everything up to the day `last`, in the caller's transaction, found by the search as well."""
    patterns = read_patterns()
    days = min(LONGEST, max(30, past.visits // 4, past.movements // 500))
    with room_to_write():
        Writer(past, cast, patterns, last - timedelta(days=days), days, say).write()
    began = monotonic()
    written = index_everything()
    say(f"{written} entries of the search's index in {monotonic() - began:.1f} s")


class Numbers:
    """Document numbers, counted in memory and written once at the end."""

    def __init__(self) -> None:
        self.last: dict[str, int] = defaultdict(int)

    def next(self, kind: str, branch: str, moment: datetime) -> str:
        series = f"{kind}-{branch}-{local(moment, ZONE):%y%m}"
        self.last[series] += 1
        return f"{series}-{self.last[series]:04d}"


class Writer:
    def __init__(self, past: Past, cast: Cast, patterns: list[Pattern], first: date, days: int, say: Any) -> None:
        self.past, self.patterns, self.first, self.days, self.say = past, patterns, first, days, say
        self.luck = Luck(past.seed)
        self.numbers, self.key, self.place = Numbers(), signing_key(), last_place()
        self.clerk, self.reviewer = cast.people["sun"].id, cast.people["zhao"].id
        since = datetime.combine(first, time(), UTC)
        self.workers = workers(cast, past.visits, since)
        self.by_branch: dict[str, list[Worker]] = defaultdict(list)
        for worker in self.workers:
            self.by_branch[worker.branch].append(worker)
        self.books = Books(
            items=list(db.session.scalars(select(Item).where(Item.kind == "part").order_by(Item.code))),
            costs={row["code"]: Decimal(row["cost"]) for row in table_rows("parts")},
            stores={code: cast.locations[f"STORE-{code}"] for code in cast.branches},
            ends={kind: far_end(kind) for kind in ("supplier", "customer")},
            keeper=cast.people["qian"].id,
            luck=self.luck,
            numbers=self.numbers,
        )
        products = [pattern.product for pattern in patterns]
        with db.session.no_autoflush:
            self.units = units(cast, products, past.visits, first, self.luck)
        self.waiting: dict[str, list[dict[str, Any]]] = {table: [] for table in ORDER}

    def write(self) -> None:
        start = self.place
        share = sorted(self.luck.randrange(self.days) for _ in range(self.past.visits))
        done = 0
        for distance, (day, visits) in enumerate(self.by_day(share), start=1):
            parts = sum(len(self.patterns[which].parts) for which, _unit in visits)
            due = self.past.movements * distance // self.days
            self.books.busy_morning(due - parts - self.books.n, self.workers, datetime.combine(day, MORNING, UTC))
            for which, unit in visits:
                self.visit(self.patterns[which], unit, day)
            if (done + len(visits)) // BATCH > done // BATCH or len(self.books.rows) > ROWS:
                self.flush()
                self.say(f"{done + len(visits)} of {self.past.visits} visits, {self.books.n} movements")
            done += len(visits)
        self.books.busy_morning(
            self.past.movements - self.books.n, self.workers, datetime.combine(self.last_day, MORNING, UTC)
        )
        self.flush()
        count_on("movement", "n")
        db.session.add_all(self.books.valuations())
        db.session.add_all(NumberSeries(series=series, last=last) for series, last in self.numbers.last.items())
        db.session.flush()
        if self.place != start:
            head.expect(start, self.place)

    @property
    def last_day(self) -> date:
        return self.first + timedelta(days=self.days)

    def by_day(self, share: list[int]) -> Iterator[tuple[date, list[tuple[int, PastUnit]]]]:
        """Each day with its visits: which pattern, and the machine."""
        found: dict[int, list[tuple[int, PastUnit]]] = defaultdict(list)
        for distance in share:
            which = self.luck.randrange(len(self.patterns))
            found[distance].append((which, self.luck.choice(self.units[which])))
        for distance in range(self.days):
            visits = sorted(found.pop(distance, []), key=lambda one: self.patterns[one[0]].sealed)
            yield self.first + timedelta(days=distance), visits

    def visit(self, pattern: Pattern, unit: PastUnit, day: date) -> None:
        worker = self.luck.choice(self.by_branch[unit.branch])
        midnight = datetime.combine(day, time(), UTC)
        ids: dict[str, Any] = {name: self.luck.id() for name in pattern.own}
        ids |= unit.ids | {"technician": worker.id, "clerk": self.clerk, "sign_in_id": worker.session}
        ids |= {"reviewer_id": self.reviewer, "technician_name": worker.name} | unit.names
        ids["call_no"] = self.numbers.next("JX", unit.branch, midnight)
        ids["report_no"] = self.numbers.next("FW", unit.branch, midnight)
        ids["visit_no"] = f"{ids['call_no']}/1"
        ids["token"] = ids["hand_over"].hex
        ids["verify_hash"] = token_hash(verify_token(ids["report_no"], 1))
        words = unit.words | {name: str(ids[name]) for name in ("report_no", "call_no", "visit_no", "hand_over")}
        words |= {"technician": str(worker.id), "technician_name": worker.name, "strokes": self.ink()}
        for distance in {*pattern.content.distances, *pattern.evidence.distances}:
            words[day_gap(distance)] = (day + timedelta(days=distance)).isoformat()
        survey = pattern.survey.filled(words), pattern.survey_evidence.filled(words)
        ids["survey_n"] = self.seal(SURVEY, ids["visit_no"], survey, midnight + pattern.surveyed)
        words["survey"] = str(ids["survey_n"])
        report = pattern.content.filled(words), pattern.evidence.filled(words)
        ids["document_n"] = self.seal(REPORT, ids["report_no"], report, midnight + pattern.sealed)
        for row in pattern.rows:
            self.add(row, ids, midnight)
        for part in pattern.parts:
            moment, url = midnight + part.moment, f"/visits/{ids['visit']}"
            n = self.books.use(part.item, part.quantity, worker, Paper(worker.id, moment, ids["call_no"], url))
            more = {"id": self.luck.id(), "movement_n": n, "item_id": self.books.by_code[part.item].id}
            self.add(part.row, ids, midnight, **more)
        self.remember(ids, worker, midnight, pattern)

    def add(self, row: Any, ids: dict[str, Any], midnight: datetime, **more: Any) -> None:
        values = row.fixed | more
        for column, name in row.names.items():
            values[column] = ids[name]
        for column, after in row.moments.items():
            values[column] = midnight + after
        self.waiting[row.table].append(values)

    def remember(self, ids: dict[str, Any], worker: Worker, midnight: datetime, pattern: Pattern) -> None:
        """The four acts of the history that pages ask for."""
        signed = midnight + pattern.sealed
        for verb, kind, key, person, moment, details in (
            ("register_call", "call", "call", self.clerk, midnight, {"number": ids["call_no"]}),
            ("plan_visit", "visit", "visit", self.clerk, midnight, {"technician": worker.name}),
            ("sign_report", "report", "report", worker.id, signed, {"number": ids["report_no"]}),
            ("approve", "report", "report", self.reviewer, signed, {"number": ids["report_no"]}),
        ):
            self.waiting["history"].append({
                "recorded_at": moment, "person_id": person, "verb": verb, "subject_kind": kind,
                "subject_id": str(ids[key]), "details": details, "request_id": None,
            })  # fmt: skip

    def seal(self, kind: str, number: str, texts: tuple[str, str], moment: datetime) -> int:
        """The next document of the chain, as `signing.operations.seal` makes it."""
        n, key, salt = self.place.n + 1, self.luck.id(), f"{self.luck.getrandbits(128):032x}"
        digests = [rules.digest(salt, text) for text in texts]
        title = [n, str(key), kind, number, 1, moment.isoformat(timespec="microseconds")]
        link = rules.link(self.key, self.place.link, title, digests)
        self.waiting["sealed_document"].append({
            "n": n, "id": key, "kind": kind, "number": number, "revision": 1, "content": texts[0], "evidence": texts[1],
            "salt": salt, "content_digest": digests[0], "evidence_digest": digests[1],
            "previous_link": self.place.link, "link": link, "sealed_at": moment,
        })  # fmt: skip
        self.place = head.Place(n, link)
        return n

    def ink(self) -> str:
        """A short scrawl, no two alike."""
        x, y, stroke = 1500, 3000, []
        for number in range(14):
            x, y = x + self.luck.randrange(150, 550), y + self.luck.randrange(-900, 900)
            stroke.append([min(x, 9900), max(200, min(y, 5000)), number * 40])
        return plain_json([stroke])

    def flush(self) -> None:
        self.waiting["movement"], self.books.rows = self.books.rows, []
        for table, waiting in self.waiting.items():
            if waiting:
                write_rows(table, waiting)
                waiting.clear()
