"""Writing the past: day after day, the mornings' slips first, then the visits, each sealed onto the chain."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from time import monotonic
from typing import Any

from sqlalchemy import select

from portal.accounts.secrets import token_hash
from portal.db import db
from portal.demo.cast import Cast
from portal.demo.past.aside import set_aside
from portal.demo.past.cast import Luck, PastUnit, Worker, place, units, workers
from portal.demo.past.ledger import Books, Paper, Thing
from portal.demo.past.patterns import ORDER, Pattern, plain_json, read_patterns
from portal.demo.past.sheets import Sheet, Values, sheet
from portal.demo.past.writing import Clock, count_on, room_to_write, write_rows
from portal.demo.tables import rows as table_rows
from portal.numbering import NumberSeries
from portal.reports.operations.sealing import verify_token
from portal.search.rebuilding import fill_words, index_everything
from portal.signing import head, rules
from portal.signing.models import REPORT, SURVEY
from portal.signing.operations import last_place, signing_key
from portal.stock.models import Item
from portal.stock.places import far_end

LONGEST = 1095  # days
BATCH, ROWS = 2000, 50_000  # visits, and movements, whose rows are written together
MORNING = time(0, 30)  # UTC: half past eight where the company is, so that both have the same date


@dataclass(frozen=True)
class Past:
    """How much of it; the same seed makes the same past but for keys and passwords."""

    visits: int
    movements: int
    seed: int = 1


def write_past(past: Past, cast: Cast, last: date, say: Callable[[str], None]) -> None:
    """Everything up to the day `last`, in the caller's transaction, found by the search as well."""
    with timed(say, "patterns told"):
        patterns = read_patterns()
    days = min(LONGEST, max(30, past.visits // 4, past.movements // 500))
    with room_to_write():
        writer = Writer(past, cast, patterns, last - timedelta(days=days), days, say)
        written = timed(say, "rows and their indexes written")
        with written, set_aside((*ORDER, "balance")), timed(say, "rows written"):
            writer.write()
        with timed(say, "entries of the search written"), set_aside(("search_entry",)):
            index_everything()
        with timed(say, "words of the search written"):
            fill_words()


@contextmanager
def timed(say: Callable[[str], None], words: str) -> Iterator[None]:
    began = monotonic()
    yield
    say(f"{words}: {monotonic() - began:.1f} s")


class Numbers:
    """Document numbers, counted in memory and written once at the end."""

    def __init__(self) -> None:
        self.last: dict[str, int] = defaultdict(int)
        self.month = ""

    def next(self, kind: str, branch: str) -> str:
        series = f"{kind}-{branch}-{self.month}"
        self.last[series] += 1
        return f"{series}-{self.last[series]:04d}"


class Days:
    """The dates around one day, by their distance from it."""

    def __init__(self, day: date) -> None:
        self.day, self.texts = day, dict[int, str]()

    def __getitem__(self, distance: int) -> str:
        if distance not in self.texts:
            self.texts[distance] = (self.day + timedelta(days=distance)).isoformat()
        return self.texts[distance]


class Writer:
    def __init__(self, past: Past, cast: Cast, patterns: list[Pattern], first: date, days: int, say: Any) -> None:
        self.past, self.first, self.days, self.say = past, first, days, say
        self.luck, self.clock = Luck(past.seed), Clock()
        self.numbers, self.key, self.place = Numbers(), signing_key(), last_place()
        self.staff = {"clerk": cast.people["sun"].id.hex, "reviewer_id": cast.people["zhao"].id.hex}
        self.workers = workers(cast, past.visits, datetime.combine(first, time(), UTC))
        self.by_branch: dict[str, list[Worker]] = defaultdict(list)
        for worker in self.workers:
            self.by_branch[worker.branch].append(worker)
        self.books = self.empty_books(cast)
        things = things_of_catalogue()
        self.sheets = [sheet(pattern, things, self.clock) for pattern in patterns]
        with db.session.no_autoflush:
            self.units = units(cast, [pattern.product for pattern in patterns], past.visits, first, self.luck)
        self.waiting: dict[str, list[tuple[Any, ...]]] = {table: [] for table in ORDER}

    def empty_books(self, cast: Cast) -> Books:
        return Books(
            things=list(things_of_catalogue().values()),
            stores={code: place(cast.locations[f"STORE-{code}"]) for code in cast.branches},
            supplier=place(far_end("supplier")),
            customer=place(far_end("customer")),
            keeper=cast.people["qian"].id.hex,
            luck=self.luck,
            number=self.numbers.next,
            clock=self.clock,
        )

    def write(self) -> None:
        start = self.place
        share = sorted(self.luck.randrange(self.days) for _ in range(self.past.visits))
        done = 0
        for distance, (day, visits) in enumerate(self.by_day(share), start=1):
            self.numbers.month = f"{day:%y%m}"
            parts = sum(len(self.sheets[which].parts) for which, _unit in visits)
            due = self.past.movements * distance // self.days
            self.books.busy_morning(due - parts - self.books.n, self.workers, datetime.combine(day, MORNING, UTC))
            days = Days(day)
            for which, unit in visits:
                self.visit(self.sheets[which], unit, days)
            if (done + len(visits)) // BATCH > done // BATCH or len(self.books.rows) > ROWS:
                self.flush()
                self.say(f"{done + len(visits)} of {self.past.visits} visits, {self.books.n} movements")
            done += len(visits)
        last = datetime.combine(self.first + timedelta(days=self.days), MORNING, UTC)
        self.books.busy_morning(self.past.movements - self.books.n, self.workers, last)
        self.flush()
        write_rows("balance", self.books.balances())
        count_on("movement", "n")
        db.session.add_all(self.books.valuations())
        db.session.add_all(NumberSeries(series=series, last=last) for series, last in self.numbers.last.items())
        db.session.flush()
        if self.place != start:
            head.expect(start, self.place)

    def by_day(self, share: list[int]) -> Iterator[tuple[date, list[tuple[int, PastUnit]]]]:
        """Each day with its visits: which pattern, and the machine."""
        found: dict[int, list[tuple[int, PastUnit]]] = defaultdict(list)
        for distance in share:
            which = self.luck.randrange(len(self.sheets))
            found[distance].append((which, self.luck.choice(self.units[which])))
        for distance in range(self.days):
            visits = sorted(found.pop(distance, []), key=lambda one: self.sheets[one[0]].pattern.sealed)
            yield self.first + timedelta(days=distance), visits

    def visit(self, sheet: Sheet, unit: PastUnit, days: Days) -> None:
        worker = self.luck.choice(self.by_branch[unit.branch])
        midnight, pattern = datetime.combine(days.day, time(), UTC), sheet.pattern
        values: Values = sheet.constants | unit.values | worker.values | self.staff
        values |= {name: self.luck.key() for name in sheet.own}
        values |= {moment: days[distance] + clock for moment, distance, clock in sheet.moments}
        self.name(values, unit)
        words = unit.words | worker.words | {gap: days[distance] for gap, distance in sheet.gaps}
        words |= {name: values[name] for name in ("report_no", "call_no", "visit_no")}
        words |= {"hand_over": dashed(values["hand_over"]), "strokes": self.ink()}
        survey = pattern.survey.filled(words), pattern.survey_evidence.filled(words)
        values["survey_n"] = self.seal(SURVEY, values["visit_no"], survey, midnight + pattern.surveyed)
        words["survey"] = str(values["survey_n"])
        report = pattern.content.filled(words), pattern.evidence.filled(words)
        values["document_n"] = self.seal(REPORT, values["report_no"], report, midnight + pattern.sealed)
        url = f"/visits/{dashed(values['visit'])}"
        for thing, quantity, moment, number in sheet.parts:
            paper = Paper(values["technician"], midnight + moment, values["call_no"], url)
            values[number] = self.books.use(thing, quantity, worker, paper)
        for table, row in sheet.rows:
            self.waiting[table].append(row(values))

    def name(self, values: Values, unit: PastUnit) -> None:
        """Gives the visit its papers' numbers, and what hangs on them and on its ids."""
        call_no, report_no = self.numbers.next("JX", unit.branch), self.numbers.next("FW", unit.branch)
        values |= {
            "call_no": call_no,
            "report_no": report_no,
            "visit_no": f"{call_no}/1",
            "token": values["hand_over"],
            "verify_hash": token_hash(verify_token(report_no, 1)),
            "call_details": f'{{"number": "{call_no}"}}',
            "report_details": f'{{"number": "{report_no}"}}',
        }
        values |= {f"{name}_text": dashed(values[name]) for name in ("call", "visit", "report")}

    def seal(self, kind: str, number: str, texts: tuple[str, str], moment: datetime) -> int:
        """The next document of the chain, as `signing.operations.seal` makes it."""
        n, key, salt = self.place.n + 1, self.luck.key(), f"{self.luck.getrandbits(128):032x}"
        digests = [rules.digest(salt, text) for text in texts]
        title = [n, dashed(key), kind, number, 1, moment.isoformat(timespec="microseconds")]
        link = rules.link(self.key, self.place.link, title, digests)
        self.waiting["sealed_document"].append(
            (n, key, kind, number, 1, *texts, salt, *digests, self.place.link, link, self.clock.text(moment))
        )
        self.place = head.Place(n, link)
        return n

    def ink(self) -> str:
        """A short scrawl, no two alike."""
        x, y, stroke = 1500, 3000, []
        for number, chance in enumerate(self.luck.randbytes(14)):
            x, y = x + 150 + chance, y + 7 * (chance % 16 * 16 + chance // 16) - 900
            stroke.append([min(x, 9900), max(200, min(y, 5000)), number * 40])
        return plain_json([stroke])

    def flush(self) -> None:
        self.waiting["movement"], self.books.rows = self.books.rows, []
        for table, waiting in self.waiting.items():
            if waiting:
                write_rows(table, waiting)
                waiting.clear()


def things_of_catalogue() -> dict[str, Thing]:
    """All parts by their code."""
    costs = {row["code"]: Decimal(row["cost"]) for row in table_rows("parts")}
    parts = db.session.execute(select(Item.id, Item.code).where(Item.kind == "part").order_by(Item.code))
    return {code: Thing(key, key.hex, costs[code]) for key, code in parts}


def dashed(key: str) -> str:
    """The id as texts write it."""
    return f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"
