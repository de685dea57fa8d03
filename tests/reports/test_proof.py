"""The proof of a report: the record, the bundle, and the script that checks it far from the portal."""

import ast
import io
import json
import random
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from flask import Flask

from portal.db import db
from portal.reports import bundle as bundles
from portal.reports import proof
from portal.reports.models import Report
from portal.signing.head import Place
from portal.signing.operations import last_place
from tests.reports import evidence

SCRIPT = Path(__file__).parents[2] / "tools" / "verify_report.py"
HEAD = Place(9, "f" * 64)
ADDRESS = "https://portal.example.com/verify/x"
ENDS = {
    "ordinary": evidence.ordinary,
    "revised": evidence.revised,
    "by link": evidence.by_link,
    "on paper": evidence.on_paper,
    "two signers": evidence.two_signers,
    "void": evidence.voided,
}


def carrying(record: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.attachments["record.json"] = pikepdf.AttachedFileSpec(pdf, record, mime_type="application/json")
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return out.getvalue()


def made(app: Flask, report: Report, paper: bytes | None = None) -> bytes:
    db.session.commit()
    with app.test_request_context():
        return bundles.bundle(report, paper or carrying(proof.record_bytes(report, last_place(), ADDRESS)))


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    return bundles.packed(files)


def listed_anew(files: dict[str, bytes]) -> dict[str, bytes]:
    """The list of digests made to fit, as somebody who changes a bundle would do."""
    sums = {name: sha256(content).hexdigest() for name, content in files.items()}
    sums.pop(bundles.MANIFEST)
    return files | {bundles.MANIFEST: proof.as_bytes({"format": bundles.FORMAT, "files": sums})}


def run(folder: Path, content: bytes) -> subprocess.CompletedProcess[str]:
    """The script by itself, in a folder that knows nothing of the portal."""
    (folder / "bundle.zip").write_bytes(content)
    script = folder / "verify_report.py"
    script.write_bytes(SCRIPT.read_bytes())
    command = [sys.executable, "-I", "-S", script.name, "bundle.zip"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("end", ENDS)
def test_the_record_holds_all_that_was_sealed_for_the_revision_letter_for_letter(world: Any, end: str) -> None:
    report = ENDS[end](world)
    record = proof.record_of(report, HEAD, ADDRESS)
    assert (record["format"], record["number"], record["revision"]) == ("FSR-PROOF-1", report.number, report.revision)
    first = record["documents"][0]
    assert first["content"] == report.document.content and first["salt"] == report.document.salt
    kinds = [one["kind"] for one in record["documents"]]
    further = {"by link": ["signature"], "two signers": ["signature"], "void": ["void"]}
    assert kinds == ["service_report", *further.get(end, [])]
    assert len(record["photos"]) == (2 if end in ("by link", "on paper") else 1)
    assert record["head"] == {"n": 9, "link": "f" * 64} and record["verify"] == ADDRESS


def test_the_survey_is_not_in_the_proof(app: Flask, world: Any) -> None:
    content = made(app, evidence.ordinary(world))
    assert all(b"q_overall" not in one and "很好".encode() not in one for one in members(content).values())


def test_the_same_state_gives_the_same_bytes(app: Flask, world: Any) -> None:
    report = evidence.two_signers(world)
    assert proof.record_bytes(report, HEAD, ADDRESS) == proof.record_bytes(report, HEAD, ADDRESS)
    assert made(app, report) == made(app, report)


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("end", ENDS)
def test_a_good_bundle_holds_without_the_portal(app: Flask, world: Any, tmp_path: Path, end: str) -> None:
    report = ENDS[end](world)
    result = run(tmp_path, made(app, report))
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Everything holds." in result.stdout and report.document.content_digest in result.stdout
    assert "the PDF carries this very record" in result.stdout and ADDRESS in result.stdout


@pytest.mark.engine("sqlite")
def test_a_bundle_may_be_unpacked_to_a_folder(app: Flask, world: Any, tmp_path: Path) -> None:
    for name, content in members(made(app, evidence.ordinary(world))).items():
        place = tmp_path / "unpacked" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    command = [sys.executable, "-I", "-S", str(SCRIPT), "unpacked"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0


@pytest.mark.engine("sqlite")
def test_a_paper_without_the_record_is_named(app: Flask, world: Any, tmp_path: Path) -> None:
    result = run(tmp_path, made(app, evidence.ordinary(world), b"%PDF-1.7\n%%EOF"))
    assert result.returncode == 0 and "the PDF carries no record" in result.stdout


@pytest.mark.engine("sqlite")
def test_one_changed_byte_in_any_file_is_found(app: Flask, world: Any, tmp_path: Path) -> None:
    files, rng = members(made(app, evidence.two_signers(world))), random.Random(1)
    assert {Path(name).suffix for name in files} == {".json", ".svg", ".jpg", ".pdf", ".txt"}
    for name, content in files.items():
        for _ in range(4):
            place = rng.randrange(len(content))
            changed = content[:place] + bytes([content[place] ^ 1 << rng.randrange(7)]) + content[place + 1 :]
            result = run(tmp_path, zipped(files | {name: changed}))
            assert result.returncode == 1, f"{name} at {place}"
            assert "THIS IS NOT WHAT WAS SIGNED" in result.stdout and not result.stderr


@pytest.mark.engine("sqlite")
def test_a_change_with_a_list_made_to_fit_is_found_by_the_seals(app: Flask, world: Any, tmp_path: Path) -> None:
    files = members(made(app, evidence.two_signers(world)))
    record = json.loads(files["record.json"])
    report, signature = record["documents"]
    photo = f"photos/{record['photos'][0]}.jpg"
    ink = next(name for name in files if name.startswith("ink/") and name.endswith(".json"))

    def rewritten(*documents: Any, **more: Any) -> dict[str, bytes]:
        fresh = proof.as_bytes(record | {"documents": list(documents)} | more)
        return {"record.json": fresh, "report.pdf": carrying(fresh)}

    edits: list[dict[str, bytes]] = [
        {photo: files[photo] + b"x"},
        {ink: b"[[[1,2,3]]]"},
        {"more.txt": b"x"},
        {"report.pdf": carrying(b'{"format":"FSR-PROOF-1"}')},
        {"record.json": files["record.json"] + b" "},
        rewritten(report | {"content": report["content"].replace("清灰", "清扫")}, signature),
        rewritten(report | {"evidence": report["evidence"].replace("drawn", "typed")}, signature),
        rewritten(report, signature | {"number": "FW-01-2611-9999"}),
        rewritten(signature),
        rewritten(report, signature, revision=2),
        rewritten(report, signature, photos=[]),
    ]
    for edit in edits:
        result = run(tmp_path, zipped(listed_anew(files | edit)))
        assert result.returncode == 1, list(edit)
    for gone in (photo, ink, "record.json", "report.pdf"):
        rest = {name: content for name, content in files.items() if name != gone}
        assert run(tmp_path, zipped(listed_anew(rest))).returncode == 1, gone


def test_the_script_is_short_and_needs_nothing_of_ours() -> None:
    source = SCRIPT.read_text("utf-8")
    assert len(source.splitlines()) <= 100
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
    }
    assert imported <= set(sys.stdlib_module_names)


def test_the_script_without_an_argument_says_what_it_does() -> None:
    result = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False)
    assert result.returncode == 1 and "BUNDLE" in result.stderr


@pytest.mark.engine("sqlite")
def test_the_office_takes_the_bundle_from_the_reports_page(world: Any, sign_in: Any, tmp_path: Path) -> None:
    report = evidence.revised(world)
    db.session.commit()
    office = sign_in("zhao")
    link = str(office.get(f"/reports/{report.number}").one("a[href*='proof.zip']")["href"])
    page = office.get(link)
    assert (page.status, page.response.mimetype) == (200, "application/zip")
    assert f"{report.number}-2-proof.zip" in page.headers["Content-Disposition"]
    assert set(members(page.response.data)) >= {"report.pdf", "record.json", "manifest.json", "README.txt"}
    assert run(tmp_path, page.response.data).returncode == 0
    assert office.get(link).response.data == page.response.data
    old = office.get(f"/reports/{report.number}/proof.zip?revision=1")
    assert json.loads(members(old.response.data)["record.json"])["revision"] == 1


@pytest.mark.engine("sqlite")
def test_a_technician_and_a_stranger_do_not_get_it(world: Any, sign_in: Any) -> None:
    report = evidence.ordinary(world)
    db.session.commit()
    path = f"/reports/{report.number}/proof.zip"
    assert sign_in("zhang").get(path).status == 403 and sign_in("qian").get(path).status == 403
    assert not sign_in("zhang").get(f"/reports/{report.number}").all("a[href*='proof.zip']")
    assert sign_in().get(path).status == 303
    assert sign_in("zhao").get("/reports/FW-01-2611-9999/proof.zip").status == 404


@pytest.mark.engine("sqlite")
def test_what_was_erased_has_no_proof_to_take_away(world: Any, sign_in: Any) -> None:
    report = evidence.erased(world)
    db.session.commit()
    assert sign_in("he").get(f"/reports/{report.number}/proof.zip").status == 404
