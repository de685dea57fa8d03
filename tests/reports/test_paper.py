"""The printed report: what a reader finds on the pages, in each language and with anything that people type."""

import io

import pikepdf
import pypdfium2
import pytest

from portal.reports.paper import Review, Signature, render
from portal.reports.paper.formats import Tongue
from portal.reports.paper.labels import ENUMS, FIELDS, LANGUAGES
from portal.reports.paper.photos import shrunk
from portal.reports.paper.signature import drawn
from portal.reports.paper.text import clean, code_word
from portal.reports.paper.words import WORDS
from tests.reports import papers
from tests.reports.printed import DIGEST, INK, pages, print_out, tight

APPROVED = Review("approved", "赵虚构", "2026-11-23T18:01:00+08:00", "工时与轨迹一致")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_ordinary_job_is_one_page_with_everything_on_it(language: str) -> None:
    payload = papers.ordinary(language)
    (page,) = pages(print_out(payload))
    tongue = Tongue(language)
    for field in ("customer_name", "site_address", "reported_symptom", "work_done", "test_result", "statement"):
        assert tight(payload[field]) in page, field
    for block in ("customer", "equipment", "times", "fault", "work", "parts", "charges", "advice", "review"):
        assert tight(tongue.word(f"block_{block}")) in page
    for text in ("FW-01-2611-0042", "GD-01-2611-0057", "TM-BELT-1300", "TM-S03", "DF2403-000187", DIGEST[:12]):
        assert text in page
    assert tight(tongue.word("no_charge")) in page
    assert tight(tongue.price("310")) in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_is_an_archive_document_for_every_reader(language: str) -> None:
    with pikepdf.open(io.BytesIO(print_out(papers.ordinary(language)))) as pdf:
        with pdf.open_metadata() as metadata:
            assert metadata["pdfaid:part"] == "2"
            assert metadata["pdfaid:conformance"] == "A"
            assert metadata["pdfuaid:part"] == "1"
            assert "FW-01-2611-0042" in metadata["dc:title"]
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang).startswith("zh" if language.startswith("zh") else language)
        assert pdf.Root.OutputIntents
        fonts = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and one.get("/FontName")]
        assert fonts
        for font in fonts:
            assert "/FontFile2" in font
            assert "+NotoSans" in str(font.FontName)


def test_traditional_readers_get_the_glyphs_of_taiwan() -> None:
    with pikepdf.open(io.BytesIO(print_out(papers.ordinary("zh_Hant")))) as pdf:
        fonts = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and one.get("/FontName")]
        assert any("NotoSansTC" in str(font.FontName) for font in fonts)
        assert str(pdf.Root.Lang) == "zh-TW"


def test_the_same_report_gives_the_same_bytes() -> None:
    payload = papers.ordinary("es")
    assert print_out(payload) == print_out(payload)


@pytest.mark.parametrize(("language", "kilobytes"), [("zh_Hans", 80), ("zh_Hant", 88), ("en", 36), ("es", 36)])
def test_a_page_without_photos_is_light(language: str, kilobytes: int) -> None:
    """Nearly all of it are outlines: three hundred Han characters, which in the shapes of Taiwan have more points."""
    assert len(print_out(papers.ordinary(language))) < kilobytes * 1024


def test_hostile_text_is_printed_and_never_read() -> None:
    first, *annex = pages(print_out(papers.hostile()))
    story = "".join(annex)
    assert 'panic("x")' in first
    assert "主管审核" in first
    assert '#panic("x")$x^2$*b*_i_@ref<label>`code`\\//#include"report.typ"' in story
    assert story.count("w") >= 30_000
    assert "〓" in story
    assert "gnp.exe" in story


def test_what_page_one_cannot_hold_stands_on_the_annex() -> None:
    payload = papers.crowded()
    pictures = {shot["digest"]: papers.picture(number) for number, shot in enumerate(payload["photos"][:8])}
    first, texts, *shots = pages(print_out(payload, photos=pictures))
    for text in (
        "余6项见附页",
        "全文见附页",
        "TM-BELT-0006",
        "¥3,200.00",
        "叁仟贰佰元整",
        "停止使用",
        "李示例",
        "主管审核",
    ):
        assert text in first
    assert "TM-BELT-0007" not in first
    assert tight(payload["work_done"]) in texts
    assert tight(payload["reported_symptom"]) in texts
    for number in range(7, 13):
        assert f"TM-BELT-{number:04}" in texts
    assert "FW-01-2611-0042" in texts
    assert len(shots) == 2
    assert "维修前·2026-11-2309:11·11ab11ab11ab" in shots[0]
    assert "照片暂缺" in shots[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_one_keeps_result_total_signature_and_review_however_long_the_texts(language: str) -> None:
    payload = papers.crowded() | {"language": language}
    for name, value in papers.ordinary(language).items():
        if isinstance(value, str) and name in papers.WORDS[language]:
            payload[name] = f"{value} " * 40
    payload["statement"] = papers.WORDS[language]["statement"]
    payload["parts"] = [part | {"name": "Rodamiento de bolas " * 9} for part in payload["parts"]]
    payload |= {"diagnosis_steps": "abc " * 300, "cause_note": "abc " * 300, "condition_on_arrival": "abc " * 300}
    payload |= {"follow_up_owner": "abc " * 30, "exclusion_reason": {"code": "EX01", "label": "abc " * 100}}
    first, *annex = pages(print_out(payload))
    tongue = Tongue(language)
    for field in ("outcome", "total_in_words", "customer_signature", "review_result"):
        assert tight(tongue.label(field)) in first, field
    assert tight(tongue.price("3200")) in first
    # A page's foot may stand between two lines of the story.
    assert "".join(annex).count(tight(papers.WORDS[language]["work_done"])) >= 38
    assert all(tight(tongue.word("annex")) in page for page in annex)


def test_an_unsigned_report_says_why_and_a_draft_says_that_it_is_one() -> None:
    payload = papers.ordinary("zh_Hans") | {"sign_refusal_reason": "refused", "signer_name": None, "signed_at": None}
    (page,) = pages(print_out(payload, signatures=(), mark="draft"))
    assert "未签字" in page
    assert "未签原因:客户拒签" in page
    assert "草稿" in page
    (sealed,) = pages(print_out(payload, signatures=()))
    assert "草稿" not in sealed
    assert "已更正" in pages(print_out(payload, signatures=(), mark="superseded"))[0]


def test_a_typed_name_stands_in_the_signature_cell() -> None:
    (page,) = pages(print_out(papers.ordinary("en"), signatures=(Signature(typed_name="Ann 👍 Sample"),)))
    assert "Ann〓Sample" in page
    assert tight(WORDS["typed"][2]) in page


def test_the_review_line_is_empty_until_there_is_a_review() -> None:
    payload = papers.ordinary("zh_Hans")
    assert "通过" not in pages(print_out(payload))[0]
    assert "通过·工时与轨迹一致" in pages(print_out(payload, review=APPROVED))[0]


def test_copies_differ_only_in_what_they_hide() -> None:
    payload = papers.ordinary("zh_Hans")
    (customer,) = pages(print_out(payload, review=APPROVED, copy="customer"))
    (office,) = pages(print_out(payload, review=APPROVED, copy="office"))
    assert "工时与轨迹一致" not in customer
    assert "10000000023" in customer
    assert "客户联" in customer
    assert "工时与轨迹一致" in office
    assert "10000000023" not in office
    assert "存根联" in office


def test_survey_scores_internal_notes_and_access_notes_are_never_printed() -> None:
    secret = {"csat_overall": "4711", "internal_note": "SECRET", "site_access_note": "SECRET", "invoice_no": "SECRET"}
    (page,) = pages(print_out(papers.ordinary("zh_Hans") | secret))
    assert "4711" not in page
    assert "SECRET" not in page
    assert "满意度调查已填写" in page


def test_an_almost_empty_record_still_prints() -> None:
    (page,) = pages(render({"language": "zh_Hans", "sign_refusal_reason": "absent"}))
    assert "未更换配件" in page
    assert "客户不在场" in page


def test_ink_is_visible_on_the_page() -> None:
    def darkness(pdf: bytes) -> int:
        document = pypdfium2.PdfDocument(pdf)
        try:
            image = document[0].render(scale=1, grayscale=True).to_pil()
        finally:
            document.close()
        return sum(image.histogram()[:128])

    payload = papers.ordinary("zh_Hans")
    assert darkness(print_out(payload)) > darkness(print_out(payload, signatures=())) + 200


def test_a_signature_is_cropped_thinned_and_smoothed() -> None:
    wild = [[[number % 9000, number % 3000, number] for number in range(20_000)]]
    svg = drawn(Signature(strokes=wild)) or ""
    assert svg.startswith("<svg")
    assert len(svg) < 60_000
    assert "C" in drawn(INK)  # type: ignore[operator]
    assert drawn(Signature(strokes=[[], []])) is None
    assert drawn(Signature(strokes=[[[5, 5, 0]]])) is not None
    assert drawn(None) is None


def test_photos_are_shrunk_and_what_is_no_picture_is_left_out() -> None:
    small = shrunk(papers.picture(3, (1600, 1200)))
    assert small is not None
    assert len(small) < 150_000
    assert shrunk(b"\xff\xd8 no picture") is None
    assert shrunk(b"") is None


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("a\x00b\x07c\ud800d\uffffe\ue000f", "abcdef"),
        ("👍👨‍👩‍👧", "〓〓〓〓"),
        ("مرحبا", "〓" * 5),
        ("\u202eabc", "abc"),
        ("a\tb\r\nc\u2028d", "a b\nc\nd"),
        ("e\u0301", "é"),
        ("x\n\n\n\n\ny", "x\n\ny"),
        ("跑带打滑、停顿 Ñandú ✓ ¿qué? ①", "跑带打滑、停顿 Ñandú ✓ ¿qué? ①"),
    ],
)
def test_any_text_becomes_printable(typed: str, printed: str) -> None:
    assert clean(typed) == printed


def test_a_long_serial_number_may_break() -> None:
    assert code_word("DF2403-000187") == "DF2403-000187"
    assert "\u200b" in code_word("9" * 40)


@pytest.mark.parametrize(
    ("language", "moment", "day", "price", "minutes"),
    [
        ("zh_Hans", "2026-11-23 09:05 (UTC+08:00)", "2026-11-23", "¥1,080.50", "1 小时 10 分"),
        ("zh_Hant", "2026-11-23 09:05 (UTC+08:00)", "2026-11-23", "¥1,080.50", "1 小時 10 分"),
        ("en", "23 Nov 2026 09:05 (UTC+08:00)", "23 Nov 2026", "CNY 1,080.50", "1 h 10 min"),
        ("es", "23/11/2026 09:05 (UTC+08:00)", "23/11/2026", "1.080,50 CNY", "1 h 10 min"),
    ],
)
def test_each_language_has_its_formats(language: str, moment: str, day: str, price: str, minutes: str) -> None:
    tongue = Tongue(language)
    assert tongue.moment("2026-11-23T09:05:59+08:00", zone=True) == moment
    assert tongue.day("2026-11-23") == day
    assert tongue.price("1080.5") == price
    assert tongue.minutes(70) == minutes


def test_numbers_lose_only_idle_zeros_and_nonsense_stays_text() -> None:
    tongue = Tongue("zh_Hans")
    assert tongue.number("2.0") == "2"
    assert tongue.number("0.50") == "0.5"
    assert tongue.number("100") == "100"
    assert tongue.number("NaN") == "NaN"
    assert tongue.number("1E+999999") == "1E+999999"
    assert tongue.number(None) == ""


def test_every_word_of_the_paper_exists_in_four_languages() -> None:
    tables = [FIELDS, WORDS, *ENUMS.values()]
    assert all(len(words) == 4 and all(words) for table in tables for words in table.values())
