"""From the login to results, on notebooks that real projects wrote; and what must be there again after a reload."""

import re
import shutil
from pathlib import Path

import pytest
from browsing import Browsing, log_in
from playwright.sync_api import Locator, Page, expect
from served import Desk, Served
from sheet import Sheet

NOTEBOOKS = Path(__file__).parent / "notebooks"


def copied(desk: Desk, name: str) -> Path:
    desk.file.parent.mkdir(parents=True, exist_ok=True)
    desk.path = f"{desk.folder}/{name}.ipynb"
    shutil.copy(NOTEBOOKS / f"{name}.ipynb", desk.file)
    return desk.file


def run_all(sheet: Sheet, seconds: float = 120) -> None:
    sheet.page.get_by_role("button", name="Run all", exact=True).click()
    expect(sheet.page.locator("[data-queue]")).not_to_have_text("Nothing runs")
    sheet.idle(seconds)
    sheet.saved()


def shown(sheet: Sheet, output: str) -> list[str]:
    """The form of every output of a kind, read where it stands: cells far from the view draw theirs when one comes near."""
    for cell in sheet.cells.all():
        cell.scroll_into_view_if_needed()
    return sheet.page.locator(f"main [data-output={output}]").evaluate_all("all => all.map((one) => one.dataset.mime)")


def read_until(sheet: Sheet, wanted: Locator) -> None:
    """Go down from cell to cell, as a reader does, until it is there: text is set where it comes near."""
    for cell in sheet.cells.all():
        cell.scroll_into_view_if_needed()
        expect(cell.locator(".md:not(.raw), .code, .cm-editor").first).to_be_attached()
        if wanted.count():
            wanted.scroll_into_view_if_needed()
            return
    raise AssertionError(f"not in the whole notebook: {wanted}")


def picture_is_drawn(page: Page) -> None:
    page.wait_for_function(
        """() => [...document.querySelectorAll('main [data-mime="image/png"] img')].every((image) => image.complete && image.naturalWidth > 100)"""
    )


def test_from_the_login_over_the_files_to_a_result(browsing: Browsing, desk: Desk) -> None:
    desk.put("print hello")
    page = browsing.context().new_page()
    log_in(page, desk.server)
    page.get_by_role("link", name=desk.folder).click()
    page.get_by_role("link", name="n", exact=True).click()
    sheet = Sheet(page, desk.server, desk.path)
    sheet.ready()
    sheet.select("a")
    sheet.press("Shift+Enter")
    expect(sheet.outputs("a")).to_have_text("hello")


@pytest.mark.kernel
def test_weather_of_xarray_plots_frames_and_datasets(browsing: Browsing, desk: Desk) -> None:
    copied(desk, "weather")
    sheet = Sheet.open(browsing.logged_in(desk.server).new_page(), desk.server, desk.path)
    before = len(sheet.file()["cells"])
    run_all(sheet)
    expect(sheet.page.locator("main [data-output=error]")).to_have_count(0)
    assert shown(sheet, "display_data") == ["image/png"] * 7
    assert shown(sheet, "execute_result").count("text/html") >= 5
    picture_is_drawn(sheet.page)
    frame = sheet.page.locator("main [data-mime='text/html'] table.dataframe").first
    expect(frame.locator("thead tr").first).to_contain_text("tmax")
    expect(frame.locator("tbody tr")).to_have_count(5)
    expect(sheet.page.locator("main .xr-header").first).to_contain_text("xarray.Dataset")
    # Edited, loaded again: nothing is lost.
    sheet.edit(1)
    sheet.type("\nprint('一行', '🙂')")
    sheet.press("Escape")
    sheet.saved()
    text = sheet.source(1)
    sheet.page.reload()
    sheet.ready()
    assert sheet.source(1) == text
    assert shown(sheet, "display_data") == ["image/png"] * 7
    picture_is_drawn(sheet.page)
    written = sheet.stored()
    assert len(written) == before
    assert written[1]["source"] == text
    assert sum(o["output_type"] == "display_data" for c in written for o in c.get("outputs", [])) == 7


@pytest.mark.kernel
def test_pylab_of_nbconvert_runs_a_magic_that_draws(browsing: Browsing, desk: Desk) -> None:
    copied(desk, "pylab")
    sheet = Sheet.open(browsing.logged_in(desk.server).new_page(), desk.server, desk.path)
    run_all(sheet)
    expect(sheet.page.locator("main [data-output=error]")).to_have_count(0)
    assert "image/png" in shown(sheet, "display_data")
    picture_is_drawn(sheet.page)
    assert sheet.file()["nbformat_minor"] == 1
    assert not any("id" in cell for cell in sheet.file()["cells"])


@pytest.mark.kernel
def test_errors_of_nbsphinx_are_frames_that_name_their_cell(browsing: Browsing, desk: Desk) -> None:
    copied(desk, "errors")
    sheet = Sheet.open(browsing.logged_in(desk.server).new_page(), desk.server, desk.path)
    run_all(sheet)
    error = sheet.outputs(4).first
    expect(error).to_have_attribute("data-output", "error")
    expect(error).to_contain_text("NameError")
    expect(error).to_contain_text("this notebook, cell 5")
    error.get_by_role("button", name="Plain traceback").click()
    expect(error).to_contain_text("Traceback (most recent call last)")
    # The cell is tagged, so what follows ran.
    expect(sheet.outputs(6)).to_have_text("'no problem'")
    expect(sheet.cell(4)).to_have_attribute("aria-label", re.compile("failed"))


def test_text_of_nbsphinx_has_formulas_tables_and_attachments(browsing: Browsing, desk: Desk) -> None:
    browsing.watch.allow(r"404 \(Not Found\).*/files/.*images/")  # the pictures beside it were not copied
    copied(desk, "markdown")
    sheet = Sheet.open(browsing.logged_in(desk.server).new_page(), desk.server, desk.path)
    expect(sheet.cell(2).locator(".katex")).to_have_count(1)
    expect(sheet.page.locator("main .katex-display").first).to_be_visible()
    table = sheet.page.locator("main .md table").first
    read_until(sheet, table)
    expect(table.locator("tr")).to_have_count(5)
    attached = sheet.page.locator("main .md img[src^='data:image/png']").first
    read_until(sheet, attached)
    expect(sheet.page.locator("main .katex-error")).to_have_count(0)
    sheet.page.wait_for_function("image => image.complete && image.naturalWidth > 10", arg=attached.element_handle())
    # Opening, reading and going away writes nothing.
    assert desk.file.read_bytes() == (NOTEBOOKS / "markdown.ipynb").read_bytes()


def test_everything_works_under_a_base_path(browsing: Browsing) -> None:
    with Served.start("--base-url", "/user/a%40b/") as server:
        assert server.url.endswith("/user/a%40b/")
        server.put(
            "Ein Ordner/Ünïcode 笔记.ipynb", "print one", 'display {"text/html": "<b>bold</b><script>1</script>"}'
        )
        page = browsing.context().new_page()
        log_in(page, server)
        page.get_by_role("link", name="Ein Ordner").click()
        page.get_by_role("link", name="Ünïcode 笔记").click()
        sheet = Sheet(page, server, "Ein Ordner/Ünïcode 笔记.ipynb")
        sheet.ready()
        assert "/user/a%40b/n/" in page.url
        sheet.write("a", "print two")
        sheet.page.get_by_role("button", name="Run all", exact=True).click()
        expect(sheet.outputs("a")).to_have_text("two")
        frame = page.frame_locator("main iframe")
        expect(frame.locator("b")).to_have_text("bold")
        sheet.saved()
        page.reload()
        sheet.ready()
        assert sheet.source("a") == "print two"
        page.get_by_role("link", name="Octavo: all files").click()
        expect(page.get_by_role("link", name="Ein Ordner")).to_be_visible()
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("menuitem", name="Sign out", exact=True).click()
        page.wait_for_url("**/user/a%40b/login")
        cookies = browsing.contexts[0].cookies()
        assert all(cookie["path"].startswith("/user/a%40b/") for cookie in cookies), cookies
