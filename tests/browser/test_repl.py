"""At the prompt: from the login to an answer, what a person does there, another tab, a phone in Chinese."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from browsing import Browsing
from playwright.sync_api import Locator, Page, expect
from served import PASSWORD, Served
from test_pages import SHAPES, cut_off, violations


class Prompt:
    """The page at a prompt."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.draft = page.locator(".draft .cm-content")
        self.entries = page.locator(".entry:visible")
        self.last = self.entries.last

    @classmethod
    def open(cls, page: Page, server: Served, name: str, kernel: str = "scripted") -> "Prompt":
        page.goto(f"{server.url}repl/{quote(name)}?kernel={kernel}")
        return cls(page).ready()

    def ready(self) -> "Prompt":
        expect(self.draft).to_be_visible()
        return self

    def enter(self, *lines: str) -> Locator:
        """Type lines, Enter after each; the entry that came of it."""
        before = self.entries.count()
        for line in lines:
            self.page.keyboard.type(line)
            self.page.keyboard.press("Enter")
        expect(self.entries).to_have_count(before + 1)
        return self.entries.nth(before)

    def says(self, text: str) -> None:
        expect(self.draft).to_have_text(text)

    def menu(self, button: str, item: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()
        self.page.get_by_role("menuitem", name=item).click()


@pytest.fixture
def at_home() -> Iterator[Served]:
    with Served.start(settings='[pages]\nhome = "repl"\n') as server:
        yield server


@pytest.mark.kernel
def test_from_the_login_to_an_answer_and_all_that_a_prompt_does(at_home: Served, browsing: Browsing) -> None:
    page = browsing.context().new_page()
    page.goto(at_home.url)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{at_home.url}repl")
    prompt = Prompt(page).ready()
    expect(prompt.draft).to_be_focused()
    expect(prompt.enter("6 * 7").locator(".out")).to_have_text("42")
    expect(page.locator(".draft .folio")).to_have_text("2")
    # Lines that belong together, by themselves; the block ends with an empty line.
    entry = prompt.enter("for tide in range(2):", 'print("tide", tide)', "")
    expect(entry.locator(".out")).to_have_text("tide 0 tide 1")
    # Earlier lines: by what they begin with, and by what they hold.
    page.keyboard.type("6")
    page.keyboard.press("ArrowUp")
    prompt.says("6 * 7")
    page.keyboard.press("ArrowDown")
    prompt.says("6")
    page.keyboard.press("Control+r")
    page.keyboard.type("RANGE")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(prompt.draft).to_contain_text("for tide")
    page.keyboard.press("Control+c")
    prompt.says("")
    # Completion that can be seen; Enter runs what is written unless one was chosen.
    prompt.enter("levels = [1]")
    page.keyboard.type("levels.app")
    option = page.locator(".cm-tooltip-autocomplete").get_by_text("append")
    expect(option).to_be_visible()
    box = option.bounding_box()
    assert box is not None and box["y"] > 0
    page.keyboard.press("Tab")
    expect(page.locator("[aria-selected=true]")).to_be_visible()
    page.keyboard.press("Tab")
    prompt.says("levels.append")
    page.keyboard.press("Control+c")
    expect(prompt.enter("len?").locator(".out")).to_contain_text("Return the number of items")
    expect(prompt.enter("!echo sa'l't").locator(".out")).to_have_text("salt")
    # A question, and its answer.
    entry = prompt.enter('"Hello, " + input("Who? ")')
    question = entry.get_by_label("Who?")
    expect(question).to_be_focused()
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    expect(entry.locator(".out")).to_contain_text("'Hello, Ada'")
    expect(prompt.draft).to_be_focused()
    # What runs too long is stopped; it can be written on meanwhile.
    entry = prompt.enter("import time; time.sleep(600)")
    expect(entry.locator(".run")).to_be_visible()
    page.keyboard.press("Control+c")
    expect(entry.locator(".note")).to_have_text("interrupted")
    # All of it is there on the next visit, the half line too.
    page.keyboard.type("half a li")
    expect(page.locator("[data-saved=saved]")).to_be_visible()
    count = prompt.entries.count()
    page.reload()
    prompt.ready()
    prompt.says("half a li")
    expect(prompt.entries).to_have_count(count)
    expect(prompt.entries.first.locator(".out")).to_have_text("42")
    # Cleared from view, then for good, then brought back.
    page.keyboard.press("Control+l")
    expect(prompt.entries).to_have_count(0)
    page.get_by_role("button", name=f"{count} earlier entries").click()
    expect(prompt.entries).to_have_count(count)
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(prompt.entries).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(prompt.entries).to_have_count(count)
    # Kept, it is a notebook, with what it ran and the kernel that has the variables.
    prompt.draft.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Backspace")
    page.keyboard.press("Control+s")
    page.get_by_label("Where the notebook is to be").fill("tides.ipynb")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{at_home.url}n/tides.ipynb")
    expect(page.locator(".cell").first.locator(".out")).to_have_text("42")
    expect(page.locator(".cells > .cell")).to_have_count(count)
    expect(page.get_by_role("button", name=re.compile("Kernel: .*idle"))).to_be_visible()
    # The files are one link away, though the bare address opens the prompt.
    page.goto(at_home.url)
    page.wait_for_url(f"{at_home.url}repl")
    Prompt(page).ready()
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("menuitem", name="Files").click()
    expect(page.get_by_role("link", name="tides", exact=True)).to_be_visible()


@pytest.fixture
def prompts(shared_server: Served) -> Iterator[Served]:
    """The shared server; the prompts end with the test."""
    yield shared_server
    shared_server.close_prompts()


def test_what_one_tab_runs_the_other_shows_and_both_write_one_line(browsing: Browsing, prompts: Served) -> None:
    context = browsing.logged_in(prompts)
    one, other = (Prompt.open(context.new_page(), prompts, "both") for _ in range(2))
    one.draft.click()
    expect(one.enter("print one").locator(".out")).to_have_text("one")
    expect(other.last.locator(".out")).to_have_text("one")
    one.page.keyboard.type("print ha")
    expect(other.draft).to_contain_text("print ha")
    other.draft.click()
    other.page.keyboard.press("End")
    other.enter("lf")
    expect(one.last.locator(".out")).to_have_text("half")
    expect(one.draft).not_to_contain_text("print")


def test_the_line_that_is_written_stays_in_sight(browsing: Browsing, prompts: Served) -> None:
    prompt = Prompt.open(browsing.logged_in(prompts).new_page(), prompts, "long")
    prompt.draft.click()
    for _ in range(3):
        expect(prompt.enter("flood 30").locator(".out")).to_contain_text("29")
        expect(prompt.draft).to_be_in_viewport(ratio=1)
        covered = (
            "line => line.getBoundingClientRect().bottom > document.querySelector('footer').getBoundingClientRect().top"
        )
        assert not prompt.draft.evaluate(covered)


def test_prompts_stand_in_a_list_are_made_and_closed_and_come_back(browsing: Browsing, prompts: Served) -> None:
    context = browsing.logged_in(prompts)
    page = context.new_page()
    Prompt.open(page, prompts, "first").draft.click()
    Prompt(page).enter("print kept")
    with context.expect_page() as opened:
        Prompt(page).menu("Prompts", "New prompt")
    fresh = opened.value
    Prompt(fresh).ready()
    assert re.search(r"/repl(/\d+)?$", fresh.url)
    page.get_by_role("button", name="Prompts", exact=True).click()
    page.get_by_role("menuitem", name="Close this prompt").click()
    page.get_by_role("button", name="Close this prompt").click()
    expect(page.get_by_text("Prompt first was closed.")).to_be_visible()
    assert "/first" not in page.url
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url("**/repl/first")
    expect(Prompt(page).ready().last).to_contain_text("kept")
    closed = fresh.url
    Prompt(fresh).menu("Prompts", "Close this prompt")
    expect(fresh.get_by_role("dialog")).to_have_count(0)  # nothing was run there: nobody is asked
    fresh.wait_for_url(lambda url: url != closed)
    Prompt(fresh).ready()


def test_a_line_is_not_lost_while_the_server_is_away(browsing: Browsing) -> None:
    browsing.watch.allow("Failed to load resource|WebSocket connection")
    with Served.start() as server:
        prompt = Prompt.open(browsing.logged_in(server).new_page(), server, "away")
        prompt.draft.click()
        expect(prompt.enter("count").locator(".out")).to_have_text("1")
        server.kill()
        expect(prompt.page.locator("[data-live=false]")).to_be_visible()
        prompt.page.keyboard.type("count")
        prompt.page.keyboard.press("Enter")
        expect(prompt.page.get_by_text("nothing was run")).to_be_visible()
        prompt.says("count")  # it would not run now: it stays where it is
        server.restart()
        expect(prompt.page.locator("[data-live=true]")).to_be_visible(timeout=30_000)
        prompt.draft.click()
        prompt.page.keyboard.press("Enter")
        expect(prompt.last.locator(".out")).to_have_text("2")


def test_on_a_phone_in_chinese_the_keys_that_it_lacks_are_there(browsing: Browsing, prompts: Served) -> None:
    page = browsing.logged_in(prompts, locale="zh-CN", **SHAPES["phone"]).new_page()
    prompt = Prompt.open(page, prompts, "手机", kernel="python3")
    assert violations(page) + cut_off(page) == []
    bar = page.get_by_role("navigation", name="键盘上没有的键")
    expect(bar).to_be_visible()
    prompt.draft.tap()
    page.keyboard.type("tides = ")
    for sign in ("[", "]"):
        bar.get_by_role("button", name=sign, exact=True).tap()
    bar.get_by_role("button", name="左").tap()
    page.keyboard.type("3, 4")
    prompt.says("tides = [3, 4]")
    expect(prompt.draft).to_be_focused()
    bar.get_by_role("button", name="运行").tap()
    expect(prompt.entries).to_have_count(1)
    page.keyboard.type("tides.rev")
    bar.get_by_role("button", name="Tab").tap()
    expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("reverse")
    page.keyboard.press("Escape")
    for _ in range(9):
        page.keyboard.press("Backspace")
    page.keyboard.type("max(tides")
    bar.get_by_role("button", name=")", exact=True).tap()
    bar.get_by_role("button", name="运行").tap()
    expect(prompt.last.locator(".out")).to_have_text("4")
    bar.get_by_role("button", name="上").tap()
    prompt.says("max(tides)")
    assert violations(page) + cut_off(page) == []
    page.get_by_role("button", name="搜索之前的输入").tap()
    page.keyboard.type("tides =")
    expect(page.get_by_role("option")).to_have_count(1)
    assert violations(page) == []
    page.get_by_role("option").tap()
    prompt.says("tides = [3, 4]")
