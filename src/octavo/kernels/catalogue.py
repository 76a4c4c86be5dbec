"""All kernels that can be chosen: the profile's own, Jupyter's, the notebook folder's environment, conda's; each with what is wrong with it.

Everything here reads the disk: call it in a thread.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from octavo.errors import KernelUnavailable, NotFound
from octavo.kernels import checking, environments, remote, specs, variables
from octavo.kernels.checking import Problem
from octavo.kernels.specs import KernelSpec
from octavo.settings import schema

Source = Literal["profile", "jupyter", "folder", "conda", "gateway"]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the kernel menu. `program`: the path of what runs, empty if it is not there. `spec` None: its file cannot be read."""

    name: str
    display_name: str
    language: str
    source: Source
    spec: KernelSpec | None
    program: str = ""
    version: str = ""
    problem: Problem | None = None


class Catalogue:
    """`profile`: its directory. `root`: the folder that is served; environments are looked for up to there. `gateway`: where kernels run besides."""

    def __init__(
        self, profile: Path | None = None, root: Path | None = None, gateway: remote.Gateway | None = None
    ) -> None:
        self.profile = profile
        self.root = root
        self.gateway = gateway
        self._versions = checking.Versions()

    @classmethod
    def of(cls, settings: schema.Kernels, profile: Path, root: Path) -> "Catalogue":
        gateway = remote.Gateway(settings.gateway, settings.gateway_patience) if settings.gateway else None
        return cls(profile, root, gateway)

    @property
    def own(self) -> Path | None:
        """The folder of the profile's kernelspecs."""
        return self.profile / "kernels" if self.profile is not None else None

    def specs(self, folder: Path | None = None) -> dict[str, KernelSpec]:
        """By name, as Jupyter has them; `folder`: the notebook's, else the root."""
        return {name: spec for name, (_, spec) in self._found(folder).items()}

    def _found(self, folder: Path | None) -> dict[str, tuple[Source, KernelSpec]]:
        found: dict[str, tuple[Source, KernelSpec]] = {}
        if self.own is not None:
            for spec in specs.specs_in(self.own):
                found[spec.name] = ("profile", spec)
        for name, spec in specs.find_specs().items():
            found.setdefault(name, ("jupyter", spec))
        if self.root is not None and (spec_near := environments.near(folder or self.root, self.root)) is not None:
            found.setdefault(spec_near.name, ("folder", spec_near))
        for spec in environments.conda(os.environ):
            found.setdefault(spec.name, ("conda", spec))
        for spec in self._remote().specs.values():
            found.setdefault(spec.name, ("gateway", spec))
        return found

    def _remote(self) -> remote.Found:
        return self.gateway.kernels(self._token()) if self.gateway is not None else remote.Found({})

    def _token(self) -> str:
        """The gateway's, from the profile's variables or the server's environment."""
        kept = variables.load(self.profile).all if self.profile is not None else {}
        return kept.get(remote.TOKEN) or os.environ.get(remote.TOKEN, "")

    def find(self, name: str, folder: Path | None = None) -> KernelSpec:
        found = self.specs(folder)
        spec = found.get(name.lower())
        if spec is None:
            if self.gateway is not None and name.lower().startswith(remote.PREFIX) and (why := self._remote().trouble):
                raise self._broken(name, Problem(why, self.gateway.url))
            raise NotFound(f"There is no kernel {name!r} here.", hint=f"Choose one of: {', '.join(sorted(found))}.")
        return spec

    def startable(self, name: str, folder: Path | None = None) -> KernelSpec:
        """The kernelspec; raises `KernelUnavailable` for one that would not start."""
        spec = self.find(name, folder)
        problem = checking.problem_of(spec)
        if problem is not None:
            raise self._broken(spec.display_name, problem)
        return spec

    @staticmethod
    def _broken(name: str, problem: Problem) -> KernelUnavailable:
        return KernelUnavailable(
            f"Kernel {name} cannot start: {problem.sentence}",
            hint=problem.remedy,
            cause="broken",
            values={"reason": problem.reason, "what": problem.what},
        )

    def variables(self, name: str) -> Mapping[str, str]:
        """What the profile keeps for a kernel's environment. The gateway's token goes to bridges to it alone."""
        kept = dict(variables.for_kernel(self.profile, name)) if self.profile is not None else {}
        token = kept.pop(remote.TOKEN, "") or os.environ.get(remote.TOKEN, "")
        if self.gateway is not None and token and name.lower().startswith(remote.PREFIX):
            kept[remote.TOKEN] = token
        return kept

    def choices(self, folder: Path | None = None) -> list[Choice]:
        """With program and version; those that cannot start, and why, among them."""
        found = self._found(folder)
        lines = [self._choice(source, spec) for source, spec in found.values()]
        own = [self.own] if self.own is not None else []
        for name, path in specs.unreadable([*own, *specs.kernel_folders()]).items():
            if name not in found:
                lines.append(
                    Choice(
                        name=name,
                        display_name=name,
                        language="",
                        source="profile" if path.parent.parent in own else "jupyter",
                        spec=None,
                        problem=Problem("unreadable", os.fspath(path)),
                    )
                )
        if self.gateway is not None and (why := self._remote().trouble):
            lines.append(
                Choice(
                    name="gateway",
                    display_name=self.gateway.place,
                    language="",
                    source="gateway",
                    spec=None,
                    problem=Problem(why, self.gateway.url),
                )
            )
        return lines

    def _choice(self, source: Source, spec: KernelSpec) -> Choice:
        if source == "gateway" and self.gateway is not None:
            program, version, problem = self.gateway.url, "", None
        else:
            program, problem = checking.program_of(spec) or "", checking.problem_of(spec)
            version = self._versions.of(program, below=self.root) if program and problem is None else ""
        return Choice(
            name=spec.name,
            display_name=spec.display_name,
            language=spec.language,
            source=source,
            spec=spec,
            program=program,
            version=version,
            problem=problem,
        )


def by_language(choices: list[Choice], first: str) -> Mapping[str, list[Choice]]:
    """In groups, that of `first` first, the others by the alphabet; those that cannot start last in each."""
    groups: dict[str, list[Choice]] = {}
    for choice in sorted(choices, key=lambda one: (one.problem is not None, one.display_name.lower())):
        groups.setdefault(choice.language.lower(), []).append(choice)
    return dict(sorted(groups.items(), key=lambda item: (item[0] != first.lower(), item[0] == "", item[0])))
