"""The verbs of hand-over, survey, signature and review: the only writers of these rows."""

from portal.reports.operations.handing import hand_over, take_back
from portal.reports.operations.reviewing import approve, resubmit, return_report
from portal.reports.operations.sealing import end_unsigned, sign_report
from portal.reports.operations.surveying import answer_survey

__all__ = [
    "answer_survey",
    "approve",
    "end_unsigned",
    "hand_over",
    "resubmit",
    "return_report",
    "sign_report",
    "take_back",
]
