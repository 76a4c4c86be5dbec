"""The environment names that Octavo reads. A name with `__` is a setting (`load`); those without are listed here, and only here.

Not here: what the values mean. A name that another program gave (`OCTAVO_PORT_8888_TCP` in a cluster) is nobody's business.
"""

from collections.abc import Mapping

PREFIX = "OCTAVO_"

HOME = "OCTAVO_HOME"
PROFILE = "OCTAVO_PROFILE"

NAMES: Mapping[str, str] = {
    HOME: "Directory of all profiles; without it the platform's data directory.",
    PROFILE: "Profile of a command that names none with `--profile`.",
    "OCTAVO_PROCESS": "Set by the kernel host in what it starts: the run directory and the incarnation.",
    "OCTAVO_SKIP_FRONTEND": "Set while Octavo is built: leave the page as it is, for packagers who build it themselves.",
    "OCTAVO_SCREENSHOTS": "For the browser tests: the folder of the pictures of what failed.",
    "OCTAVO_CORPUS": "For the long tests of the notebook codec: a folder of notebooks.",
}
"""Every name without `__`, with its meaning. None of them is a setting."""
