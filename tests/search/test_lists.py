"""What is typed into a list's box finds what the search box finds, on the page, in the file and at the telephone."""

from typing import Any

import pytest

from portal.customers import operations as customers
from portal.db import db
from portal.search import filtering
from tests.reports.steps import finished, signed

pytestmark = pytest.mark.engine("sqlite", "postgresql")


@pytest.fixture(params=[0, filtering.FEW])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 0 every word is one that stands everywhere, which is looked for row by row."""
    monkeypatch.setattr(filtering, "FEW", request.param)


def written(text: str) -> dict[str, str]:
    return {"q": text}


def rows_of(person: Any, name: str, words: str) -> int:
    lines = person.get(f"/lists/{name}/file.csv", query_string=written(words)).response.data.decode()
    return len(lines.strip().splitlines()) - 1


SPELLINGS = {
    "customers": ["虚构动力", "虛構動力", "甲示例", "10000000001", "100-0000-0001", "＋86 100 0000 0001"],
    "equipment": ["DF2401-0001", "ＤＦ２４０１－０００１", "df24010001", "虛構動力 0001", "2401-0001"],
    "calls": ["虛構動力", "虚构动力", "异响", "異響", "nandu", "10000000001", "100 00000001", "df24010001", "示例大道"],
    "reports": ["虛構動力", "虚构动力", "df24010001"],
}  # fmt: skip


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_list_finds_however_it_is_typed(world: Any, sign_in: Any, few: None, name: str) -> None:
    report = signed(world, finished(world, description="空调有异响，Ñandú 要求尽快"))
    other = world.visit("li", "DF2401-0003", description="The belt slips")
    zhao = sign_in("zhao", "laptop")
    named = {"equipment": "DF2401-0001", "calls": report.visit.call.number, "reports": report.number}
    wanted, others = named.get(name, "虚构动力健身俱乐部"), {"customers": "Hotel Ejemplo", "equipment": "DF2401-0003"}
    for words in SPELLINGS[name]:
        page = zhao.get(f"/{name}", query_string=written(words))
        assert wanted in page.one("main").get_text(), words
        assert others.get(name, other.call.number) not in page.one("main").get_text(), words
        in_file = zhao.get(f"/lists/{name}/file.csv", query_string=written(words)).response.data.decode()
        assert wanted in in_file and others.get(name, other.call.number) not in in_file, words
    for words in ("%", "_", "没有这家", "zz-99"):
        assert rows_of(zhao, name, words) == 0, words
    assert rows_of(zhao, name, "  ") == rows_of(zhao, name, "")


@pytest.mark.parametrize(
    "words",
    [
        "虛構動力",
        "示例大道",
        "甲示例",
        "10000000001",
        "100 00000001",
        "ＤＦ２４０１－０００１",
        "df24010001",
        "2401-0001",
        "000 0001",
    ],
)
def test_who_calls_is_found_however_it_is_typed(world: Any, sign_in: Any, few: None, words: str) -> None:
    world.visit()
    page = sign_in("sun", "laptop").get("/calls/new", query_string=written(words))
    assert page.all(f"main a[href*='{world.site().id}']"), words
    assert not page.all(f"main a[href*='{world.site('Gimnasio').id}']")


def test_a_number_is_found_with_and_without_its_country(world: Any, sign_in: Any, few: None) -> None:
    site = customers.add_site(customers.add_customer("样本公司"), "东门", "云上市", time_zone="Asia/Shanghai")
    customers.add_contact(site, "丙虚构", "+86 138-0013 8000")
    db.session.commit()
    sun = sign_in("sun", "laptop")
    for words in ("13800138000", "138 0013 8000", "8613800138000", "+86 13800138000", "樣本公司"):
        assert "东门" in sun.get("/calls/new", query_string=written(words)).one("main").get_text(), words
        assert rows_of(sun, "customers", words) == 1, words
    assert rows_of(sun, "customers", "3800138") == 1  # in the middle: read one by one, because the index has nothing


def test_a_customer_without_a_site_is_listed_by_its_name(world: Any, sign_in: Any, few: None) -> None:
    customers.add_customer("Ñandú 样本")
    db.session.commit()
    sun = sign_in("sun", "laptop")
    for words in ("nandu", "樣本", "ñandú 样"):
        assert rows_of(sun, "customers", words) == 1, words
