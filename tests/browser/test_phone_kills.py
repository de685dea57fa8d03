"""A phone that dies: Chromium with a profile of its own on the disk, killed with SIGKILL right after it said that
something is stored, while it sends, with two tabs, under a server that answers late or is killed too. What a person was
told is saved is there after the next start, and arrives once.

What was told is what the page itself reported in `outbox:saved`. What became of it is read from the phone's own
database (on a page without scripts, so that nothing is sent meanwhile) and from the server's.
"""

import base64
import io
import os
import random
import shutil
import signal
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Error, Page, Playwright

from tests.browser.conftest import CHROMIUM, FLAGS, sign_in
from tests.browser.line import Line
from tests.conftest import LONG
from tests.servers import Server, copy_instance

RIGHT_AFTER, SEQUENCES, MOVES = (100, 200, 8) if LONG else (3, 15, 4)
SEED = int(os.environ.get("PORTAL_SEED") or random.randrange(2**32))
EFFECTS = {"part-uses": "part_use", "findings": "finding", "photos": "photo"}

KEPT = """async () => {
  const ended = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
  const found = (await indexedDB.databases()).find(({ name }) => name.startsWith("outbox-"));
  if (!found) return {};
  const db = await ended(indexedDB.open(found.name));
  const all = async (name) => ended(db.transaction(name).objectStore(name).getAll());
  const kept = Object.fromEntries((await all("receipt")).map(({ id }) => [id, "proved"]));
  for (const { id, state } of await all("entry")) kept[id] = state;
  db.close();
  return kept;
}"""
TELL = "document.addEventListener('outbox:saved', ({ detail }) => console.debug('told', detail.id, detail.action));"
SAVE = """async ([path, fields, photo]) => {
  const { currentBox } = await import(document.querySelector("script[src$='/js/outbox.js']").src);
  const bytes = Uint8Array.from(atob(photo), (sign) => sign.charCodeAt(0));
  const files = photo ? [["photo", new File([bytes], "p.jpg", { type: "image/jpeg" })]] : [];
  const entry = await currentBox().add({ path, fields, files, label: "" });
  console.debug("told", entry.id, entry.action);
  document.dispatchEvent(new CustomEvent("outbox:send"));
}"""


class Phone:
    """Chromium over one profile folder, which outlives it. `told`: id and kind of all that it said is stored."""

    def __init__(self, playwright: Playwright, profile: Path, url: str) -> None:
        self.playwright, self.profile, self.url = playwright, profile, url
        self.told: dict[str, str] = {}
        self.cookies: list[Any] = []
        self.context: BrowserContext | None = None

    def open(self) -> Page:
        """Starts where it is not running; its first page."""
        if self.context is None:
            self.context = self.playwright.chromium.launch_persistent_context(
                self.profile, executable_path=CHROMIUM, args=FLAGS, base_url=self.url, locale="zh-CN",
                service_workers="block", viewport={"width": 360, "height": 740},
            )  # fmt: skip
            self.context.add_cookies(self.cookies)  # the browser writes its own to the disk only now and then
            self.context.set_default_timeout(20_000)
            self.context.add_init_script(TELL)
            self.context.on("console", lambda message: self.hear(message.text))
        return self.context.pages[0]

    def hear(self, text: str) -> None:
        if text.startswith("told "):
            _told, key, kind = text.split()
            self.told[key] = kind

    def kill(self) -> None:
        """SIGKILL to the browser and all of its processes."""
        group = os.getpgid(self.process())
        assert group != os.getpgid(0)
        os.killpg(group, signal.SIGKILL)
        with suppress(Error):
            self.close()  # the driver's end of it
        self.context = None

    def process(self) -> int:
        """The browser itself, which is the one whose parent has not the same folder."""
        mark = f"--user-data-dir={self.profile}".encode()
        for status in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                words = status.read_bytes().split(b"\0")
                if mark in words and not any(word.startswith(b"--type=") for word in words):
                    return int(status.parent.name)
        raise AssertionError("no browser runs on this folder")

    def close(self) -> None:
        if self.context:
            self.context.close()
            self.context = None

    def kept(self) -> dict[str, str]:
        """What lies on the phone: the state of each entry, or that it was proved."""
        page = self.open()
        page.goto(f"{self.url}/healthz")
        found: dict[str, str] = page.evaluate(KEPT)
        return found

    def visit(self, address: str) -> Page:
        """Opens a page of the portal, signed in."""
        page = self.open()
        for _try in range(5):
            with suppress(Error):
                page.goto(address)
                if "/login" in page.url:
                    sign_in(page, "zhang")
                    self.cookies = page.context.cookies()
                    page.goto(address)
                page.wait_for_selector("html[data-person]", state="attached")
                return page
        raise AssertionError(f"{address} does not open")

    def send(self, address: str, seconds: float = 60) -> dict[str, str]:
        """Waits on that page until all that can go has gone; what lies on the phone then."""
        page, end = self.open(), time.monotonic() + seconds
        if address not in page.url:
            page = self.visit(address)
        while {"waiting", "frozen"} & set((kept := page.evaluate(KEPT)).values()):
            assert time.monotonic() < end, kept
            page.evaluate("document.dispatchEvent(new CustomEvent('outbox:send'))")
            page.wait_for_timeout(150)
        return dict(kept)


class Portal:
    """The server behind a line that can hold its answers back, and its database."""

    def __init__(self, instance: Path) -> None:
        self.server = Server(instance).start()
        self.line = Line(self.server.port, SEED)
        self.before = {table: self.count(table) for table in EFFECTS.values()}

    def stop(self) -> None:
        self.line.stop()
        self.server.stop()

    def ask(self, statement: str) -> list[Any]:
        with closing(sqlite3.connect(self.server.instance / "portal.sqlite")) as database:
            return database.execute(statement).fetchall()

    def count(self, table: str) -> int:
        return int(self.ask(f"SELECT count(*) FROM {table}")[0][0])

    def wrong(self, told: dict[str, str], kept: dict[str, str]) -> list[str]:
        """What is lost, and what took effect twice."""
        receipts = self.ask("SELECT entry_id, path FROM receipt WHERE state = 'applied'")
        applied = {str(uuid.UUID(key)): path for key, path in receipts}
        held = {str(uuid.UUID(key)) for (key,) in self.ask("SELECT entry_id FROM held_entry")}
        shown = {key for key, state in kept.items() if state != "proved"}
        found = [f"LOST {kind} {key}" for key, kind in told.items() if key not in applied.keys() | held | shown]
        for kind, table in EFFECTS.items():
            effects = sum(path.endswith(f"/{kind}") for path in applied.values())
            rows = self.count(table) - self.before[table]
            if rows != effects:
                found.append(f"DOUBLED {kind}: {rows} rows of {effects} entries")
        return found


@pytest.fixture(scope="module")
def portal(demo_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    running = Portal(copy_instance(demo_instance, tmp_path_factory.mktemp("kills") / "instance"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def phone(portal: Portal, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phone]:
    """One profile for all kills of this module: what an earlier one has damaged shows in the later ones."""
    phone = Phone(playwright, tmp_path_factory.mktemp("phone") / "profile", portal.line.url)
    phone.visit("/")
    phone.close()  # an orderly end, once, writes the session to the disk
    yield phone
    phone.close()


@pytest.fixture(scope="module")
def work(phone: Phone) -> str:
    """The address of a visit that is being worked on."""
    page = phone.visit("/")
    visit = page.locator(":is([data-state='working'], [data-state='assigned']) a[href^='/visits/']").first
    return str(visit.get_attribute("href"))


def photo(chance: random.Random) -> bytes:
    out = io.BytesIO()
    Image.frombytes("RGB", (160, 160), chance.randbytes(160 * 160 * 3)).save(out, "JPEG", quality=70)
    return out.getvalue()


def test_what_was_said_to_be_stored_is_there_after_a_kill(portal: Portal, phone: Phone, work: str) -> None:
    """Every third one is a photo; every second one has a network, so that the kill may fall into the sending."""
    chance = random.Random(SEED)
    for number in range(RIGHT_AFTER):
        with_photo, told = number % 3 == 2, len(phone.told)
        page = phone.visit(f"{work}/photos" if with_photo else f"{work}/part-uses?item=TM-OIL-100")
        page.wait_for_load_state("networkidle")
        if number % 2 == 0:
            page.context.set_offline(True)
        with page.expect_console_message(lambda message: message.text.startswith("told ")):
            if with_photo:
                page.locator("input[type=file]").last.set_input_files(
                    {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": photo(chance)}
                )
            else:
                page.fill("#part-form [name=quantity]", f"1.{number + 100}")
                page.locator("#part-form button[type=submit]").click(no_wait_after=True)
        if number % 4 == 0 and not with_photo:
            words = page.get_attribute("#outbox-words", "data-stored")
            page.wait_for_selector(f"#status :text({words!r})")
        phone.kill()
        assert len(phone.told) == told + 1
        assert phone.told.keys() <= phone.kept().keys(), f"number {number}"
        kept = phone.send(f"{work}/readings")
        assert not portal.wrong(phone.told, kept), f"number {number}"


def test_what_was_stored_is_put_back_where_the_browser_has_thrown_its_store_away(
    portal: Portal, phone: Phone, work: str
) -> None:
    """Chromium does so by itself when a kill has damaged its store, once in some hundred kills."""
    chance, told = random.Random(SEED), len(phone.told)
    page = phone.visit(f"{work}/readings")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    picture = base64.b64encode(photo(chance)).decode()
    for kind, fields, file in (
        ("part-uses", [["item", "TM-OIL-100"], ["quantity", "2"], ["old_part", "none"]], ""),
        ("photos", [["label", "before"]], picture),
        ("findings", [["note", "after the store was gone"]], ""),
    ):
        page.evaluate(SAVE, [f"{work}/{kind}", fields, file])
    phone.kill()
    (store,) = phone.profile.rglob("IndexedDB")
    shutil.rmtree(store)
    kept = phone.send(f"{work}/readings")
    assert len(phone.told) == told + 3
    assert not portal.wrong(phone.told, kept)


class Day:
    """A random sequence on one phone."""

    def __init__(self, portal: Portal, phone: Phone, work: str, seed: str) -> None:
        self.portal, self.phone, self.work = portal, phone, work
        self.chance, self.log = random.Random(seed), [seed]

    def play(self) -> list[str]:
        moves = [self.save, self.save, self.save, self.kill, self.kill_while_sending, self.kill_server, self.two_tabs]
        moves += [self.signal, self.late, self.reload]
        for _ in range(MOVES):
            move = self.chance.choice(moves)
            self.log.append(move.__name__)
            move()
        self.portal.line.delay = 0
        if self.phone.context:
            self.phone.context.set_offline(False)
        kept = self.phone.send(f"{self.work}/readings")
        return self.portal.wrong(self.phone.told, kept)

    def page(self) -> Page:
        page = self.phone.open()
        if self.work not in page.url:
            page.context.set_offline(False)
            page = self.phone.visit(f"{self.work}/readings")
        return page

    def entry(self) -> list[Any]:
        kind = self.chance.choice(list(EFFECTS))
        fields, picture = {"item": "TM-OIL-100", "quantity": "1", "old_part": "none"}, ""
        if kind == "findings":
            fields = {"note": f"第 {self.chance.random()} 次\r\n🔧"}
        elif kind == "photos":
            fields, picture = {"label": "before"}, base64.b64encode(photo(self.chance)).decode()
        return [f"{self.work}/{kind}", list(fields.items()), picture]

    def save(self) -> None:
        page = self.page()
        for _ in range(self.chance.randint(1, 2)):
            page.evaluate(SAVE, self.entry())

    def two_tabs(self) -> None:
        """Both save and both send."""
        first = self.page()
        first.context.set_offline(False)
        other = first.context.new_page()
        other.goto(first.url)
        for page in (first, other, first):
            page.evaluate(SAVE, self.entry())
        other.close()

    def kill(self) -> None:
        """At any moment after a tap, also before the page said anything."""
        page = self.page()
        page.evaluate(f"(given) => {{ ({SAVE})(given); }}", self.entry())
        time.sleep(self.chance.random() * 0.3)
        self.phone.kill()

    def kill_while_sending(self) -> None:
        """The answer is on its way, or the request is."""
        self.portal.line.delay = 0.5
        self.page().context.set_offline(False)
        self.kill()
        self.portal.line.delay = 0

    def kill_server(self) -> None:
        page = self.page()
        page.evaluate(SAVE, self.entry())
        time.sleep(self.chance.random() * 0.2)
        self.portal.server.kill()
        page.evaluate(SAVE, self.entry())
        self.portal.server.start()

    def signal(self) -> None:
        self.page().context.set_offline(self.chance.random() < 0.5)

    def late(self) -> None:
        self.portal.line.delay = self.chance.choice((0, 0.3))

    def reload(self) -> None:
        page = self.page()
        page.context.set_offline(False)
        page.reload(wait_until="commit")
        page.wait_for_selector("html[data-person]", state="attached")


def test_random_days_of_a_phone_that_dies(portal: Portal, phone: Phone, work: str) -> None:
    print(f"seed {SEED}")
    for number in range(SEQUENCES):
        day = Day(portal, phone, work, f"{SEED}-{number}")
        wrong = day.play()
        assert not wrong, f"PORTAL_SEED={SEED}: {wrong} after {' '.join(day.log)}"
