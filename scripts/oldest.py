"""Imported first by the other scripts: re-runs them under Python 3.11 or newer. Written so that an old Python can read it."""

import os
import shutil
import subprocess
import sys

if sys.version_info < (3, 11):
    new_enough = "import sys; sys.exit(sys.version_info < (3, 11))"
    for name in ("python3.13", "python3.12", "python3.11", "python3.14"):
        found = shutil.which(name)
        if found and subprocess.call([found, "-c", new_enough], stderr=subprocess.DEVNULL) == 0:
            os.execv(found, [found] + sys.argv)
    sys.exit(
        "Octavo needs Python 3.11 or newer, and this is %s: install one, for example python3.11." % sys.version[:6]
    )
