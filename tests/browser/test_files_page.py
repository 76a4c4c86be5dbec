"""The files page, by its buttons and keys: new notebook, upload, rename, delete and undo."""

from browsing import Browsing
from playwright.sync_api import Page, expect
from served import Desk


def opened(browsing: Browsing, desk: Desk) -> Page:
    page = browsing.logged_in(desk.server).new_page()
    page.goto(f"{desk.server.url}f/{desk.folder}")
    expect(page.get_by_role("link", name="n", exact=True)).to_be_visible()
    return page


def names(desk: Desk) -> list[str]:
    return sorted(path.name for path in desk.file.parent.iterdir() if not path.name.startswith("."))


def test_a_new_notebook_opens_and_is_in_the_folder(browsing: Browsing, desk: Desk) -> None:
    desk.put("print 1")
    page = opened(browsing, desk)
    page.get_by_role("button", name="New notebook").click()
    page.wait_for_url("**/n/**Untitled.ipynb")
    page.get_by_role("main").get_by_role("button", name="Code").first.click()
    expect(page.locator("[data-cell-id]")).to_have_count(1)
    assert names(desk) == ["Untitled.ipynb", "n.ipynb"]


def test_a_file_is_uploaded_renamed_deleted_and_brought_back(browsing: Browsing, desk: Desk) -> None:
    desk.put("print 1")
    page = opened(browsing, desk)
    page.locator("input[type=file]").set_input_files(
        [{"name": "tides.csv", "mimeType": "text/csv", "buffer": "时间,高度\n00:00,4.82\n".encode()}]
    )
    expect(page.get_by_text("tides.csv", exact=True)).to_be_visible()
    assert (desk.file.parent / "tides.csv").read_text() == "时间,高度\n00:00,4.82\n"

    page.get_by_role("checkbox", name="tides.csv").check()
    page.get_by_role("toolbar").get_by_role("button", name="Rename").click()
    field = page.get_by_role("dialog").get_by_role("textbox")
    field.fill("潮汐.csv")
    field.press("Enter")
    expect(page.get_by_text("潮汐.csv", exact=True)).to_be_visible()
    assert names(desk) == ["n.ipynb", "潮汐.csv"]

    page.get_by_role("checkbox", name="潮汐.csv").check()
    page.get_by_role("toolbar").get_by_role("button", name="Delete").click()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    expect(page.get_by_role("checkbox", name="潮汐.csv")).to_have_count(0)
    assert names(desk) == ["n.ipynb"]
    undo.click()
    expect(page.get_by_role("checkbox", name="潮汐.csv")).to_be_visible()
    assert names(desk) == ["n.ipynb", "潮汐.csv"]
