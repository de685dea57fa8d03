"""What a reviewer should look at first: checks over a report, and how heavy a failed one weighs."""

from dataclasses import dataclass

WAITING = frozenset({"signed", "unsigned"})  # states of a visit whose report nobody has reviewed since it was sent
GOOD_OUTCOMES = frozenset({"fixed", "no_fault_found"})
NO_WORK = frozenset({"no_access", "customer_declined"})
LOW_SCORE = 2
TOO_SHORT = 5  # minutes of work
TOO_LONG = 3  # times the standard time of the known fault

WEIGHTS = {
    "differs": 9,
    "conduct": 8,
    "solved": 6,
    "survey": 6,
    "signed": 5,
    "hand": 4,
    "remarks": 5,
    "photos": 4,
    "instrument": 4,
    "time": 3,
    "parts": 3,
    "clock": 2,
}


@dataclass(frozen=True)
class Reported:
    """What the checks read. `standard_minutes` is None when no known fault fits."""

    outcome: str | None
    signed: bool
    unusual_signature: bool = False  # on paper, typed with a witness, or for somebody else
    remarks: bool = False
    overall: int | None = None
    resolved: str | None = None
    conduct: bool = False
    photos: int = 0
    labour_minutes: int = 0
    standard_minutes: int | None = None
    clock_suspect: bool = False
    unusual_parts: bool = False
    part_not_recoverable: bool = False
    overdue_instrument: bool = False  # a reading was taken when the instrument's calibration had ended
    differs: bool = False  # signed on a phone without signal, and not what stands in the record


@dataclass(frozen=True)
class Check:
    name: str
    passed: bool

    @property
    def weight(self) -> int:
        return 0 if self.passed else WEIGHTS[self.name]


def checks(reported: Reported) -> list[Check]:
    """Every check, heaviest first."""
    passed = {
        "differs": not reported.differs,
        "conduct": not reported.conduct,
        "solved": reported.outcome in GOOD_OUTCOMES,
        "survey": is_content(reported),
        "signed": reported.signed,
        "hand": not reported.unusual_signature,
        "remarks": not reported.remarks,
        "photos": reported.photos > 0 or not wants_photo(reported),
        "instrument": not reported.overdue_instrument,
        "time": is_usual_time(reported),
        "parts": not reported.unusual_parts,
        "clock": not reported.clock_suspect,
    }
    return [Check(name, passed[name]) for name in WEIGHTS]


def risk(found: list[Check]) -> int:
    return sum(check.weight for check in found)


def is_content(reported: Reported) -> bool:
    return (reported.overall is None or reported.overall > LOW_SCORE) and reported.resolved != "no"


def wants_photo(reported: Reported) -> bool:
    """Whoever leaves a machine unrepaired, or cannot bring the old part back, shows it."""
    return reported.outcome not in GOOD_OUTCOMES or reported.part_not_recoverable


def is_usual_time(reported: Reported) -> bool:
    if reported.outcome in NO_WORK:
        return True
    standard = reported.standard_minutes
    return reported.labour_minutes >= TOO_SHORT and (not standard or reported.labour_minutes <= TOO_LONG * standard)


def link_state(*, used: bool, revoked: bool, expired: bool, erased: bool, void: bool, newest: bool) -> str:
    """What a link to sign by is good for: `open`, or why it is not. An erased report is gone whatever became of the
    link; a link that was used stays used."""
    present = {
        "erased": erased,
        "used": used,
        "revoked": revoked,
        "void": void,
        "superseded": not newest,
        "expired": expired,
    }
    return next((state for state, holds in present.items() if holds), "open")
