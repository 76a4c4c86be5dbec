"""From a kernelspec to what the host starts: command line, environment, folder."""

import os
import string
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from octavo.kernels import launcher, remote
from octavo.kernels.events import LaunchSpec
from octavo.kernels.specs import KernelSpec, is_our_python, runs_ipykernel
from octavo.settings import limits, schema

LAUNCHER: Final = Path(__file__).with_name("launcher.py")
IMAGE: Final = Path(__file__).parent / "image" / "__main__.py"
TCP_PROGRAMS: Final = ("deno", "java")
TCP_MODULES: Final = ("ilua.app", "ilua")
"""Kernels known to speak nothing but TCP; `kernels.tcp` names others."""
INLINE: Final = "module://matplotlib_inline.backend_inline"
NEVER_INHERITED: Final = (
    "OCTAVO_*",
    "JUPYTERHUB_*",
    "JUPYTER_TOKEN",
    "JUPYTER_GATEWAY_*",
    "JPY_*",
    "CREDENTIALS_DIRECTORY",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LISTEN_*",
    "NOTIFY_SOCKET",
    "WATCHDOG_*",
)
"""Ours, and what a service manager or a hub tells its own child."""


def launch_spec(
    spec: KernelSpec,
    *,
    cwd: Path | str,
    environment: Mapping[str, str],
    settings: schema.Kernels,
    document_path: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> LaunchSpec:
    """`environment`: the server's own. `document_path`: the notebook, told to the kernel as Jupyter does. `variables`: those that the profile
    keeps for this kernel; they win."""
    argv = _command(spec)
    bridge = remote.is_bridge(argv)
    launched = runs_ipykernel(argv)
    env = inherited(environment, settings.environment)
    image: list[str] = []
    if launched is not None:
        if settings.images:
            image = [*argv[:launched], os.fspath(IMAGE)]
            image += ["--preload", ",".join(settings.preload)] if settings.preload else []
        argv[launched : launched + 2] = [os.fspath(LAUNCHER)]
        env["MPLBACKEND"] = INLINE
        env.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # else the debugger's import prints a warning as output
    if not any("UTF" in env.get(name, "").upper() for name in ("LC_ALL", "LC_CTYPE", "LANG")):
        env.pop("LC_ALL", None)
        env["LC_CTYPE"] = "C.UTF-8"
    if document_path is not None:
        env["JPY_SESSION_NAME"] = document_path
    for name, value in spec.env.items():
        env[name] = string.Template(value).safe_substitute(env)
    env |= variables or {}
    return LaunchSpec(
        argv=argv,
        env=env,
        cwd=os.fspath(cwd),
        interrupt_mode="message" if bridge else spec.interrupt_mode,
        memory=limits.memory(settings.memory_limit),
        cpu=limits.cpu(settings.cpu_limit),
        new_privileges=settings.new_privileges,
        nodrop=bridge or launched is not None,
        transport="tcp" if not bridge and speaks_tcp(spec, settings.tcp) else "ipc",
        image=image,
        spare=settings.spare and launcher.memory() >= launcher.LITTLE_MEMORY,
    )


def _command(spec: KernelSpec) -> list[str]:
    """The spec's command line, or that of a bridge to where it is; `{connection_file}` stays for the host."""
    if remote.provisioner_of(spec) is not None:
        return remote.provisioned_argv(spec)
    values = {"{resource_dir}": spec.resource_dir or "", "{prefix}": sys.prefix}
    argv = []
    for part in spec.argv:
        for name, value in values.items():
            part = part.replace(name, value)
        argv.append(part)
    if is_our_python(argv[0]):
        argv[0] = sys.executable
    return argv


def speaks_tcp(spec: KernelSpec, names: Sequence[str]) -> bool:
    """Whether it has to be reached over loopback: it knows no Unix sockets."""
    program = os.path.basename(spec.argv[0])
    return (
        spec.name in names
        or program in TCP_PROGRAMS
        or any(module in spec.argv for module in TCP_MODULES)
        or spec.metadata.get("transport") == "tcp"
    )


def inherited(environment: Mapping[str, str], names: list[str]) -> dict[str, str]:
    """What a kernel gets of the server's environment: `names` (all, if empty), never our own."""
    return {
        name: value
        for name, value in environment.items()
        if not _matches(name, NEVER_INHERITED) and (not names or _matches(name, names) or name in ("PATH", "HOME"))
    }


def _matches(name: str, patterns: list[str] | tuple[str, ...]) -> bool:
    return any(name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern for pattern in patterns)
