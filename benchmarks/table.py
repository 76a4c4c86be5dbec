"""Runs the benchmarks that were chosen, and shows what they found: one table, and the same as JSON."""

import importlib
import json
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import peers
from rows import OCTAVO, Row

from octavo import __version__


class Options(NamedTuple):
    quick: bool


def measure(chosen: Sequence[str], *, quick: bool, json_file: Path) -> None:
    installed = peers.install()
    head = f"Octavo {__version__} beside {installed}; Python {platform.python_version()}, {machine()}"
    print(head, flush=True)
    rows: list[Row] = []
    for name in chosen:
        began = time.monotonic()
        print(f"  {name} …", end="", file=sys.stderr, flush=True)
        found = importlib.import_module(name).measure(Options(quick))
        rows += [row._replace(group=name) for row in found]
        print(f" {time.monotonic() - began:.0f} s", file=sys.stderr)
    if not rows:
        return
    print(text(rows))
    json_file.parent.mkdir(parents=True, exist_ok=True)
    figures = [{**row._asdict(), "ratio": row.ratio, "within": row.within} for row in rows]
    json_file.write_text(json.dumps({"what": head, "at": time.time(), "rows": figures}, indent=1) + "\n")
    print(f"as JSON: {json_file}")


def machine() -> str:
    load = Path("/proc/loadavg").read_text().split()[0]
    cpus = subprocess.run(["nproc"], capture_output=True, text=True).stdout.strip()
    return f"{cpus} CPUs, load {load} at the start"


def text(rows: Sequence[Row]) -> str:
    """Columns: Octavo, whoever was measured beside it, the ratio to `against`, the budget."""
    names = [OCTAVO, *dict.fromkeys(name for row in rows for name in row.values if name != OCTAVO)]
    head = ["", *names, "ratio", "budget", ""]
    lines = [head]
    for row in rows:
        values = [number(row.values.get(name), row.unit) for name in names]
        ratio = f"{row.ratio:.2f} × {row.against}" if row.ratio is not None else ""
        verdict = {True: "within", False: "MISSED", None: ""}[row.within]
        lines.append([row.what, *values, ratio, row.budget, verdict])
    widths = [max(len(line[n]) for line in lines) for n in range(len(head))]
    shown = []
    for line in lines:
        cells = [line[0].ljust(widths[0]), *(line[n].rjust(widths[n]) for n in range(1, len(line) - 1)), line[-1]]
        shown.append("  ".join(cells).rstrip())
    return "\n".join(shown)


def number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "%" and value < 100:
        return f"{min(value, 99.99):.2f} %"
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()
