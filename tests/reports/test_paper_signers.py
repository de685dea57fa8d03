"""Who signed, and how: several customers, technicians with their ink, names that were typed, and nobody at all."""

import io

import pypdfium2
import pytest

from portal.reports.paper import Signature, TechnicianMark
from tests.reports import papers
from tests.reports.printed import INK, pages, print_out, tight

STROKES = papers.strokes()


def further(name: str, note: str = "", *, typed: bool = False) -> Signature:
    ink = None if typed else STROKES
    return Signature(ink, name if typed else None, name, "agent", "2026-11-23T10:45:00+08:00", note)


def darkness(pdf: bytes, box: tuple[float, float, float, float]) -> int:
    """Dark pixels in a part of page one, given in shares of its width and height."""
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    try:
        image = document[0].render(scale=2, grayscale=True).to_pil()
    finally:
        document.close()
    left, top, right, bottom = box
    part = image.crop(
        (int(left * image.width), int(top * image.height), int(right * image.width), int(bottom * image.height))
    )
    return sum(part.histogram()[:128])


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_three_signers_stand_on_page_one(language: str) -> None:
    signers = (INK, further("丁演示", "见证人"), further("Ann Sample", "by link", typed=True))
    (page,) = pages(print_out(papers.ordinary(language), signatures=signers, secondary="es"))
    for text in ("丁演示", "见证人", "AnnSample", "bylink"):
        assert text in page
    assert page.count("Representante") == 2
    assert page.count("10:45") == 2


def test_each_signer_leaves_ink() -> None:
    payload = papers.ordinary("zh_Hans")
    block = (0.45, 0.75, 0.8, 0.92)
    drawn = darkness(print_out(payload, signatures=(INK, further("丁演示"))), block)
    typed = darkness(print_out(payload, signatures=(INK, further("丁演示", typed=True))), block)
    assert drawn > typed + 100


def test_more_than_three_go_on_on_the_annex_and_page_one_says_so() -> None:
    signers = (INK, *(further(f"签收人{number}", f"备注{number}") for number in range(2, 7)))
    first, annex = pages(print_out(papers.ordinary("zh_Hans"), signatures=signers))
    assert "余3人签字见附页" in first
    assert "附页:签字3" in first
    assert "签收人3" in first and "签收人4" not in first
    for number in range(4, 7):
        assert f"签收人{number}" in annex and f"备注{number}" in annex


def test_technicians_sign_above_their_names() -> None:
    names = ["张演示", "李示例", "欧阳虚构"]
    payload = papers.ordinary("zh_Hans") | {"technician_names": names}
    with_ink = print_out(payload, technicians=[TechnicianMark(name, STROKES) for name in names])
    (page,) = pages(with_ink)
    assert all(name in page for name in names)
    block = (0.08, 0.75, 0.3, 0.92)
    assert darkness(with_ink, block) > darkness(print_out(payload), block) + 200


def test_a_fourth_technician_is_named_on_the_annex() -> None:
    names = ["张演示", "李示例", "欧阳虚构", "周假设"]
    payload = papers.ordinary("zh_Hans") | {"technician_names": names}
    first, annex = pages(print_out(payload, technicians=[TechnicianMark("张演示", STROKES)]))
    assert "余1人见附页" in first and "周假设" not in first
    assert "、".join(names) in annex


def test_how_it_was_signed_is_said_beside_the_signature() -> None:
    payload = papers.ordinary("zh_Hans")
    on_paper = Signature(note="纸质签字，编号 0815")
    assert tight("纸质签字，编号 0815") in pages(print_out(payload, signatures=(on_paper,)))[0]
    witnessed = Signature(typed_name="丙演示", note="见证人：丁演示")
    (page,) = pages(print_out(payload, signatures=(witnessed,)))
    assert tight("见证人：丁演示") in page and "键入姓名签收" in page


def test_a_long_reason_for_not_signing_goes_on_on_the_annex() -> None:
    reason = "客户说要等到全部设备都修好以后才肯签字，" * 9 + "完。"
    payload = papers.ordinary("zh_Hans") | {"sign_refusal_reason": reason, "signer_name": None, "signed_at": None}
    first, annex = pages(print_out(payload, signatures=()))
    assert "未签字" in first and "未签原因" in first
    assert tight(reason) in annex
