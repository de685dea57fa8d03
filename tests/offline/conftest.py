"""What the tests of backups have and these need too."""

from tests.backup.conftest import empty_place

__all__ = ["empty_place"]
