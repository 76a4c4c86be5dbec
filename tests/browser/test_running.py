"""What runs: the status line's words, the strip above the files, the page of its own at desk and phone, in both languages; stopping what is idle."""

import re

import pytest
from browsing import PHONE, Browsing
from playwright.sync_api import Locator, Page, Route, expect
from served import Desk, Served
from sheet import Sheet
from test_pages import violations

SIZE = re.compile(r"\d MB")


def row_of(page: Page, title: str) -> Locator:
    return page.locator("tr[data-process]").filter(has=page.get_by_role("link", name=title, exact=True))


def test_what_runs_is_seen_on_every_page_and_what_is_idle_is_stopped(server: Served, browsing: Browsing) -> None:
    busy, idle = Desk(server, "busy"), Desk(server, "idle")
    busy.path, idle.path = "Tides.ipynb", "Scratch.ipynb"
    busy.put("print on\nhang")
    idle.put("print done")
    context = browsing.logged_in(server)
    sheet = Sheet.open(context.new_page(), server, busy.path)
    sheet.run(0)
    expect(sheet.page.locator("[data-cost]")).to_contain_text(SIZE)
    other = Sheet.open(context.new_page(), server, idle.path)
    other.run(0)
    other.idle()

    page = context.new_page()
    page.goto(server.url)
    strip = page.get_by_role("region", name="Running now")
    expect(strip).to_contain_text(re.compile(r"Scratch.*idle.*MB.*Tides.*running a cell.*MB", re.DOTALL))
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("menuitem", name="Everything that runs").click()
    page.wait_for_url("**/running")

    expect(row_of(page, "Tides")).to_contain_text("running a cell")
    expect(row_of(page, "Tides").locator(".mem")).to_contain_text(SIZE)
    expect(row_of(page, "Scratch")).to_contain_text("idle")
    expect(page.locator(".besides")).to_contain_text("The kernel host")
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Tides", exact=True)).to_be_focused()

    page.get_by_role("button", name="Stop idle kernels").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Scratch")
    expect(dialog).not_to_contain_text("Tides")
    expect(dialog).to_contain_text("MB")
    assert violations(page) == []
    dialog.get_by_role("button", name="Stop idle kernels").click()
    expect(row_of(page, "Scratch")).to_have_count(0)
    expect(page.get_by_text("Stopped 1 kernel")).to_be_visible()
    expect(other.page.get_by_text("The kernel was stopped.")).to_be_visible()

    page.get_by_role("button", name="Interrupt Tides").click()
    expect(row_of(page, "Tides")).to_contain_text("idle")
    page.get_by_role("link", name="Tides", exact=True).focus()
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing runs")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize(("locale", "words"), [("en-GB", "idle"), ("zh-CN", "空闲")])
def test_on_a_phone_a_row_says_all_in_two_lines(browsing: Browsing, desk: Desk, locale: str, words: str) -> None:
    desk.path = f"{desk.folder}/A rather long name of a notebook about tides and storms.ipynb"
    desk.put("print done")
    sheet = Sheet.open(browsing.logged_in(desk.server).new_page(), desk.server, desk.path)
    sheet.run(0)
    sheet.idle()
    page = browsing.logged_in(
        desk.server, viewport=PHONE, locale=locale, has_touch=True, color_scheme="dark"
    ).new_page()
    page.goto(f"{desk.server.url}running")
    row = row_of(page, "A rather long name of a notebook about tides and storms")
    expect(row.locator(".pm")).to_contain_text(re.compile(rf"{words}.*MB"))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    box = row.get_by_role("button").last.bounding_box()
    assert box is not None and min(box["width"], box["height"]) >= 44
    assert violations(page) == []


def test_when_memory_is_short_the_page_says_so_and_offers_to_stop_what_is_idle(browsing: Browsing, desk: Desk) -> None:
    desk.put("print done")
    sheet = Sheet.open(browsing.logged_in(desk.server).new_page(), desk.server, desk.path)
    sheet.run(0)
    sheet.idle()
    page = browsing.logged_in(desk.server).new_page()

    def shortened(route: Route) -> None:
        said = route.fetch().json()
        machine = {"total": 256_000_000, "available": 20_000_000, "limited": True}
        route.fulfill(json={**said, "machine": machine, "tight": True, "short": True})

    page.route("**/api/octavo/running", shortened)
    page.goto(f"{desk.server.url}running")
    expect(page.get_by_text("Memory is short.")).to_be_visible()
    expect(page.locator("[data-machine]")).to_contain_text("20 MB of 256 MB left")
    assert violations(page) == []
    page.goto(f"{desk.server.url}f/{desk.folder}")
    page.get_by_role("button", name="Stop idle kernels").click()
    expect(page.get_by_role("dialog")).to_contain_text("This gives back about")
    page.unroute_all(behavior="wait")
