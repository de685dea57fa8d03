"""What the checks of a review are called, as a tag when one failed, as a sentence when it passed; and the doubts."""

from typing import Any

from portal.i18n import lazy

CHECKS: dict[str, tuple[Any, Any]] = {
    # name: (tag when it failed, sentence when it passed)
    "differs": (lazy("Differs after signing"), lazy("What the customer signed is what stands in the record.")),
    "conduct": (lazy("Conduct"), lazy("No complaint about conduct.")),
    "solved": (lazy("Not fixed"), lazy("The fault is fixed.")),
    "survey": (lazy("Customer not satisfied"), lazy("The customer names no dissatisfaction.")),
    "signed": (lazy("No signature"), lazy("The customer signed.")),
    "hand": (lazy("Unusual signature"), lazy("Nobody signed on paper, through a witness or for somebody else.")),
    "remarks": (lazy("Remarks"), lazy("Signed without remarks.")),
    "photos": (lazy("Photo missing"), lazy("Photos are there where they are wanted.")),
    "instrument": (lazy("Instrument overdue"), lazy("The instruments were calibrated when they were used.")),
    "time": (lazy("Unusual time"), lazy("The working time is usual.")),
    "parts": (lazy("Unusual parts"), lazy("The parts are usual for this model.")),
    "clock": (lazy("Phone's clock in doubt"), lazy("The phone's clock was right.")),
}
SEVERE = ("differs", "conduct", "solved", "survey", "signed")
COPIES = {"customer": lazy("Customer's copy"), "office": lazy("Office copy, phone number masked")}
SIGNER_ROLES = {
    "owner": lazy("Owner"),
    "employee": lazy("Employee"),
    "family": lazy("Family member"),
    "agent": lazy("Representative"),
}
ABSENCES = {"absent": lazy("Nobody was there"), "refused": lazy("The customer refused")}
ENDS = {
    "absent": lazy("Nobody is here, or nobody can sign now"),
    "refused": lazy("The customer refuses to sign"),
    "paper": lazy("The customer signs on paper"),
}
UNUSUAL = {
    "absent": lazy("Nobody was there to sign. The technician declares it."),
    "refused": lazy("The customer refused to sign. Their words stand below."),
    "unsigned": lazy("The report ended without a signature."),
    "paper": lazy("The customer signed a printed sheet. Look at the photo of it."),
    "witnessed": lazy("Somebody else typed the customer's name. A witness is named."),
    "proxy": lazy("Somebody signed for another person."),
    "differs": lazy("The customer signed without a connection, and the record says something else now."),
}
METHODS = {
    "drawn": lazy("Drawn by hand"),
    "typed": lazy("Name typed"),
    "witnessed": lazy("Name typed by somebody else, with a witness"),
    "paper": lazy("Signed on paper"),
}
WAYS = {
    "hand_over": lazy("On the technician's phone"),
    "link": lazy("By link, on a device of their own"),
    "offline": lazy("On the technician's phone, without a connection"),
    "paper": lazy("On a printed sheet"),
}
AFTER_VOID = {
    "again": lazy("The technician has it signed again"),
    "closed": lazy("The visit ends here, without a report"),
}

DOUBTS: dict[str, tuple[Any, Any]] = {
    # kind: (heading, why it is worth a look)
    "quick": (
        lazy("Signed within seconds"),
        lazy("Nobody reads a report, answers the survey and signs in less than 20 seconds."),
    ),
    "same_ink": (lazy("The same ink twice"), lazy("No hand draws the same line twice.")),
    "own_ink": (
        lazy("Drawn like a technician's signature"),
        lazy("The customer's signature is the one that a technician keeps for the own reports."),
    ),
    "survey": (
        lazy("Survey and signature in one breath"),
        lazy("The survey comes first, and answering takes longer than 3 seconds."),
    ),
    "unsigned": (
        lazy("Often without a signature"),
        lazy("At least three ends without a signature within 30 days, and more than twice the colleagues' share."),
    ),
    "own_name": (
        lazy("Signed in the technician's name"),
        lazy("The customer who signed is called like the technician who handed over."),
    ),
}

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
