"""What each page sends, as compressed by the build (brotli): script until one can type, and everything that its document names."""

import json
from typing import Any

import peers
from rows import OCTAVO, Row

BUILT = peers.ROOT / "src/octavo/web/static/built"


def measure(options: Any) -> list[Row]:
    try:
        manifest = json.loads((BUILT / "manifest.json").read_bytes())
    except FileNotFoundError:
        raise SystemExit("The page is not built: scripts/serve builds it.") from None
    rows = []
    for name, page in manifest["pages"].items():
        scripts = size(page["script"], *page["preload"])
        style, fonts = size(manifest["styles"]["app"]), size(*manifest["fonts"])
        if name == "notebook":
            rows.append(Row("script until one can type", "kB", {OCTAVO: scripts / 1000}, most=250))
        rows.append(Row(f"{name} page, all of it", "kB", {OCTAVO: (scripts + style + fonts) / 1000}, most=400))
    return rows


def size(*names: str) -> int:
    """Bytes as served: packed where the build packed it."""
    total = 0
    for name in names:
        packed = BUILT / f"{name}.br"
        total += (packed if packed.exists() else BUILT / name).stat().st_size
    return total
