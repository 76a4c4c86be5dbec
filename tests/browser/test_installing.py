"""A module is missing: one click installs what has it, and the cell runs. By mouse, by keyboard, on a phone and in Chinese."""

import os
import re
from pathlib import Path

import pytest
import wheels
from browsing import PHONE, Browsing, Open
from playwright.sync_api import Page, expect
from served import Desk, Served
from sheet import Sheet
from test_pages import violations
from wheels import Environment, add_environment

pytestmark = pytest.mark.kernel

WAITING_BUILD = """\
import shutil, zipfile
def prepare_metadata_for_build_wheel(folder, *arguments):
    open({hold!r}, 'rb').read()
    with zipfile.ZipFile({wheel!r}) as archive:
        names = [name for name in archive.namelist() if '.dist-info/' in name]
        archive.extractall(folder, names)
    return names[0].split('/')[0]
def build_wheel(folder, *arguments):
    shutil.copy({wheel!r}, folder)
    return {wheel!r}.split('/')[-1]
"""


@pytest.fixture(scope="module")
def environment(shared_server: Served, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    found = add_environment(shared_server, tmp_path_factory.mktemp("environment"), "small")
    wheels.make_wheel(found.index, "PyYAML", "6.0", {"yaml/__init__.py": "name = 'yaml of the test'\n"})
    wheels.make_wheel(found.index, "beautifulsoup4", "4.0", {"bs4/__init__.py": "name = 'soup of the test'\n"})
    wheels.make_wheel(found.index, "changing", "1.0")
    return found


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("OCTAVO_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"install-{name}.png")


def accessible(page: Page) -> None:
    assert violations(page) == []


def test_an_error_offers_the_package_installs_it_and_runs_the_cell_again(
    open_sheet: Open, environment: Environment
) -> None:
    sheet = open_sheet("import yaml, sys\nprint(yaml.name)", kernel="small")
    sheet.run("a")
    offer = sheet.cell("a").locator(".offer")
    expect(offer).to_contain_text("yaml is in the package PyYAML.")
    picture(sheet.page, "offer")
    offer.get_by_role("button", name="Install PyYAML").click()
    expect(offer.get_by_role("status")).to_have_text("Installed: PyYAML 6.0.")
    offer.get_by_role("button", name="Log").click()
    expect(offer.get_by_role("region", name="Log of the installation")).to_contain_text("Successfully installed")
    picture(sheet.page, "done")
    accessible(sheet.page)
    offer.get_by_role("button", name="Run this cell again").click()
    expect(sheet.outputs("a")).to_have_text("yaml of the test")
    expect(offer).to_have_count(0)
    sheet.page.reload()
    sheet.ready()
    expect(sheet.outputs("a")).to_have_text("yaml of the test")


def test_the_dialog_installs_upgrades_and_says_that_the_kernel_must_be_restarted(
    open_sheet: Open, environment: Environment
) -> None:
    sheet = open_sheet("import changing; print(changing.version)", kernel="small")
    dialog = sheet.page.get_by_role("dialog", name="Install packages")
    sheet.select("a")
    sheet.command("Install packages")
    expect(dialog.get_by_label("Packages")).to_be_focused()
    sheet.type("--pre six")
    sheet.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("--pre is an option.")
    picture(sheet.page, "wrong")
    accessible(sheet.page)
    dialog.get_by_label("Packages").fill("changing==1.0")
    sheet.press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("Installed: changing 1.0.")
    sheet.press("Escape")
    expect(dialog).not_to_be_visible()
    expect(sheet.cell("a")).to_be_focused()
    sheet.run("a")
    expect(sheet.outputs("a")).to_have_text("1.0")
    wheels.make_wheel(environment.index, "changing", "2.0")
    sheet.page.get_by_role("button", name="Kernel:").click()
    sheet.page.get_by_role("menuitem", name="Install packages …").click()
    dialog.get_by_label("Packages").fill("changing")
    dialog.get_by_label("Upgrade what is already installed").check()
    dialog.get_by_role("button", name="Install", exact=True).click()
    expect(dialog.get_by_role("status")).to_have_text("Installed: changing 2.0 (was 1.0).")
    expect(dialog).to_contain_text("The kernel still has the old version of changing.")
    picture(sheet.page, "restart")
    accessible(sheet.page)
    dialog.get_by_role("button", name="Restart the kernel").click()
    expect(dialog).not_to_be_visible()
    sheet.run("a")
    expect(sheet.outputs("a")).to_have_text("2.0")


def test_a_long_one_shows_how_far_it_is_outlives_a_reload_and_is_cancelled(
    open_sheet: Open, environment: Environment, tmp_path: Path
) -> None:
    hold = tmp_path / "hold"
    os.mkfifo(hold)
    wheel = str(wheels.make_wheel(tmp_path, "longish", "1.0"))
    wheels.make_source(environment.index, "longish", WAITING_BUILD.format(wheel=wheel, hold=str(hold)))
    sheet = open_sheet("import longish", kernel="small")
    sheet.run("a")
    offer = sheet.cell("a").locator(".offer")
    expect(offer).to_contain_text("No module longish is installed for this kernel.")
    offer.get_by_role("button", name="Install longish …").click()
    dialog = sheet.page.get_by_role("dialog", name="Install packages")
    expect(dialog.get_by_label("Packages")).to_have_value("longish")
    sheet.press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("Installing longish …")
    expect(dialog.locator(".step")).to_contain_text("Building")
    picture(sheet.page, "running")
    accessible(sheet.page)
    sheet.press("Escape")
    expect(offer.get_by_role("status")).to_have_text("Installing longish …")
    sheet.page.reload()
    sheet.ready()
    expect(offer.get_by_role("progressbar")).to_be_visible()
    picture(sheet.page, "running-offer")
    offer.get_by_role("button", name="Cancel").click()
    expect(offer.get_by_role("status")).to_have_text("Cancelled.")
    offer.get_by_role("button", name="Close").click()
    expect(offer.get_by_role("button", name="Install longish …")).to_be_visible()


def test_a_failure_says_what_to_do(open_sheet: Open, environment: Environment) -> None:
    sheet = open_sheet("1", kernel="small")
    sheet.select("a")
    sheet.command("Install packages")
    dialog = sheet.page.get_by_role("dialog", name="Install packages")
    expect(dialog.get_by_label("Packages")).to_be_focused()
    sheet.type("nosuchpackage")
    sheet.press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("There is no package nosuchpackage on the index. Check the name.")
    picture(sheet.page, "failed")
    accessible(sheet.page)


def test_what_came_with_the_file_offers_nothing(open_sheet: Open, environment: Environment) -> None:
    error = {
        "output_type": "error",
        "ename": "ModuleNotFoundError",
        "evalue": "No module named 'evil'",
        "traceback": [],
    }
    cell = {
        **{"cell_type": "code", "id": "a", "metadata": {}, "source": "import evil"},
        **{"execution_count": 1, "outputs": [error]},
    }
    sheet = open_sheet(cell, "import bs4.thing", kernel="small")
    expect(sheet.outputs("a")).to_contain_text("No module named")
    sheet.run(1)
    expect(sheet.cell(1).locator(".offer")).to_contain_text("bs4 is in the package beautifulsoup4.")
    expect(sheet.cell("a").locator(".offer")).to_have_count(0)


def test_on_a_phone_and_in_chinese(browsing: Browsing, desk: Desk, environment: Environment) -> None:
    desk.put("import bs4\nbs4.name", kernel="small")
    page = browsing.logged_in(desk.server, locale="zh-CN", viewport=PHONE, has_touch=True).new_page()
    sheet = Sheet.open(page, desk.server, desk.path)
    page.locator(".thumb").get_by_role("button", name="运行").tap()
    offer = sheet.cell("a").locator(".offer")
    expect(offer).to_contain_text("bs4 在软件包 beautifulsoup4 中。")
    picture(page, "phone-offer")
    offer.get_by_role("button", name="安装 beautifulsoup4").tap()
    expect(offer.get_by_role("status")).to_have_text("已安装：beautifulsoup4 4.0。")
    accessible(page)
    picture(page, "phone-done")
    offer.get_by_role("button", name="重新运行此单元格").tap()
    expect(sheet.outputs("a")).to_have_text("'soup of the test'")
    page.get_by_role("button", name=re.compile("^内核")).tap()
    page.get_by_role("menuitem", name="安装软件包…").tap()
    dialog = page.get_by_role("dialog", name="安装软件包")
    expect(dialog.get_by_label("软件包", exact=True)).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        accessible(page)
        picture(page, f"phone-dialog-{scheme}")
