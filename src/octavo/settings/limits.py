"""Amounts of memory and processors as people write them: `512MB`, `1.5 GiB`; `1.5`. Pure."""

import re

UNITS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
    "k": 2**10,
    "m": 2**20,
    "g": 2**30,
    "t": 2**40,
}
"""Single letters are what service managers and containers take them for."""
AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")
LEAST_MEMORY = 64 * 10**6
"""A kernel that has done nothing takes some 40 MB."""
LEAST_CPU, MOST_CPU = 0.05, 1024.0
MEMORY_WANTED = "an amount of memory of 64 MB or more, as 512MB, 1.5GB or 2GiB; empty: no limit"
CPU_WANTED = "a number of processors from 0.05 to 1024, as 1 or 0.5; empty: no limit"


def memory(text: str) -> int | None:
    """Bytes; None for no limit. Raises ValueError."""
    if not text.strip():
        return None
    found = AMOUNT.fullmatch(text)
    if not found or found[2].lower() not in UNITS:
        raise ValueError(f"memory cannot be {text!r}")
    amount = int(float(found[1]) * UNITS[found[2].lower()])
    if amount < LEAST_MEMORY:
        raise ValueError(f"{text!r} is too little memory for a kernel")
    return amount


def cpu(text: str) -> float | None:
    """Processors; None for no limit. Raises ValueError."""
    if not text.strip():
        return None
    amount = float(text) if re.fullmatch(r"\s*\d+(\.\d+)?\s*", text) else 0.0
    if not LEAST_CPU <= amount <= MOST_CPU:
        raise ValueError(f"processors cannot be {text!r}")
    return amount
