"""The printed face of a service report (售后服务报告单): one A4 page, annex pages behind it, in one or two languages.

The file is PDF/A-2a and PDF/UA-1; with the proof of its content attached (`record.json`) it is PDF/A-3a.
Nouns: *sheet* (what stands where on page one), *signing* (whose ink or typed name), *review* (the supervisor's
line), *mark* (draft, superseded, void), *seal* (the company's, on the finished file).
What must always hold: the same report gives the same bytes until it is sealed, anything a person can type is
printable, and nothing that was signed is left out without being printed on the annex and a notice where it would
stand. The paper's words live here, not in the catalogues, because they are versioned with the paper. Conformance is
enforced by typst, which refuses to write a file that breaks the standard; it is not an independent validation.
"""

from portal.reports.paper.render import Review, render
from portal.reports.paper.signature import Signature, TechnicianMark

__all__ = ["Review", "Signature", "TechnicianMark", "render"]
