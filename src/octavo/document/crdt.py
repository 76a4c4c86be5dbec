"""pycrdt, without what its own version would cost: it asks `importlib.metadata` for that while it is imported, which brings the email, csv and
zip packages along, 1 MB in every web process.
"""

import sys
import types

_version = types.ModuleType("pycrdt._version")
_version.__version__ = "unasked"  # type: ignore[attr-defined]
sys.modules.setdefault(_version.__name__, _version)

from pycrdt import Assoc, Doc, Map, StickyIndex, Subscription, Text, TransactionEvent  # noqa: E402

__all__ = ["Assoc", "Doc", "Map", "StickyIndex", "Subscription", "Text", "TransactionEvent"]
