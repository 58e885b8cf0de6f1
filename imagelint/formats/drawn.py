"""Tables, drawn by rich: as wide as the terminal allows, or as their content on a pipe.

Import this module only to draw something. The console gets explicit settings instead of environment
variables, so that a table depends only on its rows and its :class:`Look`.
"""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from imagelint.formats import PLAIN

if TYPE_CHECKING:
    from rich.console import JustifyMethod

    from imagelint.formats import Look

__all__ = ["columns", "console", "drawn", "width"]

_UNLIMITED = 1 << 31


def columns(*heads: str, numbers: int = 0, below: int = 0) -> Table:
    """Return a table without rows; the last ``numbers`` columns are right-aligned.

    ``below`` empty lines are below each row. Text that does not fit the terminal is wrapped.
    """
    texts = len(heads) - numbers
    table = Table(box=None, pad_edge=False, padding=(0, 2, below, 0), header_style="")
    for at, head in enumerate(heads):
        side: JustifyMethod = "left" if at < texts else "right"
        table.add_column(Text.styled(head, "bold"), justify=side, overflow="fold")
    return table


def width(table: Table) -> int:
    """Return the width of a table in cells, if nothing is wrapped."""
    return console(PLAIN).measure(table).maximum


def drawn(table: Table, look: Look) -> str:
    """Return the lines of a table, without spaces at their ends."""
    file = io.StringIO()
    console(look, file).print(table)
    return "\n".join(map(str.rstrip, file.getvalue().split("\n")))


def console(look: Look, file: IO[str] | None = None) -> Console:
    """Return a console that prints text as it is, without markup or emoji codes."""
    return Console(
        file=file,
        width=look.width if look.terminal else _UNLIMITED,
        color_system="standard" if look.color else None,
        force_terminal=look.terminal,
        force_interactive=look.terminal,
        legacy_windows=False,
        markup=False,
        emoji=False,
        _environ={},
    )
