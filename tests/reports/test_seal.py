"""The company's seal on a printed report: it stands, it tells of any later change, and it never costs a report."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption, pkcs12
from cryptography.x509.oid import NameOID
from flask import current_app
from pyhanko.pdf_utils.reader import PdfFileReader

from portal.config import from_environment
from portal.reports.paper.seal import CertificateError, checked, holds, seal
from tests.reports import papers
from tests.reports.printed import mistakes, pages, print_out
from tests.reports.steps import signed

PASSWORD = "of the tests"


def certificate(path: Path, *, days: int = 30, password: str | None = PASSWORD, name: str = "Example seal") -> Path:
    """A self-signed certificate and its key, as a company would buy it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    end = datetime.now(UTC) + timedelta(days=days)
    usage = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    own = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=365))
        .not_valid_after(end)
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .sign(key, hashes.SHA256())
    )
    locked = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    path.write_bytes(pkcs12.serialize_key_and_certificates(name.encode(), key, own, None, locked))
    return path


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("seal") / "seal.p12")


@pytest.fixture(scope="module")
def printed() -> bytes:
    return print_out(papers.ordinary("zh_Hans"), proof=b'{"n":1}')


@pytest.fixture(scope="module")
def sealed(own: Path, printed: bytes) -> bytes:
    return seal(printed, own, PASSWORD)


def test_the_seal_holds_and_says_whose_it_is(own: Path, printed: bytes, sealed: bytes) -> None:
    assert sealed.startswith(printed)
    assert len(sealed) < len(printed) + 20_000
    assert holds(sealed, own, PASSWORD)
    (mark,) = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
    assert mark.signer_cert.subject.native["common_name"] == "Example seal"
    assert "not the customer's signature" in str(mark.sig_object["/Reason"])
    assert str(mark.sig_object["/SubFilter"]) == "/ETSI.CAdES.detached"
    assert mark.docmdp_level.value == 1  # no changes at all


def test_a_sealed_report_reads_as_before(printed: bytes, sealed: bytes) -> None:
    assert pages(sealed) == pages(printed)
    assert mistakes(sealed) == []
    with pikepdf.open(io.BytesIO(sealed)) as document:
        assert document.attachments["record.json"].get_file().read_bytes() == b'{"n":1}'
        with document.open_metadata(set_pikepdf_as_editor=False) as metadata:
            assert metadata["pdfaid:part"] == "3" and metadata["pdfuaid:part"] == "1"


def test_a_changed_byte_is_found(own: Path, printed: bytes, sealed: bytes) -> None:
    for place in range(2000, len(printed), len(printed) // 6):
        changed = bytearray(sealed)
        changed[place] ^= 1
        assert not holds(bytes(changed), own, PASSWORD), place


def test_appended_bytes_and_appended_changes_are_found(own: Path, sealed: bytes) -> None:
    from pyhanko.pdf_utils.generic import TextStringObject
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    assert not holds(sealed + b"%", own, PASSWORD)
    writer = IncrementalPdfFileWriter(io.BytesIO(sealed))
    writer.root["/Note"] = TextStringObject("changed later")
    writer.update_root()
    later = io.BytesIO()
    writer.write(later)
    assert later.getvalue().startswith(sealed)
    assert not holds(later.getvalue(), own, PASSWORD)


def test_a_plain_report_and_somebody_elses_seal_do_not_hold(own: Path, printed: bytes, tmp_path: Path) -> None:
    assert not holds(printed, own, PASSWORD)
    assert not holds(b"no file at all", own, PASSWORD)
    other = certificate(tmp_path / "other.p12", name="Somebody else")
    assert not holds(seal(printed, other, PASSWORD), own, PASSWORD)


def test_a_certificate_without_password_is_fine(printed: bytes, tmp_path: Path) -> None:
    bare = certificate(tmp_path / "bare.p12", password=None)
    assert holds(seal(printed, bare), bare)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("missing", "cannot be read"),
        ("password", "the password is another one"),
        ("rubbish", "no PKCS#12"),
        ("ended", "a new one is needed"),
        ("no key", "its private key"),
    ],
)
def test_a_certificate_that_cannot_be_used_costs_no_report(
    wrong: str, said: str, printed: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, password = tmp_path / "seal.p12", PASSWORD
    if wrong == "rubbish":
        path.write_bytes(b"rubbish")
    elif wrong == "no key":
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", None, None, cas(tmp_path), NoEncryption()))
        password = ""
    elif wrong != "missing":
        certificate(path, days=-1 if wrong == "ended" else 30)
    if wrong == "password":
        password = "another"
    assert seal(printed, path, password) == printed
    assert said in caplog.text
    with pytest.raises(CertificateError, match=said):
        checked(path, password)


def cas(folder: Path) -> list[x509.Certificate]:
    content = certificate(folder / "ca.p12").read_bytes()
    _, own, _ = pkcs12.load_key_and_certificates(content, PASSWORD.encode())
    assert own
    return [own]


@pytest.mark.engine("sqlite")
def test_the_portal_seals_what_it_prints_and_prints_without_a_seal_if_it_must(
    world: Any, sign_in: Any, own: Path
) -> None:
    report, reader = signed(world), sign_in("zhao")
    address, settings = f"/reports/{report.number}.pdf", current_app.config
    assert not holds(reader.get(address).response.get_data(), own, PASSWORD)
    settings |= {"SEAL_CERTIFICATE": own, "SEAL_PASSWORD": PASSWORD}
    assert holds(reader.get(address).response.get_data(), own, PASSWORD)
    settings["SEAL_CERTIFICATE"] = own.with_name("lost.p12")
    assert reader.get(address).response.get_data().startswith(b"%PDF")


def test_the_settings_name_the_certificate(tmp_path: Path) -> None:
    without = from_environment({"PORTAL_INSTANCE": str(tmp_path)})
    assert without["SEAL_CERTIFICATE"] is None
    named = {"PORTAL_SEAL_CERTIFICATE": str(tmp_path / "seal.p12"), "PORTAL_SEAL_PASSWORD": PASSWORD}
    settings = from_environment({"PORTAL_INSTANCE": str(tmp_path), **named})
    assert settings["SEAL_CERTIFICATE"] == tmp_path / "seal.p12"
    assert settings["SEAL_PASSWORD"] == PASSWORD
