"""Papers of sealed reports as people get them: kept once made, the same when made again, with their proof inside."""

import io
import json
from typing import Any

import pikepdf
from sqlalchemy import func, select

from portal import files
from portal.db import db
from portal.reports import operations as reports
from portal.reports import printing
from portal.reports.models import KeptPaper, Report
from portal.reports.paper.seal import seal
from tests.reports.printed import pages, tight
from tests.reports.steps import finished, signed


def paper_of(person: Any, report: Report, query: str = "") -> bytes:
    answer = person.open(f"/reports/{report.number}.pdf{query}", method="GET").response
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    return bytes(answer.get_data())


def test_a_paper_is_kept_and_says_the_same_when_it_is_made_again(world: Any, sign_in: Any) -> None:
    report, zhao = signed(world), sign_in("zhao", device="laptop")
    first = paper_of(zhao, report)
    assert paper_of(zhao, report) == first
    assert db.session.scalar(select(func.count()).select_from(KeptPaper)) == 1
    kept = db.session.scalars(select(KeptPaper)).one()
    files.store().remove(kept.digest)
    assert paper_of(zhao, report) == first


def test_each_copy_and_each_second_language_is_a_paper_of_its_own(world: Any, sign_in: Any) -> None:
    report, zhao = signed(world), sign_in("zhao", device="laptop")
    plain, customers, office = (paper_of(zhao, report, query) for query in ("", "?copy=customer", "?copy=office"))
    spanish = paper_of(zhao, report, "?second=es&copy=nonsense")
    assert len({plain, customers, office, spanish}) == 4
    masked = "100****0001"
    assert masked in "".join(pages(office)) and masked not in "".join(pages(plain))
    first = pages(spanish)[0]
    assert tight("Parte de Servicio") in first and "Firmadoel" in first and "签字时间" in first


def test_another_paper_is_chosen_on_a_page_of_its_own(world: Any, sign_in: Any) -> None:
    report, zhao = signed(world), sign_in("zhao", device="laptop")
    shown = zhao.get(f"/reports/{report.number}")
    page = zhao.get(str(shown.one(f"main a[href$='{report.number}/print']")["href"]))
    form = page.one("main form")
    languages = [str(one["value"]) for one in form.select("[name=second] option")]
    assert page.status == 200 and languages == ["", "zh_Hant", "en", "es"]
    chosen = paper_of(zhao, report, "?copy=office&second=en")
    assert form["action"] == f"/reports/{report.number}.pdf" and tight("Service Report") in pages(chosen)[0]


def test_an_approval_is_another_edition_and_the_old_one_stays(world: Any, sign_in: Any) -> None:
    report, zhao = signed(world), sign_in("zhao", device="laptop")
    before = paper_of(zhao, report)
    reports.approve(report, person=world.person("zhao"))
    db.session.commit()
    after = paper_of(zhao, report)
    assert after != before and "赵虚构" in pages(after)[0] and "赵虚构" not in pages(before)[0]
    assert db.session.scalar(select(func.count()).select_from(KeptPaper)) == 2


def test_the_paper_carries_the_sealed_record_but_the_offices_copy_does_not(world: Any, sign_in: Any) -> None:
    report, zhao = signed(world), sign_in("zhao", device="laptop")
    with pikepdf.open(io.BytesIO(paper_of(zhao, report))) as pdf:
        record = json.loads(pdf.attachments["record.json"].get_file().read_bytes())
    assert record["documents"][0]["content"] == report.document.content
    assert report.document.link[:16] in "".join(pages(paper_of(zhao, report)))
    with pikepdf.open(io.BytesIO(paper_of(zhao, report, "?copy=office"))) as pdf:
        assert not list(pdf.attachments)


def test_a_void_paper_says_so_across_the_page(world: Any, sign_in: Any) -> None:
    report, zhao = signed(world), sign_in("zhao", device="laptop")
    before = paper_of(zhao, report)
    reports.void_report(report, reason="签错了人", again=False, person=world.person("zhao"))
    db.session.commit()
    assert "作废" in pages(paper_of(zhao, report))[0] and "作废" not in pages(before)[0]


def test_a_draft_for_signing_on_paper_is_marked_and_not_sealed(world: Any, sign_in: Any) -> None:
    visit, zhang = finished(world), sign_in("zhang")
    answer = zhang.open(f"/visits/{visit.id}/report.pdf", method="GET").response
    assert answer.status_code == 200 and "草稿" in pages(answer.get_data())[0]
    assert sign_in("li").get(f"/visits/{visit.id}/report.pdf").status == 404


def test_a_paper_under_a_seal_is_made_once_and_kept(world: Any, sign_in: Any, tmp_path: Any) -> None:
    """The company's seal holds the time, so that only the kept file is the same file again."""
    report, zhao = signed(world), sign_in("zhao", device="laptop")
    missing = tmp_path / "none.p12"
    zhao.app.config["SEAL_CERTIFICATE"] = missing
    assert paper_of(zhao, report) == paper_of(zhao, report)
    assert seal(b"%PDF", missing) == b"%PDF"
    assert printing.edition_mark(report, printing.PLAIN)
