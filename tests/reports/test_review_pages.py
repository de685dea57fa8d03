"""The sealed report on screen and paper, the reviewer's desk, and who may read the customer's answers."""

import io
from datetime import timedelta
from typing import Any

import pikepdf
import pytest
from sqlalchemy import func, select

from portal.db import db
from portal.reports import operations as reports
from portal.reports.models import Resubmission, Review, newest_report
from portal.reports.operations.signing import Mark
from portal.visits import operations as visits
from portal.visits.models import live_time_entries
from tests.reports.steps import ANSWERS, finished, handed_over, locked_door, session_of, signed
from tests.test_statements import statements
from tests.visits.steps import DIAGNOSIS, picture

LOW = ANSWERS | {"q_overall": "1", "q_gift": "yes", "q_comment": "CANARY 索要红包"}


def links_from(person: Any, start: str, most: int = 60) -> set[str]:
    """Addresses of pages that can be reached from `start` by links alone."""
    waiting, seen = [start], set()
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        page = person.get(path)
        assert b"CANARY" not in page.response.get_data(), path
        found = [str(link["href"]).split("#")[0] for link in page.all("a[href]")]
        waiting += [href for href in found if href.startswith("/") and not href.startswith(("/static", "//"))]
    return seen


def test_a_technician_can_nowhere_see_the_customers_answers(world: Any, sign_in: Any) -> None:
    report, phone = signed(world, answers=LOW), sign_in("zhang")
    seen = links_from(phone, "/") | links_from(phone, f"/visits/{report.visit_id}")
    assert f"/reports/{report.number}" in seen and len(seen) > 5
    for path in (f"/reports/{report.number}", f"/visits/{report.visit_id}", f"/reports/{report.number}?revision=1"):
        text = phone.get(path).response.get_data(as_text=True)
        assert "CANARY" not in text and "q_overall" not in text
    paper = pikepdf.open(io.BytesIO(phone.get(f"/reports/{report.number}.pdf").response.get_data()))
    assert len(paper.pages) >= 1


def test_who_did_the_work_does_not_read_the_answers_as_supervisor_either(world: Any, sign_in: Any) -> None:
    visit, session = finished(world, username="wu"), session_of(world, "wu")
    given = reports.hand_over(
        visit, locale="zh_Hans", signer_name="甲示例", signer_role="owner", person=session.person, session=session
    )
    reports.answer_survey(given, LOW)
    report = reports.sign_report(given, Mark(typed_name="甲示例"))
    db.session.commit()
    wu = sign_in("wu", device="laptop")
    assert "CANARY" not in wu.get(f"/reports/{report.number}").text
    assert report.number not in wu.get("/review").text
    assert wu.get(f"/reports/{report.number}/approval").status == 403
    assert wu.post(f"/reports/{report.number}/approval").status == 403
    assert wu.post(f"/reports/{report.number}/return", {"items": "time", "note": "x"}).status == 403
    for username in ("zhao", "he"):
        assert "CANARY" in sign_in(username, device="laptop").get(f"/review?report={report.number}").text


@pytest.mark.parametrize(("username", "sees"), [("zhao", True), ("he", True), ("sun", False), ("zhou", False)])
def test_answers_are_for_reviewers_only(world: Any, sign_in: Any, username: str, sees: bool) -> None:
    report = signed(world, answers=LOW)
    page = sign_in(username, device="laptop").get(f"/reports/{report.number}")
    assert page.status == 200 and ("CANARY" in page.text) is sees


def test_the_report_is_shown_as_it_was_sealed(world: Any, sign_in: Any) -> None:
    report, phone = signed(world, remarks="还有点响"), sign_in("zhang")
    page = phone.get(f"/reports/{report.number}")
    for words in (report.number, "清灰上油", "硅油", "甲示例", "还有点响", report.document.content_digest):
        assert words in page.text, words
    assert page.all("img[src^='data:image/svg+xml']") and "客户难缠" not in page.text
    shown = page.all("ul.photos img")
    assert phone.get(str(shown[0]["src"])).response.mimetype == "image/jpeg"
    assert phone.get(f"/visits/{report.visit_id}/report").location == f"/reports/{report.number}"


def test_the_paper_is_the_same_each_time(world: Any, sign_in: Any) -> None:
    report, phone = signed(world), sign_in("zhang")
    first, second = (phone.get(f"/reports/{report.number}.pdf").response for _ in range(2))
    assert first.mimetype == "application/pdf" and first.get_data() == second.get_data()
    for query in ("?copy=customer", "?copy=office", "?copy=nonsense", "?revision=1", "?revision=x"):
        assert phone.get(f"/reports/{report.number}.pdf{query}").status == 200


def test_the_draft_is_what_the_customer_will_get(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    page = phone.get(f"/visits/{visit.id}/report")
    assert page.status == 200 and "清灰上油" in page.text and "客户难缠" not in page.text
    assert phone.get(str(page.all("ul.photos img")[0]["src"])).status == 200
    assert phone.get(f"/visits/{world.visit(serial='DF2401-0002').id}/report").status == 200


@pytest.mark.parametrize("path", ["", ".pdf", "/approval", "/return", "/photos/00.jpg"])
def test_an_unknown_report_is_not_found(world: Any, sign_in: Any, path: str) -> None:
    for number in ("FW-01-2611-9999", "x" * 300, "%00", "报告"):
        assert sign_in("zhao", device="laptop").get(f"/reports/{number}{path}").status == 404


def test_a_technician_sees_own_reports_only(world: Any, sign_in: Any) -> None:
    report = signed(world)
    assert report.number in sign_in("zhang").get("/reports").text
    li = sign_in("li")
    assert report.number not in li.get("/reports").text
    for path in ("", ".pdf", f"/photos/{'0' * 64}.jpg"):
        assert li.get(f"/reports/{report.number}{path}").status == 404
    assert sign_in("qian", device="laptop").get("/reports").status == 403


def test_the_list_is_filtered_and_odd_filters_show_all(world: Any, sign_in: Any) -> None:
    report, office = signed(world), sign_in("sun", device="laptop")
    for query in ("", "?state=signed", "?q=虚构", f"?q={report.number[-4:]}", "?state=%00&before=x", "?before=1_2"):
        assert report.number in office.get(f"/reports{query}").text, query
    for query in ("?state=approved", "?q=没有这家", "?before=2001-01-01T00:00:00%2B00:00_" + str(report.id)):
        page = office.get(f"/reports{query}")
        assert page.status == 200 and report.number not in page.text, query


def test_the_riskiest_report_comes_first_with_its_reasons(world: Any, sign_in: Any) -> None:
    good = signed(world, finished(world, earlier=1))
    bad = signed(world, answers=LOW, remarks="还有点响")
    page = sign_in("zhao", device="laptop").get("/review")
    order = [str(link["href"]).rsplit("=")[-1] for link in page.all("ul.queue a")]
    assert order == [bad.number, good.number]
    assert page.one("ul.queue a[aria-current]")["href"].endswith(bad.number)
    tags = [tag.get_text() for tag in page.all("ul.queue li:first-child .tag")]
    assert len(tags) == 3
    for words in ("跑带打滑，走几步就停", "清灰上油", "硅油", "CANARY", "还有点响", "DF2401-0001"):
        assert words in page.text, words
    assert len(page.all("#checks li")) == 12


def test_work_far_over_the_usual_time_is_marked(world: Any, sign_in: Any) -> None:
    visit = finished(world, earlier=1)
    entry = next(entry for entry in live_time_entries(visit) if entry.kind == "work")
    visits.log_time(
        visit,
        kind="work",
        started_at=entry.started_at,
        ended_at=entry.ended_at + timedelta(minutes=40),
        reason="忘记停表",
        replaces=entry.id,
        person=world.person("zhang"),
    )
    report = signed(world, visit)
    page = sign_in("zhao", device="laptop").get(f"/review?report={report.number}")
    assert page.all("#reported .differs")


def test_approval_with_one_press_leads_to_the_next(world: Any, sign_in: Any) -> None:
    signed(world, finished(world, earlier=1))
    report, zhao = signed(world, answers=LOW), sign_in("zhao", device="laptop")
    page = zhao.post(f"/reports/{report.number}/approval")
    assert (page.status, page.location) == (303, "/review")
    following = zhao.follow(page)
    assert report.number in following.text and report.number not in following.one("ul.queue").get_text()
    assert newest_report(report.visit).visit.state == "approved"
    again = zhao.post(f"/reports/{report.number}/approval")
    assert again.status == 409 and again.errors
    late = zhao.post(f"/reports/{report.number}/return", {"items": "time", "note": "晚了"})
    assert late.status == 409 and db.session.scalar(select(func.count()).select_from(Review)) == 1
    shown = zhao.get(f"/reports/{report.number}")
    assert "赵虚构" in shown.text and shown.all("[data-state=approved]")


@pytest.mark.parametrize(
    "fields",
    [{}, {"items": "findings"}, {"note": "x"}, {"items": "soul", "note": "x"}, {"items": "time", "note": "x" * 1001}],
)
def test_a_return_needs_something_ticked_and_a_note(world: Any, sign_in: Any, fields: dict[str, str]) -> None:
    report, zhao = signed(world), sign_in("zhao", device="laptop")
    page = zhao.post(f"/reports/{report.number}/return", fields)
    assert page.status == 422 and page.errors and report.visit.state == "signed"
    if "note" in fields:
        assert page.value("note") == fields["note"]


def test_a_returned_report_comes_back_to_the_queue_when_it_is_sent_again(world: Any, sign_in: Any) -> None:
    report, zhao, phone = signed(world), sign_in("zhao", device="laptop"), sign_in("zhang")
    fields = {"items": ["findings", "photos"], "note": "写明噪音来源"}
    assert zhao.post(f"/reports/{report.number}/return", fields).status == 303
    base = f"/visits/{report.visit_id}"
    assert "写明噪音来源" in phone.get(base).text and zhao.get("/review").all(".empty")
    assert phone.get(f"{base}/handover").all(f"a[href='{base}/resubmission']")
    form = phone.get(f"{base}/resubmission")
    assert "写明噪音来源" in form.text
    assert phone.post(f"{base}/resubmission", {}).status == 422
    assert phone.post(f"{base}/resubmission", {"note": "已核对，无误"}).location == base
    assert phone.post(f"{base}/resubmission", {"note": "再发"}).status == 409
    assert db.session.scalar(select(func.count()).select_from(Resubmission)) == 1
    desk = zhao.get(f"/review?report={report.number}")
    assert "已核对，无误" in desk.text and "写明噪音来源" in desk.text


def test_after_a_decision_the_next_report_of_the_queue_stands_on_the_desk(world: Any, sign_in: Any) -> None:
    numbers = [signed(world, finished(world, earlier=n)).number for n in range(4)]
    zhao = sign_in("zhao", device="laptop")
    queue = [link["href"].partition("report=")[2] for link in zhao.get("/review").all(".queue a[href*='report=']")]
    assert sorted(queue) == sorted(numbers)

    def decide(number: str, form: str, fields: dict[str, Any]) -> str:
        desk = zhao.get(f"/review?report={number}")
        after = zhao.follow(zhao.post(desk.one(f"form[action*='/{form}']")["action"], fields))
        return next((number for number in numbers if after.all(f"form[action*='/{number}/']")), "")

    assert decide(queue[1], "return", {"items": ["findings"], "note": "核对"}) == queue[2]
    assert decide(queue[2], "approval", {}) == queue[3]
    assert decide(queue[3], "approval", {}) == queue[0], "the last of the queue: back to the one before"
    assert decide(queue[0], "approval", {}) == ""


def test_a_changed_report_is_not_sent_again_without_a_signature(world: Any, sign_in: Any) -> None:
    report, phone = signed(world), sign_in("zhang")
    reports.return_report(report, items=["findings"], note="写明噪音来源", person=world.person("zhao"))
    visits.save_findings(report.visit, person=world.person("zhang"), note="噪音来自滚筒", **DIAGNOSIS)
    db.session.commit()
    base = f"/visits/{report.visit_id}"
    assert not phone.get(f"{base}/handover").all(f"a[href='{base}/resubmission']")
    page = phone.post(f"{base}/resubmission", {"note": "改好了"})
    assert page.status == 422 and page.errors
    draft = phone.get(f"{base}/report")
    assert draft.status == 200 and "噪音来自滚筒" in draft.text


def test_an_old_revision_stays_readable(world: Any, sign_in: Any) -> None:
    report, zhao = signed(world), sign_in("zhao", device="laptop")
    reports.return_report(report, items=["findings"], note="写明噪音来源", person=world.person("zhao"))
    visits.save_findings(report.visit, person=world.person("zhang"), note="噪音来自滚筒", **DIAGNOSIS)
    second = signed_again(world, report.visit)
    newest, old = zhao.get(f"/reports/{report.number}"), zhao.get(f"/reports/{report.number}?revision=1")
    assert "噪音来自滚筒" in newest.text and second.revision == 2
    assert "清灰上油" in old.text and "噪音来自滚筒" not in old.text
    assert zhao.get(f"/reports/{report.number}.pdf?revision=1").status == 200
    assert zhao.get(f"/reports/{report.number}?revision=7").status == 404


def signed_again(world: Any, visit: Any) -> Any:
    report = reports.sign_report(handed_over(world, visit), Mark(typed_name="甲示例"))
    db.session.commit()
    return report


def test_a_report_without_signature_says_why(world: Any, sign_in: Any) -> None:
    visit = locked_door(world)
    report = reports.end_unsigned(
        visit, absence="absent", reason="敲门无人应", photo=picture(), person=world.person("zhang")
    )
    db.session.commit()
    zhao = sign_in("zhao", device="laptop")
    assert "敲门无人应" in zhao.get("/review").text
    assert zhao.get(f"/reports/{report.number}.pdf").status == 200


def test_an_empty_desk_says_so(world: Any, sign_in: Any) -> None:
    page = sign_in("zhao", device="laptop").get("/review?report=FW-01-2611-0001")
    assert page.status == 200 and page.all(".empty")


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("path", ["/review", "/reports/{number}", "/reports"])
def test_a_full_page_needs_few_statements(world: Any, sign_in: Any, path: str) -> None:
    found = [signed(world, finished(world, earlier=n), answers=LOW) for n in range(4)]
    reports.return_report(found[0], items=["time"], note="核对", person=world.person("zhao"))
    reports.resubmit(found[0].visit, "无误", person=world.person("zhang"))
    db.session.commit()
    zhao = sign_in("zhao", device="laptop")
    address = path.format(number=found[0].number) + (f"?report={found[0].number}" if path == "/review" else "")
    zhao.get(address)
    with statements() as ran:
        page = zhao.get(address)
    assert page.status == 200 and len(ran) <= 12, "\n".join(ran)
