"""Exit codes, and how an error is said on a terminal. The only place that knows either.

0 done · 1 failed, or the profile is in use · 2 wrong usage or setting · 3 refused · 4 not found · 5 cannot now · 130 Ctrl-C
"""

from collections.abc import Mapping

import click

from octavo import errors

EXIT_CODES: Mapping[type[BaseException], int] = {
    errors.OctavoError: 1,
    errors.Conflict: 1,
    errors.Invalid: 2,
    errors.Denied: 3,
    errors.NotFound: 4,
    errors.Unavailable: 5,
}
ABORTED = 130


def exit_code(error: errors.OctavoError) -> int:
    """That of the nearest class, so that a new leaf needs no row."""
    return next(EXIT_CODES[cls] for cls in type(error).__mro__ if cls in EXIT_CODES)


def say(error: errors.OctavoError) -> None:
    click.echo(f"octavo: {error.message}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)
