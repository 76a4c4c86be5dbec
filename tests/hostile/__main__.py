"""Writes the hostile notebooks into a folder, to look at them by hand: `python tests/hostile FOLDER`."""

import json
import sys
from pathlib import Path

import corpus

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for field in corpus.FIELDS:
        (folder / f"{field}.ipynb").write_text(json.dumps(corpus.notebook(field)), "utf-8", "surrogatepass")
    print(f"{corpus.count()} payloads in {len(corpus.FIELDS)} notebooks")
