"""The day of the storekeeper, of the dispatcher and of the administrator on a laptop, and the first hour of an empty
company. The pages that they pass are inspected on the way."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from tests.browser import steps
from tests.browser.conftest import Open, sign_in
from tests.browser.test_pages import LAPTOP_PAGES, LONG, look
from tests.conftest import long_form
from tests.servers import Server

PART = "TM-ROL-F"
OWN_PASSWORD = "four words of nonsense"


class Day:
    """A person at a laptop. Keeps what is wrong with the pages that are looked at."""

    def __init__(self, server: Server, open_page: Open, username: str, locale: str) -> None:
        self.server, self.username, self.problems = server, username, list[str]()
        self.page: Page = open_page(server.url, phone=False, locale=locale)
        sign_in(self.page, username)

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def go(self, address: str) -> None:
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status == 200, f"{address}: {answer.status}"

    def follow(self, end: str, **named: Any) -> None:
        """By the first link whose address ends so."""
        steps.press(self.page, self.main.locator(f"a[href$='{end}']", **named).first)

    def send(self, action: str = "/") -> None:
        steps.press(self.page, self.main.locator(f"form.form[action*='{action}'] button[type=submit]").last)

    def look(self) -> None:
        address = self.page.url.removeprefix(self.server.url)
        self.problems += look(self.page, address, axe=LONG or address not in LAPTOP_PAGES[self.username])

    def reads(self, *texts: str) -> None:
        for text in texts:
            assert text in self.main.inner_text(), f"{self.page.url} does not say {text!r}"

    def ends(self) -> None:
        assert not self.problems, "\n".join(self.problems)


def rows(page: Page, address: str) -> list[list[str]]:
    answer = page.request.get(address)
    assert answer.status == 200
    return list(csv.reader(io.StringIO(answer.body().decode("utf-8-sig"))))


def in_the_store(day: Day) -> int:
    day.go(f"/stock/items/{PART}")
    line = day.main.locator("#places li.line", has_text=re.compile("总库|总仓|STORE|WH")).first
    return int(re.findall(r"\d+", line.locator("strong").inner_text())[0])


@long_form
def test_the_storekeepers_day(server: Server, open_page: Open, tmp_path: Path) -> None:
    day = Day(server, open_page, "qian", "zh_Hans")
    finds_a_part(day)
    moves_goods(day)
    keeps_tools(day)
    brings_in_a_sheet(day, tmp_path)
    assert "agrees" in server.flask("ledger", "check")
    day.ends()


def finds_a_part(day: Day) -> None:
    day.page.keyboard.press("/")
    day.page.keyboard.type("滚筒")
    with day.page.expect_navigation():
        day.page.keyboard.press("Enter")
    day.look()
    steps.press(day.page, day.main.locator("a", has_text=PART).first)
    day.reads(PART, "前滚筒")


def moves_goods(day: Day) -> None:
    before = in_the_store(day)
    day.follow(f"/stock/receipts?item={PART}")
    assert day.page.input_value("[name=item]") == PART
    day.page.fill("[name=quantity]", "4")
    day.page.fill("[name=unit_cost]", "111.50")
    day.send("/stock/receipts")
    assert in_the_store(day) == before + 4
    day.follow(f"/stock/issues?item={PART}")
    day.page.fill("[name=quantity]", "3")
    day.page.select_option("[name=to]", index=1)
    day.send("/stock/issues")
    assert in_the_store(day) == before + 1
    steps.press(day.page, day.main.locator("#movements tbody tr").first.locator("a[href*='/stock/movements/']").first)
    day.reads(PART, "3", "钱占位")
    day.look()
    day.follow("/reversal")
    day.page.fill("[name=reason]", "写错了配件")
    day.send("/reversal")
    assert in_the_store(day) == before + 4
    day.go("/stock/movements")
    day.look()
    address = day.main.locator("a[href*='/stock/movements.csv']").get_attribute("href")
    kinds = {row[3] for row in rows(day.page, str(address)) if PART in row}
    assert kinds >= {"receipt", "issue", "reversal"}


def keeps_tools(day: Day) -> None:
    """A special tool goes out until a day and comes back with a part missing, which somebody else decides."""
    day.go("/tools/GJ-010")
    day.follow("/hand-outs")
    day.page.select_option("[name=holder]", "zhang")
    day.send("/hand-outs")
    assert day.page.locator(".error-summary a[href='#due_back']").count(), "a special tool asks for the day it is due"
    day.page.fill("[name=due_back]", "2099-12-31")
    day.send("/hand-outs")
    day.reads("2099-12-31", "张演示")
    day.follow("/returns")
    steps.pick(day.page, "condition", "parts_missing")
    day.page.fill("[name=note]", "缺少压紧螺杆")
    day.send("/returns")
    day.reads("缺少压紧螺杆")
    day.look()
    assert not day.main.locator("#reports a[href$='/decision']").count(), "who reported it does not decide it"
    day.go("/tools?show=overdue")
    day.reads("GJ-009", "GJ-002")
    assert "GJ-006" not in day.main.inner_text()
    day.look()
    day.go("/tools/GJ-005")
    day.follow("/calibrations")
    day.page.locator("button[data-fill][data-for=calibrated_on]").click()
    day.page.fill("[name=certificate_no]", "JZ-DEMO-0777")
    day.send("/calibrations")
    day.reads("JZ-DEMO-0777")


def brings_in_a_sheet(day: Day, folder: Path) -> None:
    """Three parts, one of them with a price that is no number: two come in, the third goes back as a file."""
    sheet = folder / "新配件.csv"
    lines = ["料号,名称,单位,售价", "ZX-001,脚蹬带,对,18", "ZX-002,水壶架,个,十五", "ZX-003,调节旋钮,个,25"]
    sheet.write_text("\n".join(lines), "gb18030")
    day.go("/imports")
    day.follow("/imports/new")
    day.look()
    steps.pick(day.page, "kind", "parts")
    day.page.set_input_files("[name=file]", sheet)
    day.send("/imports")
    day.server.flask("work", "--once")
    day.page.wait_for_selector("form#columns")
    assert day.page.locator("h1").count() == 1
    day.reads("料号", "水壶架")
    assert day.main.locator("tr[data-outcome=refused]").count() == 1
    day.look()
    steps.press(day.page, day.main.locator("button[formaction$='/rows']"))
    day.server.flask("work", "--once")
    day.page.wait_for_selector("#progress[data-state=done] #refused")
    day.look()
    kept = rows(day.page, str(day.main.locator("#refused a.btn").get_attribute("href")))
    assert len(kept) == 2
    assert "ZX-002" in kept[1]
    day.go("/stock?q=调节旋钮")
    day.reads("ZX-003")


def test_the_dispatchers_day(server: Server, open_page: Open) -> None:
    day = Day(server, open_page, "sun", "en")
    searches_from_the_head(day)
    opens_a_file(day)
    takes_a_call(day)
    lists_and_assigns(day)
    follows_up(day)
    day.ends()


def searches_from_the_head(day: Day) -> None:
    """Ctrl-K, a word, and the first result is one Tab away; Escape puts the panel away."""
    day.go("/calls")
    day.page.keyboard.press("Control+k")
    day.page.keyboard.type("演示")
    day.page.locator("#found a[href*='/search?q=']").wait_for()
    day.look()
    day.page.keyboard.press("Control+k")  # looking took the focus out of the box
    day.page.keyboard.press("Tab")
    assert day.page.evaluate("document.activeElement.matches('#found li a')")
    day.page.keyboard.press("Escape")
    assert not day.page.locator("#found").is_visible()


def opens_a_file(day: Day) -> None:
    day.page.keyboard.press("/")
    day.page.keyboard.type("虚构动力")
    with day.page.expect_navigation():
        day.page.keyboard.press("Enter")
    steps.press(day.page, day.main.locator("a[href*='/customers/']").first)
    day.reads("虚构动力健身俱乐部", "甲区旗舰店")
    day.look()
    day.follow("/contacts")
    day.page.fill("[name=name]", "Ms Sample")
    day.page.fill("[name=phone]", "100 0000 0099")
    day.look()
    day.send("/contacts")
    day.reads("Ms Sample")


def takes_a_call(day: Day) -> None:
    """For a unit that had a visit within the days of a repeat; then a second visit with two technicians."""
    day.go("/calls")
    day.page.keyboard.press("n")
    day.page.wait_for_url("**/calls/new")
    day.page.fill("main [name=q]", "虚构动力")
    with day.page.expect_navigation():
        day.page.keyboard.press("Enter")
    day.look()
    again = day.main.locator("li.line", has_text="Visited on").first
    steps.press(day.page, again.locator("a[href*='equipment=']"))
    assert day.main.locator(".banner", has_text="shortly before").count()
    day.page.fill("[name=description]", "It knocks again when somebody runs")
    day.page.select_option("[name=technician]", index=1)
    day.look()
    day.send("/calls/new")
    number = day.page.url.rsplit("/", 1)[-1]
    assert re.fullmatch(r"JX-\d\d-\d{4}-\d{4}", number)
    day.follow(f"/calls/{number}/visits")
    day.page.select_option("[name=technician]", index=2)
    day.main.locator("details", has=day.page.locator("[name=others]")).locator("summary").click()
    other = day.main.locator("label", has=day.page.locator("[name=others]")).first
    other.click()
    day.look()
    day.send("/visits")
    day.reads(f"{number}/2", "·")
    changes_hands(day)


def changes_hands(day: Day) -> None:
    """The second visit goes to the third technician, and the page says why."""
    day.look()
    steps.press(day.page, day.main.locator("#visit-2 a[href$='/assignment']"))
    day.page.select_option("[name=technician]", index=3)
    day.page.fill("[name=reason]", "The first one is ill")
    day.look()
    day.send("/assignment")
    card = day.main.locator("#visit-2")
    card.locator("summary", has_text="Who was sent").click()
    assert "The first one is ill" in card.inner_text()


def lists_and_assigns(day: Day) -> None:
    day.go("/visits")
    day.page.select_option("[name=state]", "assigned")
    steps.press(day.page, day.main.locator("form.filters button[type=submit]"))
    assert set(day.main.locator("tbody tr").evaluate_all("rows => rows.map(row => row.dataset.state)")) == {"assigned"}
    steps.press(day.page, day.main.locator("a[href*='/lists/visits/views']"))
    day.page.fill("[name=name]", "Not begun")
    day.look()
    day.send("/views")
    day.go("/visits?view=all")
    steps.press(day.page, day.main.locator("a", has_text="Not begun"))
    day.look()
    ticks = day.main.locator("tbody input[name=id]")
    names = [str(ticks.nth(n).get_attribute("aria-label")) for n in range(3)]
    for n in range(3):
        ticks.nth(n).check()
    assert day.main.locator("[data-chosen]").inner_text() == "3 chosen"
    steps.press(day.page, day.main.locator("#choice button[type=submit]"))
    day.reads("3 rows chosen", "Assign 3 visits")
    day.page.select_option("[name=technician]", index=1)
    day.page.fill("[name=reason]", "One van goes that way")
    day.look()
    day.send("/assignment")
    assert "/lists/runs/" in day.page.url
    day.reads(*(name.split()[-1] for name in names))
    assert re.search(r"\d done · \d skipped", day.main.locator("h1").inner_text())
    day.look()


def follows_up(day: Day) -> None:
    day.go("/follow-ups")
    day.look()
    row = day.main.locator("tbody tr").first
    customer = row.locator("td").nth(1).inner_text().split("\n")[0]
    steps.press(day.page, row.locator("a.btn"))
    day.reads(customer)
    assert day.main.locator("a[href$='/visits']").count()


@long_form
def test_the_administrators_day(server: Server, open_page: Open) -> None:
    day = Day(server, open_page, "admin", "zh_Hans")
    takes_somebody_on(day, open_page)
    changes_words(day)
    decides_a_rule(server, open_page)
    ends_a_lost_phone(day, open_page)
    for address in ("/admin/permissions", "/jobs"):
        day.go(address)
        assert day.main.locator("h1").count() == 1
        day.look()
    day.ends()


def takes_somebody_on(day: Day, open_page: Open) -> None:
    """The one-time password opens nothing but the page where the person chooses an own one."""
    day.go("/admin/people")
    day.look()
    day.follow("/admin/people/new")
    day.page.fill("[name=username]", "wu")
    day.page.fill("[name=name]", "吴新人")
    steps.pick(day.page, "roles", "technician")
    day.look()
    day.send("/admin/people/new")
    password = day.main.locator("#one-time .code").inner_text().strip()
    day.page.reload()
    assert password not in day.main.inner_text()
    newcomer = open_page(day.server.url, locale="zh_Hans")
    enter(newcomer, "wu", password)
    newcomer.goto("/van")
    assert newcomer.url.endswith("/me/password")
    newcomer.fill("[name=password]", password)
    newcomer.fill("[name=new_password]", OWN_PASSWORD)
    newcomer.fill("[name=new_pin]", "9173")
    steps.press(newcomer, newcomer.locator("main form.form button[type=submit]"))
    newcomer.goto("/van")
    assert newcomer.url.endswith("/van")


def enter(page: Page, username: str, password: str) -> None:
    page.goto("/login")
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    steps.press(page, page.locator("form[action^='/login'] button[type=submit]"))


def changes_words(day: Day) -> None:
    """A code that reports use gets better words: only with a reason."""
    day.go("/admin/codes/symptom")
    day.look()
    steps.press(day.page, day.main.locator("tbody a.code").first)
    day.page.fill("[name=zh_Hans]", "说法更清楚的现象")
    day.send("/admin/codes")
    if day.page.locator(".error-summary").count():
        day.look()
        day.page.fill("[name=reason]", "原来的说法容易误解")
        day.send("/admin/codes")
    day.go("/admin/codes/symptom")
    day.reads("说法更清楚的现象")
    day.go("/admin/settings/privacy_notice")
    day.page.fill("[name=zh_Hans]", "新的告知")
    day.page.fill("[name=effective_from]", "2099-01-01")
    day.page.fill("[name=reason]", "明年起")
    day.send("/admin/settings")
    day.reads("新的告知", "2099-01-01", "明年起")
    day.look()
    day.go("/admin/settings/repeat_days")
    assert not day.main.locator("form.form").count(), "a manager decides the rules"


def decides_a_rule(server: Server, open_page: Open) -> None:
    manager = Day(server, open_page, "he", "zh_Hans")
    manager.go("/admin/settings/repeat_days")
    manager.page.fill("[name=days]", "45")
    manager.page.fill("[name=reason]", "保修期内再修要看得更远")
    manager.look()
    manager.send("/admin/settings")
    manager.reads("45", "保修期内再修要看得更远")
    manager.ends()


def ends_a_lost_phone(day: Day, open_page: Open) -> None:
    phone = open_page(day.server.url, locale="zh_Hans")
    sign_in(phone, "zhang")
    day.go("/admin/sessions")
    day.look()
    row = day.main.locator("tr[data-session]", has_text="张演示").first
    steps.press(day.page, row.locator("a.btn"))
    day.look()
    day.send()
    phone.goto("/van")
    assert "/login" in phone.url
    day.go("/admin/history")
    day.reads("管理员", "张演示", "吴新人")
    day.look()


@pytest.fixture
def empty_server(tmp_path: Path) -> Iterator[Server]:
    """A portal in which nobody is yet."""
    folder = tmp_path / "empty"
    folder.mkdir()
    running = Server(folder)
    running.flask("db", "upgrade")
    running.start()
    yield running
    running.stop()


def test_the_first_hour_of_an_empty_company(empty_server: Server, open_page: Open) -> None:
    page = open_page(empty_server.url, phone=False, locale="zh_Hans")
    page.goto("/setup")
    problems = look(page, "/setup")
    values = {"zh_Hans": "样例售后", "hotline": "100 0000 0000", "person_name": "首任管理员", "username": "first"}
    values |= {"branch_code": "01", "new_password": OWN_PASSWORD, "new_pin": "9173", "setup_code": "WRONG"}
    for name, value in values.items():
        page.fill(f"[name={name}]", value)
    page.fill("[name=time_zone]", "Asia/Shanghai")
    steps.press(page, page.locator("main form.form button[type=submit]"))
    assert page.locator(".error-summary a[href='#setup_code']").count()
    assert page.input_value("[name=username]") == "first", "what was typed stays"
    page.fill("[name=setup_code]", empty_server.flask("setup", "code").split()[-1])
    page.fill("[name=new_password]", OWN_PASSWORD)
    page.fill("[name=new_pin]", "9173")
    steps.press(page, page.locator("main form.form button[type=submit]"))
    assert page.url.endswith("/admin")
    assert "样例售后" in page.locator("header").first.inner_text() + page.title()
    problems += look(page, "/admin")
    for address in ("/admin/people", "/jobs", "/search", "/imports", "/admin/sessions", "/admin/codes"):
        page.goto(address)
        problems += look(page, address)
    answer = page.goto("/setup")
    assert answer is not None
    assert answer.status == 404
    assert not problems, "\n".join(problems)
