"""Large notebooks, the same for the same seed: code and text as people write it, with results."""

import random
from typing import Any

from served import cell

SNIPPETS = (
    "import numpy as np\nimport pandas as pd\nfrom pathlib import Path",
    'def tide(hour: float, *, moon: str = \'full\') -> float:\n    """Metres above the chart\'s zero."""\n    return 2.5 * np.sin(hour / 12.42)',
    "for station in stations:\n    if station.name.startswith('B'):\n        continue\n    total += station.level  # centimetres",
    "frame = (\n    pd.read_csv('tides.csv')\n    .query('level > 0')\n    .groupby('station', as_index=False)\n    .agg(high=('level', 'max'))\n)",
    "class Gauge:\n    limit = 0x1F\n\n    @property\n    def level(self):\n        return self._level ** 2 if self._level else None",
    "print(f'{name!r:>10} is {value:.3f} at {when:%H:%M}')",
    "x = [n ** 2 for n in range(10) if n % 2 == 0]\ny = {k: v for k, v in zip('abc', x)}\nassert len(y) <= 3, 'too many'",
    "with open('data.bin', 'rb') as file:\n\tdata = file.read()\n\tlength = len(data)",
    "# 潮汐的高度，单位为米\nname = '布里斯托尔'\nprint('🌊', name, 'é̀', '한글')",
    "try:\n    result = 1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('no') from error\nfinally:\n    pass",
    "%matplotlib inline\n!ls -la\nlambda q: q @ w",
    "",
    "very_long = some_function_with_a_name(argument_one=1, argument_two='two', argument_three=[3, 3, 3], argument_four={'four': 4}, argument_five=5)",
    'text = """\nseveral\n\n  lines\n"""\nnumber = 1_000.5e-3 + 0b101 + 3j',
)
TEXTS = (
    "## Section {n}\n\nThe gauge at *Avonmouth* reads $h(t) = A\\sin\\omega t$ metres; see [the map](https://example.org).",
    "A paragraph of prose that is long enough to wrap on most screens, with `code`, **bold** and a list:\n\n- one\n- two\n- three",
    "| station | high | low |\n|:--|--:|--:|\n| A | 12.1 | 0.3 |\n| B | 11.4 | 0.8 |",
)


def cells(count: int, seed: int = 7) -> list[dict[str, Any]]:
    """A third is text; a third of the code has results."""
    chance = random.Random(seed)
    made: list[dict[str, Any]] = []
    for n in range(count):
        if n % 3 == 2:
            made.append(cell(chance.choice(TEXTS).format(n=n), f"t{n}", kind="markdown"))
            continue
        source = SNIPPETS[n % len(SNIPPETS)] if n % 5 else "\n".join(chance.sample(SNIPPETS, 3))
        outputs = []
        if n % 3 == 0:
            outputs = [
                {
                    "output_type": "stream",
                    "name": "stdout",
                    "text": "".join(f"line {k} of {n}\n" for k in range(chance.randrange(1, 12))),
                }
            ]
        made.append(cell(source, f"c{n}", outputs=outputs, execution_count=n + 1 if outputs else None))
    return made
