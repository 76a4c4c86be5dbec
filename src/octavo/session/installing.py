"""Packages for a notebook's kernel: what a page asks for, what it is shown, and whether the kernel must be restarted to see it.

The environment is that of the Python which the notebook's kernelspec runs, whether or not its kernel runs. A page that may run a cell may do
all of this: a cell could do the same. How the installing itself goes: `installs`, `kernels/packages`.
"""

import os
import re
import shutil
import time
from typing import TYPE_CHECKING, Final

import anyio.to_thread

from octavo.errors import NotFound, OctavoError
from octavo.ids import new_request
from octavo.kernels import launching, remote
from octavo.kernels.events import LaunchSpec
from octavo.kernels.packages import names
from octavo.kernels.packages.names import Wrong
from octavo.kernels.packages.progress import complaints
from octavo.session import messages
from octavo.session.client import Client
from octavo.session.installs import INSTALLER, Asked, Install
from octavo.session.kernel import SESSION, Message
from octavo.wire import messages as wire

if TYPE_CHECKING:
    from octavo.session.session import Session

Command = (
    messages.InstallPackages
    | messages.InstallCancel
    | messages.InstallDismiss
    | messages.InstallLog
    | messages.InstallSuggest
)

PYTHON: Final = re.compile(r"(?:python|pypy)[0-9.]*\Z")
NOT_FOR_TOOLS: Final = ("MPLBACKEND", "PYDEVD_DISABLE_FILE_VALIDATION", "JPY_SESSION_NAME")
SHOWN_LINES: Final = 8
MOST_MODULES: Final = 300
MOST_PACKAGES: Final = 200


class Installing:
    """A session's. `board.install` is what pages see; its id is empty where there is nothing to see."""

    def __init__(self, session: "Session") -> None:
        self.session = session
        self.installs = session.shared.kernels.installs
        self._restart: dict[str, list[str]] = {}  # by install: what the kernel has imported of what has changed
        self._question: tuple[str, tuple[str, ...]] | None = None
        self._asked: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._questioned: set[str] = set()
        self._end = self.installs.listen(session.row.id, self._changed)
        known = self.installs.of(session.row.id)
        if known is not None:
            self.session.board.install = self._view(known)

    def leave(self) -> None:
        self._end()

    # What a page asks for ---------------------------------------------------------------------------------------------

    async def command(self, client: Client, message: Command) -> None:
        data: object = None
        try:
            match message:
                case messages.InstallPackages():
                    await self._install(message)
                case messages.InstallCancel(install=which):
                    await self.installs.cancel(self._found(which))
                case messages.InstallDismiss(install=which):
                    self._dismiss(which)
                case messages.InstallLog(install=which):
                    data = self._found(which).progress.log()
                case messages.InstallSuggest(module=module):
                    suggestion = names.suggest(module)
                    data = {"module": suggestion.module, "name": suggestion.name, "known": suggestion.known}
        except Wrong as wrong:
            data = {"wrong": wrong.word, "what": wrong.what}
        client.tell(messages.Done(id=message.id, data=data))

    async def _install(self, message: messages.InstallPackages) -> None:
        """Raises `Wrong` for what cannot be asked, and what the host raises."""
        wanted = names.parse(message.text, addresses=message.addresses)
        launch = await self._launch()
        python = launch.argv[0]
        busy = self.installs.running(python)
        if busy is not None and busy.asked.install != message.id:
            raise Wrong("busy", " ".join(busy.asked.names))
        options = ["--upgrade"] if message.upgrade else []
        environment = {name: value for name, value in launch.env.items() if name not in NOT_FOR_TOOLS}
        program = LaunchSpec(
            argv=[python, "-I", "-u", os.fspath(INSTALLER), *options, "--", *wanted], env=environment, cwd=launch.cwd
        )
        asked = Asked(
            install=message.id,
            document=self.session.row.id,
            python=python,
            names=wanted,
            cell=message.cell,
            at=time.time(),
        )
        await self.installs.start(await self.session.shared.kernels.host(), asked, program)

    async def _launch(self) -> LaunchSpec:
        """How this notebook's kernel is started. Raises `Wrong` where that is no Python that we know how to ask."""
        kernels, folder = self.session.shared.kernels, self.session.place.real.parent
        name = self.session.running.kernel_name or self.session.shared.settings.kernels.default
        spec = await anyio.to_thread.run_sync(kernels.catalogue.find, name, folder)
        launch = launching.launch_spec(
            spec,
            cwd=folder,
            environment=os.environ,
            settings=kernels.settings,
            variables=await anyio.to_thread.run_sync(kernels.catalogue.variables, spec.name),
        )
        program = launch.argv[0]
        if (
            remote.is_bridge(launch.argv)
            or spec.language.lower() != "python"
            or not PYTHON.match(os.path.basename(program))
        ):
            raise Wrong("kernel", spec.display_name)
        launch.argv[0] = program if "/" in program else shutil.which(program, path=launch.env.get("PATH")) or program
        return launch

    def _found(self, which: str) -> Install:
        install = self.installs.of(self.session.row.id)
        if install is None or install.asked.install != which:
            raise NotFound("This installation is not known any more.")
        return install

    def _dismiss(self, which: str) -> None:
        install = self.installs.of(self.session.row.id)
        if install is not None and install.asked.install == which:
            self.installs.dismiss(install)
        if self.installs.of(self.session.row.id) is None:
            self.session.board.install = messages.Install()
            self.session.board.touch("install")

    # What pages see ---------------------------------------------------------------------------------------------------

    async def _changed(self, install: Install) -> None:
        self._show(install)
        if install.state != "running" and install.asked.install not in self._questioned:
            self._questioned.add(install.asked.install)
            modules = [name for package in install.progress.packages for name in package.modules]
            if modules:
                self._question = (install.asked.install, tuple(modules[:MOST_MODULES]))
                await self.idle()

    def _show(self, install: Install) -> None:
        self.session.board.install = self._view(install)
        self.session.board.touch("install")
        if install.state != "running":
            self.session.board.hurry()
        self.session.clients.wake()

    def _view(self, install: Install) -> messages.Install:
        progress, asked = install.progress, install.asked
        return messages.Install(
            id=asked.install,
            names=asked.names,
            cell=asked.cell,
            python=str(progress.begun.get("prefix") or asked.python),
            tool=str(progress.begun.get("tool") or ""),
            conda=progress.begun.get("conda") is True,
            state=install.state,
            step=progress.step,
            what=progress.what,
            percent=progress.percent,
            lines=progress.lines[-SHOWN_LINES:],
            why=install.why.word,
            about=install.why.what,
            packages=[
                messages.Package(name=package.name, before=package.before, after=package.after)
                for package in progress.packages[:MOST_PACKAGES]
            ],
            complaints=complaints(progress.lines) if install.state == "done" else [],
            restart=self._restart.get(asked.install, []),
            started=asked.at,
            ended=install.ended_at,
        )

    # Whether the kernel has imported what has changed -----------------------------------------------------------------

    async def idle(self) -> None:
        """The kernel may be asked, if there is something to ask."""
        kernel = self.session.running.kernel
        if self._question is None or kernel is None or self.session.running.state.phase != "ready":
            return
        if self.session.running.state.running is not None or kernel.execution_state != "idle":
            return
        question, self._question = self._question, None
        request = new_request()
        self._asked[request] = question
        parts = wire.execute_request(
            request, SESSION, "", silent=True, allow_stdin=False, expressions={"imported": expression(question[1])}
        )
        try:
            await kernel.host.send(kernel.incarnation, "shell", parts)
        except OctavoError:
            self._asked.pop(request, None)

    def reply(self, message: Message) -> None:
        """An execute_reply that belongs to no run."""
        question = self._asked.pop(message.parent.msg_id, None)
        install = self.installs.of(self.session.row.id)
        if question is None or install is None or install.asked.install != question[0]:
            return
        imported = imported_of(message.content())
        self._restart[question[0]] = [name for name in question[1] if name in imported]
        self._show(install)

    def ended(self) -> None:
        """The kernel has ended: a new one has imported nothing yet."""
        self._question = None
        self._asked.clear()
        install = self.installs.of(self.session.row.id)
        if install is not None and self._restart.pop(install.asked.install, []):
            self._show(install)


def expression(modules: tuple[str, ...]) -> str:
    """Python that names those of `modules` that are imported, and lets new ones be found. They are names, nothing else (`progress.MODULE`)."""
    return (
        "(__import__('importlib').invalidate_caches(), "
        f"' '.join(m for m in {modules!r} if m in __import__('sys').modules))[1]"
    )


def imported_of(content: dict[str, object]) -> set[str]:
    """The names in the kernel's answer; it is a string's `repr`."""
    expressions = content.get("user_expressions")
    answer = expressions.get("imported") if isinstance(expressions, dict) else None
    data = answer.get("data") if isinstance(answer, dict) else None
    text = data.get("text/plain") if isinstance(data, dict) else None
    return set(text.strip("'\"").split()) if isinstance(text, str) else set()
