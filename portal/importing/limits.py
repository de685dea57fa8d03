"""How large a spreadsheet may be. More is split by its owner: a file that nobody can look through helps nobody."""

from portal.config import MEGABYTE

SIZE_LIMIT = 15 * MEGABYTE  # of the file as it is sent
UNPACKED_LIMIT = 200 * MEGABYTE  # of all that is packed into an .xlsx
PARTS_LIMIT = 2_000
ROW_LIMIT = 100_000  # rows that are not empty
COLUMN_LIMIT = 200
LAST_ROW = 1_048_576  # of any spreadsheet program
CELLS_LIMIT = 20_000_000  # empty ones that a file makes us pass over are counted too
CELL_LIMIT = 32_767  # characters of a cell that are kept for the file of refused rows
