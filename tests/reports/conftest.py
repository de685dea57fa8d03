"""The mail server of the jobs' tests, for letters about reports."""

from tests.jobs.conftest import kinds, post_office

__all__ = ["kinds", "post_office"]
