"""Packages installed for a notebook's kernel, through the whole server, into a real environment and from wheels that the test makes."""

import os
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
import wheels
from page import Page
from served import Desk, Served
from wheels import Environment, add_environment

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]

SLOW_BUILD = """\
import time
def prepare_metadata_for_build_wheel(*arguments):
    open({flag!r}, 'w').close()
    time.sleep(600)
"""
PATIENT_BUILD = """\
import shutil, zipfile
def prepare_metadata_for_build_wheel(folder, *arguments):
    with zipfile.ZipFile({wheel!r}) as archive:
        names = [name for name in archive.namelist() if '.dist-info/' in name]
        archive.extractall(folder, names)
    return names[0].split('/')[0]
def build_wheel(folder, *arguments):
    open({hold!r}, 'rb').read()
    shutil.copy({wheel!r}, folder)
    return {wheel!r}.split('/')[-1]
"""


@pytest.fixture(scope="module")
def environment(shared_server: Served, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return add_environment(shared_server, tmp_path_factory.mktemp("environment"), "tiny")


def shown(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.state.get("install") or {}
    return found


async def ended(page: Page) -> dict[str, Any]:
    await page.until(lambda: shown(page).get("id") and shown(page).get("state", "running") != "running", 60)
    return shown(page)


async def install(page: Page, text: str, **more: Any) -> dict[str, Any]:
    """Ask, and wait for its end."""
    answer = await page.ask("installPackages", text=text, **more)
    assert not answer.get("data"), answer
    await page.until(lambda: shown(page).get("id") == answer["id"])
    return await ended(page)


async def test_a_missing_module_is_suggested_installed_and_found_by_the_running_kernel(
    desk: Desk, environment: Environment
) -> None:
    wheels.make_wheel(environment.index, "scikit-learn", "1.7", {"sklearn/__init__.py": "name = 'learn'\n"})
    async with desk.opened("import sklearn.base\n", "import sklearn; print(sklearn.name)", kernel="tiny") as page:
        await page.run("a")
        assert await page.finished("a") == "error"
        assert page.cells["a"]["outputs"][-1]["ename"] == "ModuleNotFoundError"
        suggestion = (await page.ask("installSuggest", module="sklearn.base"))["data"]
        assert suggestion == {"module": "sklearn.base", "name": "scikit-learn", "known": True}
        result = await install(page, suggestion["name"], cell="a")
        assert result["state"] == "done", result
        assert result["packages"] == [{"name": "scikit-learn", "after": "1.7"}]
        assert (result["cell"], result["names"]) == ("a", ["scikit-learn"])
        assert result["tool"].startswith("pip ")
        assert result["python"] == str(environment.python.parent.parent)
        await page.run("b")
        assert await page.finished("b") == "ok"
        assert page.text("b") == "learn\n"
        assert not shown(page).get("restart")
        log = (await page.ask("installLog", install=result["id"]))["data"]
        assert "Successfully installed scikit-learn-1.7" in log
        await page.ask("installDismiss", install=result["id"])
        await page.until(lambda: not shown(page).get("id"))


async def test_what_the_kernel_has_imported_and_has_changed_is_named_until_it_is_restarted(
    desk: Desk, environment: Environment
) -> None:
    wheels.make_wheel(environment.index, "changing", "1.0")
    async with desk.opened("import changing; print(changing.version)", kernel="tiny") as page:
        assert (await install(page, "changing==1.0"))["state"] == "done"
        await page.run("a")
        await page.finished("a")
        assert page.text("a") == "1.0\n"
        wheels.make_wheel(environment.index, "changing", "2.0")
        result = await install(page, "changing", upgrade=True)
        assert result["packages"] == [{"name": "changing", "before": "1.0", "after": "2.0"}]
        await page.until(lambda: shown(page).get("restart") == ["changing"])
        await page.ask("restart")
        await page.until(lambda: not shown(page).get("restart"))
        await page.run("a")
        await page.until(lambda: page.run_state("a") == "ok" and page.text("a") == "2.0\n")


async def test_while_a_cell_runs_the_kernel_is_asked_when_it_is_idle(desk: Desk, environment: Environment) -> None:
    wheels.make_wheel(environment.index, "waiting", "1.0")
    async with desk.opened("import waiting", "print(input('go? '))", kernel="tiny") as page:
        await install(page, "waiting==1.0")
        await page.run("a", "b")
        await page.until(lambda: page.state["prompts"])
        wheels.make_wheel(environment.index, "waiting", "2.0")
        result = await install(page, "waiting==2.0")
        assert result["state"] == "done"
        assert not result.get("restart")
        await page.ask("answer", prompt=page.state["prompts"][0]["id"], text="on")
        await page.until(lambda: shown(page).get("restart") == ["waiting"])
        assert await page.finished("b") == "ok"


@pytest.mark.parametrize(
    ("asked", "why", "about"),
    [
        ("nosuchpackage", "missing", "nosuchpackage"),
        ("fixed==9", "version", "fixed==9"),
        ("wants fixed==1", "conflict", ""),
    ],
)
async def test_a_failure_is_told_in_a_word(
    desk: Desk, environment: Environment, asked: str, why: str, about: str
) -> None:
    wheels.make_wheel(environment.index, "fixed", "1")
    wheels.make_wheel(environment.index, "wants", "1", requires=["fixed>1"])
    async with desk.opened("1", kernel="tiny") as page:
        result = await install(page, asked)
        assert (result["state"], result["why"], result.get("about", "")) == ("failed", why, about)
        assert not result.get("packages")


@pytest.mark.parametrize(
    ("text", "wrong", "what"),
    [
        ("", "empty", ""),
        ("--index-url=https://example.org six", "option", "--index-url=https://example.org"),
        ("six -r /etc/passwd", "option", "-r"),
        ("https://example.org/x.whl", "address", "https://example.org/x.whl"),
        ("./x", "path", "./x"),
    ],
)
async def test_what_is_no_package_is_refused_before_anything_runs(
    desk: Desk, environment: Environment, text: str, wrong: str, what: str
) -> None:
    async with desk.opened("1", kernel="tiny") as page:
        answer = await page.ask("installPackages", text=text)
        assert answer["data"] == {"wrong": wrong, "what": what}
        assert not shown(page).get("id")


async def test_a_kernel_that_is_no_python_says_so(desk: Desk) -> None:
    async with desk.opened("print 1", kernel="scripted") as page:
        answer = await page.ask("installPackages", text="six")
        assert answer["data"] == {"wrong": "kernel", "what": "Scripted"}


async def test_one_environment_has_one_installation_at_a_time_and_it_can_be_cancelled(
    desk: Desk, environment: Environment, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    os.mkfifo(flag)
    wheels.make_source(environment.index, "slowbuild", SLOW_BUILD.format(flag=str(flag)))
    async with desk.opened("1", kernel="tiny") as page:
        answer = await page.ask("installPackages", text="slowbuild")
        assert not answer.get("data")
        await anyio.to_thread.run_sync(flag.read_bytes)  # the building has begun
        await page.until(lambda: shown(page).get("step") == "building")
        desk.server.put(f"{desk.folder}/other.ipynb", "1", kernel="tiny")
        async with desk.page(f"{desk.folder}/other.ipynb") as other:
            refused = await other.ask("installPackages", text="six")
            assert refused["data"] == {"wrong": "busy", "what": "slowbuild"}
        assert (await page.ask("installPackages", text="six"))["data"] == {"wrong": "busy", "what": "slowbuild"}
        await page.ask("installCancel", install=answer["id"])
        result = await ended(page)
        assert result["state"] == "cancelled", result
        assert not result.get("packages")


async def test_it_goes_on_while_the_web_process_is_away_and_is_found_again(own_desk: Desk, tmp_path: Path) -> None:
    environment = add_environment(own_desk.server, tmp_path, "tiny")
    hold = tmp_path / "hold"
    os.mkfifo(hold)
    wheel = str(wheels.make_wheel(tmp_path, "patient", "1.0"))
    wheels.make_source(environment.index, "patient", PATIENT_BUILD.format(wheel=wheel, hold=str(hold)))
    server = own_desk.server
    own_desk.put("1", kernel="tiny")
    async with own_desk.page() as page:
        answer = await page.ask("installPackages", text="patient", cell="a")
        await page.until(lambda: shown(page).get("step") == "building")
    server.kill()
    await anyio.to_thread.run_sync(hold.write_bytes, b"go")  # until the build reads it: nobody listens to what it says
    server.restart()
    async with own_desk.page() as page:
        await page.until(lambda: shown(page).get("id") == answer["id"])
        result = await ended(page)
        assert result["state"] == "done", (await page.ask("installLog", install=answer["id"]))["data"]
        assert result["packages"] == [{"name": "patient", "after": "1.0"}]
        assert (result["cell"], result["names"]) == ("a", ["patient"])
        log = (await page.ask("installLog", install=answer["id"]))["data"]
        assert "Successfully installed patient-1.0" in log
        assert log.count("Successfully installed") == 1
