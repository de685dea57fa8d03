"""The company's seal on the file: a certifying PAdES signature after which no change is allowed.

It is the company's, never the customer's signature, and says so. One seal, at the very end. No network: there is no
time stamp of an authority. A certificate that cannot be used is said in the log, and the report goes out unsealed,
because the record that it is printed from has its own proof. To verify, `holds` reads `bottom_line` of
pyHanko's status: after an appended change a signature is still called intact and valid, for it covers what was before.
"""

import io
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyhanko.sign.signers import SimpleSigner

# pyHanko is imported where it is needed, because most companies have no certificate and need none of it in memory.

FIELD = "CompanySeal"
REASON = "Seal of the service company; not the customer's signature"

log = logging.getLogger(__name__)


class CertificateError(Exception):
    """What is wrong with the certificate, in words for whoever set it up."""


def seal(pdf: bytes, certificate: Path, password: str | None = None) -> bytes:
    """`pdf` with the company's seal, or as it is, with a line in the log, where the certificate cannot be used."""
    try:
        return sealed(pdf, checked(certificate, password))
    except CertificateError as error:
        log.error("report goes out without the company's seal: %s", error)
        return pdf


def sealed(pdf: bytes, signer: "SimpleSigner") -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import PdfSignatureMetadata, PdfSigner
    from pyhanko.sign.fields import InvisSigSettings, MDPPerm, SigFieldSpec, SigSeedSubFilter

    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        reason=REASON,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        subfilter=SigSeedSubFilter.PADES,
        md_algorithm="sha256",
    )
    # Printed and outside of the page: PDF/A allows no hidden field, PDF/UA no visible one without a tag.
    place = InvisSigSettings(set_print_flag=True, set_hidden_flag=False, box_out_of_bounds=True)
    field = SigFieldSpec(FIELD, invis_sig_settings=place)
    output = io.BytesIO()
    signing = PdfSigner(metadata, signer, new_field_spec=field).sign_pdf
    apart(signing, IncrementalPdfFileWriter(io.BytesIO(pdf)), output=output)
    return output.getvalue()


def apart(work: Callable[..., Any], *values: Any, **named: Any) -> Any:
    """The library runs a loop of its own, so it needs a thread in which none is running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *values, **named).result()


def holds(pdf: bytes, certificate: Path, password: str | None = None) -> bool:
    """Whether `pdf` carries this certificate's seal and nothing was changed or appended since."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko_certvalidator import ValidationContext

    signer = checked(certificate, password)
    own = ValidationContext(trust_roots=[signer.signing_cert], allow_fetching=False)
    try:
        seals = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        status = apart(validate_pdf_signature, seals[0], own) if len(seals) == 1 else None
    except (PdfError, SignatureValidationError, ValueError):
        return False
    # Bytes after the last revision change nothing that a reader shows, so only the coverage tells of them.
    return bool(status and status.bottom_line and status.coverage == SignatureCoverageLevel.ENTIRE_FILE)


def checked(certificate: Path, password: str | None, *, now: datetime | None = None) -> "SimpleSigner":
    """The signer of a PKCS#12 file that can be used today."""
    try:
        content = certificate.read_bytes()
    except OSError as error:
        raise CertificateError(f"{certificate.name} cannot be read ({error.strerror})")
    signer, until = _opened(content, password)
    if until < (now or datetime.now(UTC)):
        raise CertificateError(f"the certificate ended on {until:%Y-%m-%d}; a new one is needed")
    return signer


@lru_cache(maxsize=1)
def _opened(content: bytes, password: str | None) -> tuple["SimpleSigner", datetime]:
    """Opening takes longer than sealing, on purpose: the password is stretched. So it is done once."""
    from cryptography.hazmat.primitives.serialization import pkcs12
    from pyhanko.sign.signers import SimpleSigner

    passphrase = password.encode() if password else None
    try:
        key, own, _ = pkcs12.load_key_and_certificates(content, passphrase)
    except (ValueError, TypeError):
        raise CertificateError("the file is no PKCS#12 certificate, or the password is another one")
    if key is None or own is None:
        raise CertificateError("the file must hold a certificate and its private key")
    signer = SimpleSigner.load_pkcs12_data(content, other_certs=[], passphrase=passphrase)
    if not isinstance(signer, SimpleSigner):
        raise CertificateError("the kind of key in the file cannot be used for a seal")
    return signer, own.not_valid_after_utc
