"""The verbs of hand-over, survey, signature, links, review, void and erasure: the only writers of these rows."""

from portal.reports.operations.ends import end_unsigned, sign_on_paper
from portal.reports.operations.erasing import erase_report
from portal.reports.operations.handing import Signer, hand_over, take_back
from portal.reports.operations.links import (
    close_dispute,
    issue_copy,
    issue_link,
    link_token,
    open_dispute,
    registered_email,
    revoke_link,
)
from portal.reports.operations.reviewing import approve, correct_report, resubmit, return_report
from portal.reports.operations.sealing import verify_token
from portal.reports.operations.signing import Mark, co_sign, sign_by_link, sign_report
from portal.reports.operations.surveying import answer_by_link, answer_survey
from portal.reports.operations.unseen import (
    Sight,
    keep_answers,
    keep_hand_over,
    keep_release,
    keep_signature,
    renew_report,
)
from portal.reports.operations.voiding import void_report

__all__ = [
    "Mark",
    "Sight",
    "Signer",
    "answer_by_link",
    "answer_survey",
    "approve",
    "close_dispute",
    "co_sign",
    "correct_report",
    "end_unsigned",
    "erase_report",
    "hand_over",
    "issue_copy",
    "issue_link",
    "keep_answers",
    "keep_hand_over",
    "keep_release",
    "keep_signature",
    "link_token",
    "open_dispute",
    "registered_email",
    "renew_report",
    "resubmit",
    "return_report",
    "revoke_link",
    "sign_by_link",
    "sign_on_paper",
    "sign_report",
    "take_back",
    "verify_token",
    "void_report",
]
