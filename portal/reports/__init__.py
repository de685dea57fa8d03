"""The service report 售后服务报告单: hand-over to the customer, survey, signature, sealed paper, review.

Always true: what the customer signed is what the customer read, sealed word for word; a change is a new revision
that is signed again; survey answers are never shown to a technician; nobody reviews their own work.

What becomes of a report. Down: how it stands; across: what somebody does; in the table: how it stands then, or `-`
where it is refused and nothing changes. `void` has it signed again, `close` ends the visit without a report, `late`
is an end without signature that the customer signs by link afterwards. `tests/reports/test_matrix.py` reads this.

    stands       edit        return    correct   approve   void        close        re-sign  link      late    erase
    ready        ready       -         -         -         -           -            signed   -         signed  -
    signed       -           returned  -         approved  void-again  void-closed  -        signed    -       -
    unsigned     -           returned  -         approved  void-again  void-closed  -        signed    -       -
    returned     returned    -         -         -         void-again  void-closed  signed   returned  signed  -
    approved     -           -         returned  -         void-again  void-closed  -        approved  -       erased
    void-again   void-again  -         -         -         -           -            signed   -         signed  -
    void-closed  -           -         -         -         -           -            -        -         -       erased
    erased       -           -         -         -         -           -            -        -         -       -

Every revision stays readable word for word whatever follows, until it is erased.
"""

from flask import Flask

from portal.reports import words
from portal.visits.readiness import gap_ways


def init_app(app: Flask) -> None:
    from portal.reports import checks, letters  # noqa: F401  register what `signing check` compares, and jobs
    from portal.reports.models import newest_report
    from portal.reports.views import blueprints

    app.jinja_env.globals.update(
        check_tag=words.check_tag,
        check_kind=words.check_kind,
        check_passed=words.check_passed,
        gap_ways=gap_ways,
        newest_report=newest_report,
    )
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
