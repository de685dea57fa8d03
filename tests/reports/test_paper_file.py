"""The file behind the page: marks, proof, chain, lists on the annex, amounts in words."""

import io
import json
from decimal import Decimal

import pikepdf
import pytest

from portal.reports.paper.amounts import in_words
from tests.reports import papers
from tests.reports.printed import mistakes, pages, print_out, tight

PROOF = json.dumps({"form": "FSR-1", "salt": "00ff", "name": "丙演示"}, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("mark", "words"), [("draft", "草稿DRAFT"), ("superseded", "已更正SUPERSEDED"), ("void", "作废VOID")]
)
def test_a_mark_stands_on_every_page_in_both_languages(mark: str, words: str) -> None:
    payload = papers.crowded() | {"parts": papers.crowded()["parts"] * 6}
    printed = pages(print_out(payload, mark=mark, secondary="en"))
    assert len(printed) > 3
    assert all(words in page for page in printed)
    assert not any(words in page for page in pages(print_out(payload, secondary="en")))


@pytest.mark.parametrize(
    ("moment", "words"),
    [("2026-11-23T14:05:06+08:00", "离线签字 2026-11-23 14:05 / Signed offline 23 Nov 2026 14:05"),
     ("", "离线签字 / SIGNED OFFLINE")],
)  # fmt: skip
def test_signed_without_a_connection_runs_along_both_edges_of_every_page(moment: str, words: str) -> None:
    payload = papers.crowded() | {"parts": papers.crowded()["parts"] * 6}
    printed = pages(print_out(payload, unheard=moment, secondary="en", mark="void"))
    assert len(printed) > 3
    assert [page.count(tight(words)) for page in printed] == [4] * len(printed)
    assert not any(tight(words) in page for page in pages(print_out(payload, secondary="en")))
    plain = print_out(papers.ordinary("es"), unheard=moment)
    assert len(pages(plain)) == 1 and not mistakes(plain), "it takes no room from the page"


def test_an_unknown_mark_or_copy_is_a_mistake_of_the_caller() -> None:
    for wrong in ({"mark": "final"}, {"copy": "finance"}):
        with pytest.raises(ValueError):
            print_out(papers.ordinary("en"), **wrong)


def test_the_proof_is_inside_the_file_as_it_was_given() -> None:
    pdf = print_out(papers.ordinary("zh_Hans"), proof=PROOF)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert list(document.attachments) == ["record.json"]
        attached = document.attachments["record.json"]
        assert attached.get_file().read_bytes() == PROOF
        assert attached.get_file().mime_type == "application/json"
        assert str(document.Root.AF[0].AFRelationship) == "/Source"
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
            assert metadata["pdfuaid:part"] == "1"
    assert mistakes(pdf) == []
    with pikepdf.open(io.BytesIO(print_out(papers.ordinary("zh_Hans")))) as plain:
        assert not plain.attachments


def test_the_same_report_gives_the_same_bytes_with_everything_on_it() -> None:
    payload = papers.crowded()
    options = {"secondary": "en", "proof": PROOF, "chain_head": "#128 9f3a", "mark": "void"}
    assert print_out(payload, **options) == print_out(payload, **options)


def test_metadata_can_be_read_without_unpacking() -> None:
    assert b"<pdfaid:part>2</pdfaid:part>" in print_out(papers.ordinary("zh_Hans"))


@pytest.mark.parametrize(
    ("language", "label"), [("zh_Hans", "链"), ("zh_Hant", "鏈"), ("en", "Chain"), ("es", "Cadena")]
)
def test_the_head_of_the_chain_stands_at_the_foot_of_page_one(language: str, label: str) -> None:
    payload = papers.ordinary(language) | {"parts": papers.ordinary(language)["parts"] * 6}
    first, annex = pages(print_out(payload, chain_head="#128 9f3a41c2"))
    assert f"{label}#1289f3a41c2" in first
    assert "9f3a41c2" not in annex


def test_check_lists_and_labour_stand_on_the_annex_and_page_one_counts_them() -> None:
    payload = papers.ordinary("zh_Hans")
    payload["checklist_result"] = [
        {
            "item": {"code": f"K{n}", "label": f"检查点{n}", "labels": {"en": f"Point {n}"}},
            "result": result,
            "value": f"{n} A",
        }
        for n, result in enumerate(["ok"] * 22 + ["adjusted", "abnormal"], 1)
    ]
    payload["labour_lines"] = [
        {"item": "更换跑带", "hours": "1.5", "coefficient": "1", "rate": "200", "amount": "300"},
        {"item": "调试", "hours": "0.5", "coefficient": "1", "rate": "200", "amount": "100"},
    ]
    first, *annex = pages(print_out(payload, secondary="en"))
    assert tight("24 项：正常 22 · 已调整 1 · 异常 1") in first
    assert tight("24 points: OK 22 · Adjusted 1 · Abnormal 1") in first
    assert tight("附页：检查项目 24 · 工时费 2") in first
    assert "¥400.00" in first
    story = "".join(annex)
    assert all(f"检查点{n}Point{n}" in story and f"{n}A" in story for n in range(1, 25))
    assert tight("更换跑带 1.5 1 200.00 300.00") in story


def test_few_checks_stand_on_page_one() -> None:
    payload = papers.ordinary("zh_Hans") | {"checklist_result": [{"item": "急停", "result": "ok", "note": "已试"}]}
    (page,) = pages(print_out(payload))
    assert tight("急停 · 正常 · 已试") in page


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("3200", "人民币叁仟贰佰元整"),
        ("10050.07", "人民币壹万零伍拾元零柒分"),
        ("0.05", "人民币伍分"),
        ("0.50", "人民币伍角整"),
        ("1.05", "人民币壹元零伍分"),
        ("10.00", "人民币壹拾元整"),
        ("325.04", "人民币叁佰贰拾伍元零肆分"),
        ("1409.50", "人民币壹仟肆佰零玖元伍角整"),
        ("6007.14", "人民币陆仟零柒元壹角肆分"),
        ("1680.32", "人民币壹仟陆佰捌拾元叁角贰分"),
        ("107000.53", "人民币壹拾万零柒仟元伍角叁分"),
        ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
        ("100000", "人民币壹拾万元整"),
        ("100010001", "人民币壹亿零壹万零壹元整"),
        ("100500000", "人民币壹亿零伍拾万元整"),
        ("20300000004", "人民币贰佰零叁亿零肆元整"),
        ("99.999", "人民币壹佰元整"),
        ("0", ""),
        ("-5", ""),
        ("1000000000000", ""),
    ],
)
def test_amounts_in_financial_numerals(amount: str, words: str) -> None:
    assert in_words(Decimal(amount), "zh_Hans") == words


def test_amounts_in_traditional_numerals_and_in_no_other_language() -> None:
    assert in_words(Decimal("26830.07"), "zh_Hant") == "人民幣貳萬陸仟捌佰參拾元零柒分"
    assert in_words(Decimal("26830.07"), "en") == ""


def test_what_is_charged_is_written_out_unless_the_record_does() -> None:
    charged = papers.ordinary("zh_Hans") | {"total_amount": "10050.07", "total_in_words": None}
    assert "大写金额人民币壹万零伍拾元零柒分" in pages(print_out(charged))[0]
    written = pages(print_out(charged | {"total_in_words": "壹万零伍拾元柒分"}))[0]
    assert "大写金额壹万零伍拾元柒分" in written and "人民币" not in written
    assert "大写金额" not in pages(print_out(charged | {"total_amount": "0"}))[0]
    assert "大写金额" not in pages(print_out(charged | {"currency": "EUR"}))[0]


def test_a_hyphen_at_the_end_of_a_line_is_not_written_twice_in_spanish() -> None:
    """Spanish orthography would; a number on a plate has one."""
    payload = papers.ordinary("es") | {"work_done": "AB-CD " * 120 + "fin", "serial_no": "AB-CD-EF-GH-IJ-KL-MN-OP-QR"}
    text = "".join(pages(print_out(payload)))
    assert "AB-CD" * 120 + "fin" in text
    assert "AB-CD-EF-GH-IJ-KL-MN-OP-QR" in text
    assert "--" not in text
