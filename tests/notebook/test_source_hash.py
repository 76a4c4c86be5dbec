"""The page and the server hash a source alike, or every cell would look edited since it ran."""

import json
from pathlib import Path

from octavo.notebook.model import source_hash

CASES = Path(__file__).parents[2] / "frontend" / "test" / "hashes.json"


def test_a_source_has_the_same_hash_here_and_on_the_page() -> None:
    """frontend/test/hash.test.ts reads the same cases."""
    cases = json.loads(CASES.read_bytes())
    assert len(cases) > 5
    assert {source: source_hash(source) for source, _ in cases} == dict(cases)
