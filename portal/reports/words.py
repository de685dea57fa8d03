"""What the checks of a review are called: as a tag when one failed, as a sentence when it passed."""

from typing import Any

from portal.i18n import lazy

CHECKS: dict[str, tuple[Any, Any]] = {
    # name: (tag when it failed, sentence when it passed)
    "conduct": (lazy("Conduct"), lazy("No complaint about conduct.")),
    "solved": (lazy("Not fixed"), lazy("The fault is fixed.")),
    "survey": (lazy("Customer not satisfied"), lazy("The customer names no dissatisfaction.")),
    "signed": (lazy("No signature"), lazy("The customer signed.")),
    "remarks": (lazy("Remarks"), lazy("Signed without remarks.")),
    "photos": (lazy("Photo missing"), lazy("Photos are there where they are wanted.")),
    "time": (lazy("Unusual time"), lazy("The working time is usual.")),
    "parts": (lazy("Unusual parts"), lazy("The parts are usual for this model.")),
    "clock": (lazy("Phone's clock in doubt"), lazy("The phone's clock was right.")),
}
SEVERE = ("conduct", "solved", "survey", "signed")
SIGNER_ROLES = {
    "owner": lazy("Owner"),
    "employee": lazy("Employee"),
    "family": lazy("Family member"),
    "agent": lazy("Representative"),
}
ABSENCES = {"absent": lazy("Nobody was there"), "refused": lazy("We were not let in")}

LINK_STATES: dict[str, tuple[Any, str]] = {
    # state: (word, kind of tag)
    "open": (lazy("Can be used"), "info"),
    "used": (lazy("Used"), "good"),
    "revoked": (lazy("Revoked"), "neutral"),
    "expired": (lazy("Expired"), "neutral"),
    "void": (lazy("Report void"), "neutral"),
    "superseded": (lazy("Report replaced"), "neutral"),
    "erased": (lazy("Report erased"), "neutral"),
}
OUTCOMES_OF_CASES = {
    "withdrawn": lazy("The customer takes it back"),
    "confirmed": lazy("The signature is not the customer's"),
    "unclear": lazy("It cannot be found out"),
}


def check_tag(name: str) -> str:
    return str(CHECKS[name][0])


def check_kind(name: str) -> str:
    return "bad" if name in SEVERE else "warn"


def check_passed(name: str) -> str:
    return str(CHECKS[name][1])
