"""What every command shares: data to stdout, notes to stderr, one sentence for what went wrong."""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from typer.core import TyperGroup

__all__ = [
    "Engine",
    "Json",
    "Lab",
    "Quiet",
    "note",
    "print_json",
    "print_table",
    "progress_bar",
    "stdout",
]

Json = Annotated[bool, typer.Option("--json", help="Print JSON to stdout instead of a table.")]
Engine = Annotated[
    Literal["kernel", "reference"],
    typer.Option(help="kernel: machine code made for the model; reference: libRoadRunner."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes on stderr.")]

_PIPED_WIDTH = 200  # columns of a table that goes to a file or another program


class Lab(TyperGroup):
    """The group of all commands; here errors become a sentence on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        Returns:
            What the command returned.

        Raises:
            typer.Exit: 3 for bad input, 4 for a numerical failure, 130 for Ctrl-C, 0 when the
                reader of stdout has gone.
        """
        from reflexarc.errors import ReflexarcError

        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except ReflexarcError as error:
            _complain(str(error))
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as stop:
            _complain("interrupted")
            raise typer.Exit(130) from stop
        except BrokenPipeError as gone:
            _silence_stdout()
            raise typer.Exit(0) from gone
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            _complain(f"{place}{error.strerror or error}")
            raise typer.Exit(3) from error
        return result


class Paper(Console):
    """A console that leaves a closed pipe to `Lab`, instead of ending with exit code 1."""

    def on_broken_pipe(self) -> None:
        """Say that the reader has gone."""
        raise BrokenPipeError


def stdout() -> Console:
    """Return the console for data; wide when nobody watches, so that no cell is cut short."""
    return Paper(width=None if sys.stdout.isatty() else _PIPED_WIDTH, highlight=False)


def note(text: str, *, quiet: bool = False) -> None:
    """Say something on stderr.

    Args:
        text: One line, with or without Rich markup.
        quiet: True keeps silent.
    """
    if not quiet:
        Console(stderr=True, highlight=False, soft_wrap=True).print(text)


def print_json(value: object) -> None:
    """Print a value as JSON to stdout: UTF-8, two spaces, no NaN (null instead)."""
    sys.stdout.write(json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False))
    sys.stdout.write("\n")


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
    right: Iterable[str] = (),
) -> None:
    """Print a table to stdout.

    Args:
        columns: Headings.
        rows: Cells, one sequence per row; None and NaN become an empty cell.
        title: A line above the table.
        right: The headings whose cells stand flush right.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    flush_right = set(right)
    for column in columns:
        table.add_column(
            escape(column), justify="right" if column in flush_right else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(cell(value) for value in row))
    if title is not None:
        stdout().print(escape(title))
    stdout().print(table)


def cell(value: object) -> str:
    """Return a value as text for a table: numbers short, None and NaN empty, brackets kept."""
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return escape(str(value))


@contextlib.contextmanager
def progress_bar(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on stderr while something long runs.

    Args:
        what: What is being done.
        quiet: True shows nothing.

    Yields:
        A function to call with (done, total).
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=quiet or not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _complain(sentence: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"reflexarc: {escape(sentence)}")


def _silence_stdout() -> None:
    """Let the interpreter's last flush go nowhere: the reader has closed the pipe."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if isinstance(value, float):
        return value if value - value == 0 else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)
