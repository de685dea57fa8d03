"""Hand-over, survey, signature, seal and review as verbs: what is sealed, what is refused, and what stays."""

import json
import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from portal import clock
from portal.calls.models import Visit
from portal.customers.models import CodeValue
from portal.db import db, transaction
from portal.errors import Conflict, Rejected
from portal.reports import operations as reports
from portal.reports.models import HandOver, Report, Review, Survey, newest_report
from portal.reports.operations.signing import Mark
from portal.signing.operations import content_of, evidence_of, verify_chain
from portal.visits import operations as visits
from portal.visits import readiness
from portal.visits.rules import CODE_NAMES
from tests.reports.steps import ANSWERS, INK, finished, handed_over, locked_door, picture, session_of, signed
from tests.visits.steps import DIAGNOSIS

REQUIRED = {
    "report_no", "work_order_no", "visit_seq", "service_class", "work_type", "priority", "report_version",
    "provider_name", "customer_name", "customer_kind", "contact_name", "contact_phone", "site_address",
    "product_name", "brand", "model", "serial_no", "reported_at", "dispatched_at", "arrived_at", "work_started_at",
    "work_ended_at", "left_at", "labour_minutes", "reported_symptom", "symptom_code", "failed_component", "cause_code",
    "remedy_code", "work_done", "test_result", "outcome", "outstanding_issues", "repair_guarantee_until",
    "survey_state", "signer_name", "signer_role", "signed_at", "technician_names", "statement",
}  # fmt: skip


def test_a_signature_seals_what_the_customer_read(world: Any) -> None:
    visit = finished(world)
    given = handed_over(world, visit)
    shown = given.payload
    reports.answer_survey(given, ANSWERS)
    report = reports.sign_report(given, Mark(strokes=INK), remarks="很满意")
    content, evidence = content_of(report.document), evidence_of(report.document)
    assert {name for name in REQUIRED if not content.get(name)} == set()
    signing = ("report_no", "survey_state", "signed_at", "customer_opinion")
    assert {k: v for k, v in content.items() if k not in signing} == {
        k: v for k, v in shown.items() if k not in signing
    }
    assert content["customer_opinion"] == "很满意"
    assert (content["labour_minutes"], content["travel_minutes"]) == (60, 15)
    assert content["parts"][0] | {"unit": ""} == {
        "part_no": "TM-OIL-100", "name": "硅油", "spec": None, "unit": "", "quantity": "2", "unit_price": "25",
        "amount": "50", "charge": "free", "source": "van", "new_serial": None, "old_serial": None, "old_part": "none",
    }  # fmt: skip
    assert evidence["strokes"] == INK and evidence["method"] == "drawn"
    assert evidence["statement"]["text"] == content["statement"]
    assert (report.number[:6], report.revision, report.signed) == ("FW-01-", 1, True)
    assert visit.state == "signed" and verify_chain() == []


def test_internal_notes_and_survey_answers_are_not_in_the_seal(world: Any) -> None:
    report = signed(world, answers=ANSWERS | {"q_comment": "CANARY"})
    sealed = report.document.content + report.document.evidence
    assert "客户难缠" not in sealed and "CANARY" not in sealed and "q_overall" not in sealed
    assert content_of(report.document)["survey_state"] == "answered"


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant", "en", "es"])
def test_the_report_speaks_the_customers_language(world: Any, locale: str) -> None:
    given = handed_over(world, finished(world), locale=locale)
    reports.answer_survey(given, None)
    content = content_of(reports.sign_report(given, Mark(typed_name="A. Sample")).document)
    assert (content["language"], content["survey_state"]) == (locale, "declined")
    assert content["symptom_code"]["label"]


def test_numbers_have_no_gaps_and_follow_the_branch(world: Any) -> None:
    first, second = signed(world, finished(world, earlier=1)), signed(world)
    assert int(second.number[-4:]) == int(first.number[-4:]) + 1


def test_survey_before_signature_and_only_once(world: Any) -> None:
    given = handed_over(world, finished(world))
    with pytest.raises(Rejected):
        reports.sign_report(given, Mark(strokes=INK))
    reports.answer_survey(given, ANSWERS)
    with pytest.raises(Conflict):
        reports.answer_survey(given, None)
    assert db.session.scalar(select(func.count()).select_from(Survey)) == 1


@pytest.mark.parametrize("mark", [Mark(), Mark(strokes=[[[1, 1, 1]]]), Mark(strokes=[INK[0][:5]])])
def test_a_blank_box_or_a_dot_is_no_signature(world: Any, mark: Mark) -> None:
    visit = finished(world)
    given = handed_over(world, visit)
    reports.answer_survey(given, ANSWERS)
    with pytest.raises(Rejected):
        reports.sign_report(given, mark)
    assert visit.state == "finished" and newest_report(visit) is None


def test_facts_that_change_after_the_reading_are_not_signed(world: Any) -> None:
    visit = finished(world)
    given = handed_over(world, visit)
    reports.answer_survey(given, ANSWERS)
    visits.save_findings(visit, person=world.person("zhang"), note="别的", **DIAGNOSIS)
    with pytest.raises(Conflict):
        reports.sign_report(given, Mark(strokes=INK))
    assert visit.state == "finished" and newest_report(visit) is None


def test_an_internal_note_written_meanwhile_does_not_matter(world: Any) -> None:
    visit = finished(world)
    given = handed_over(world, visit)
    reports.answer_survey(given, ANSWERS)
    visits.save_findings(visit, person=world.person("zhang"), note="清灰上油", internal_note="下次带钥匙", **DIAGNOSIS)
    assert reports.sign_report(given, Mark(strokes=INK)).signed


def test_nothing_is_handed_over_before_it_is_complete(world: Any) -> None:
    for earlier, findings in enumerate((DIAGNOSIS | {"outcome": ""}, DIAGNOSIS | {"outstanding": ""})):
        with pytest.raises(Rejected) as refusal:
            handed_over(world, finished(world, findings=findings, earlier=earlier))
        assert not isinstance(refusal.value, Conflict)
    fresh = world.visit()
    with pytest.raises(Rejected):
        handed_over(world, fresh)


def test_who_has_no_pin_cannot_lock_themselves_out(world: Any) -> None:
    visit, session = finished(world), session_of(world)
    session.person.pin_hash = None
    with pytest.raises(Rejected):
        reports.hand_over(
            visit, locale="en", signer_name="X", signer_role="owner", person=session.person, session=session
        )


def test_a_signed_visit_is_not_handed_over_again(world: Any) -> None:
    report = signed(world)
    with pytest.raises(Conflict):
        handed_over(world, report.visit)


def test_two_phones_cannot_sign_the_same_report_twice(world: Any) -> None:
    visit = finished(world)
    first, second = handed_over(world, visit), handed_over(world, visit)
    reports.answer_survey(first, ANSWERS)
    reports.sign_report(first, Mark(strokes=INK))
    with pytest.raises(Conflict):
        reports.sign_report(second, Mark(strokes=INK))
    assert db.session.scalar(select(func.count()).select_from(Report)) == 1


def test_signatures_given_at_the_same_moment_make_one_report(app: Flask, world: Any) -> None:
    visit = finished(world)
    ids = [handed_over(world, visit).id for _ in range(4)]
    reports.answer_survey(db.session.get_one(HandOver, ids[0]), ANSWERS)
    db.session.commit()
    results: list[str] = []

    def put_ink(given_id: Any) -> None:
        with app.app_context():
            try:
                with transaction():
                    reports.sign_report(db.session.get_one(HandOver, given_id), Mark(strokes=INK))
                results.append("signed")
            except Conflict:
                results.append("refused")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=put_ink, args=(given_id,)) for given_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    assert sorted(results) == ["refused", "refused", "refused", "signed"]
    assert db.session.scalar(select(func.count()).select_from(Report)) == 1 and verify_chain() == []


@pytest.mark.parametrize("table", ["sealed_document", "survey", "review"])
def test_the_database_refuses_to_change_what_was_signed(world: Any, table: str) -> None:
    report = signed(world)
    reports.approve(report, person=world.person("zhao"))
    db.session.commit()
    key = "n" if table == "sealed_document" else "id"
    for statement in (f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError):
            db.session.execute(text(statement))
        db.session.rollback()


def test_a_closed_door_ends_with_reason_and_photo(world: Any) -> None:
    visit, zhang = locked_door(world), world.person("zhang")
    with pytest.raises(Rejected) as refusal:
        reports.end_unsigned(visit, absence="absent", reason="敲门无人应", photo=None, person=zhang)
    assert refusal.value.field == "photo"
    report = reports.end_unsigned(visit, absence="absent", reason="敲门无人应", photo=picture(), person=zhang)
    content = content_of(report.document)
    assert (visit.state, report.signed, content["signed_at"], content["signer_name"]) == ("unsigned", False, None, None)
    assert content["sign_refusal_reason"]["code"] == "absent"
    assert "敲门无人应" in content["sign_refusal_reason"]["label"]
    assert len(content["photos"]) == 1


def test_a_customer_who_refuses_is_heard_in_their_own_words(world: Any) -> None:
    visit, zhang = finished(world), world.person("zhang")
    report = reports.end_unsigned(visit, absence="refused", reason="说要先问老板", photo=None, person=zhang)
    assert (visit.state, report.signed, report.needs_acknowledgement) == ("unsigned", False, True)
    with pytest.raises(Rejected) as refusal:
        reports.approve(report, person=world.person("zhao"))
    assert refusal.value.field == "acknowledged"
    assert reports.approve(report, acknowledged=True, person=world.person("zhao")).acknowledged


def test_a_report_is_approved_once(world: Any) -> None:
    report, zhao = signed(world), world.person("zhao")
    reports.approve(report, person=zhao)
    assert report.visit.state == "approved"
    with pytest.raises(Conflict):
        reports.approve(report, person=zhao)
    assert db.session.scalar(select(func.count()).select_from(Review)) == 1


def back(report: Report, person: Any, items: tuple[str, ...] = ("findings",)) -> Review:
    return reports.return_report(report, items=items, note="写明噪音来源", person=person)


def test_nobody_reviews_their_own_work(world: Any) -> None:
    visit = finished(world, username="wu")
    session = session_of(world, "wu")
    given = reports.hand_over(
        visit, locale="en", signer_name="X", signer_role="owner", person=session.person, session=session
    )
    reports.answer_survey(given, None)
    report = reports.sign_report(given, Mark(typed_name="X"))
    with pytest.raises(Conflict):
        reports.approve(report, person=world.person("wu"))


def test_a_returned_report_opens_the_ticked_rows_only(world: Any) -> None:
    report = signed(world)
    back(report, world.person("zhao"))
    visit, zhang = report.visit, world.person("zhang")
    assert (visit.state, visit.to_mend, visit.mend_note) == ("returned", ["findings"], "写明噪音来源")
    with pytest.raises(Conflict):
        visits.add_photo(visit, photo=picture(), person=zhang)
    visits.save_findings(visit, person=zhang, note="噪音来自滚筒", **DIAGNOSIS)


def test_a_mended_report_is_a_new_revision_of_the_same_number(world: Any) -> None:
    first = signed(world)
    before = first.document.content
    back(first, world.person("zhao"))
    visits.save_findings(first.visit, person=world.person("zhang"), note="噪音来自滚筒", **DIAGNOSIS)
    with pytest.raises(Rejected):
        reports.resubmit(first.visit, "改好了", person=world.person("zhang"))
    given = handed_over(world, first.visit)
    second = reports.sign_report(given, Mark(strokes=INK))
    assert (second.number, second.revision) == (first.number, 2)
    assert content_of(second.document)["work_done"] == "噪音来自滚筒"
    assert first.document.content == before and verify_chain() == []
    with pytest.raises(Conflict):
        reports.approve(first, person=world.person("zhao"))
    reports.approve(second, person=world.person("zhao"))


def test_an_unchanged_report_is_sent_again_without_a_signature(world: Any) -> None:
    report = signed(world)
    back(report, world.person("zhao"), ("findings", "time"))
    reports.resubmit(report.visit, "已核对，无误", person=world.person("zhang"))
    assert report.visit.state == "signed" and newest_report(report.visit) is report
    with pytest.raises(Conflict):
        reports.resubmit(report.visit, "再发", person=world.person("zhang"))


def test_codes_that_came_after_the_signature_are_asked_for_only_where_the_diagnosis_was_returned(world: Any) -> None:
    """A company that had no code lists yet when the customer signed."""
    codes, lists = db.session.query(CodeValue), dict.fromkeys(CODE_NAMES, "")
    codes.update({"retired_at": clock.now()})
    report = signed(world, finished(world, findings=DIAGNOSIS | lists))
    codes.update({"retired_at": None})
    back(report, world.person("zhao"), ("photos",))
    reports.resubmit(report.visit, "照片已补", person=world.person("zhang"))
    assert report.visit.state == "signed"
    back(report, world.person("zhao"), ("findings",))
    assert {gap.gap for gap in readiness(report.visit)} == {f"findings.{name}" for name in CODE_NAMES}


def test_a_report_holds_only_what_json_can_hold(world: Any) -> None:
    visit = finished(world, description="跑带\u0000打滑".replace("\u0000", "") + " 👨‍👩‍👧 {{7*7}} #panic() ﷽")
    report = signed(world, visit)
    assert json.loads(report.document.content)["reported_symptom"].endswith("﷽")
    assert db.session.get(Visit, visit.id).state == "signed"
