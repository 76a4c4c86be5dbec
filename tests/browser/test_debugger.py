"""The debugger in a browser: breakpoints, stops, steps, values, errors, pausing; on a phone, in Chinese, and for those who cannot see it."""

import pytest
from browsing import PHONE, Browsing, Open, log_in
from debugging import STOPPED, Panel
from playwright.sync_api import expect
from served import Desk, cell
from sheet import Sheet
from test_pages import AXE, RULES

pytestmark = pytest.mark.kernel

ADDING = """def add(numbers):
    total = 0
    for n in numbers:
        total += n
    return total

add([1, 2, 3])"""


def inaccessible(sheet: Sheet) -> list[tuple[str, list[str]]]:
    sheet.page.evaluate(f"() => {{ if (!window.axe) {{ {AXE}; }} }}")
    found = sheet.page.evaluate(
        "rules => window.axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES
    )
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found["violations"]]


def test_a_breakpoint_stops_steps_show_values_and_continue_ends_the_cell(open_sheet: Open) -> None:
    sheet = open_sheet(cell(ADDING, "a"), kernel="python3")
    panel = Panel(sheet)
    sheet.select("a")
    panel.press("a", 4)
    expect(panel.dots("a")).to_have_count(1)
    sheet.run("a")
    panel.stopped("Paused at a breakpoint", "cell 1, line 4")
    assert panel.line("a") == "total += n"
    expect(panel.value("total")).to_have_text("0")
    expect(panel.value("n")).to_have_text("1")
    expect(sheet.cell("a").locator(".iv").first).to_be_visible()
    expect(sheet.page.locator(".foot")).to_contain_text("Paused in cell 1, line 4")

    sheet.press("F10")
    panel.stopped("Paused after a step", "cell 1, line 3")
    expect(panel.value("total")).to_have_text("1")
    expect(panel.variable("total")).to_have_class("ch")
    panel.step("continue")
    panel.stopped("Paused at a breakpoint", "cell 1, line 4")
    expect(panel.value("n")).to_have_text("2")

    panel.side.get_by_role("button", name="cell 1", exact=False).filter(has_text="line 7").click()
    assert panel.line("a") == "add([1, 2, 3])"
    panel.press("a", 4)
    expect(panel.dots("a")).to_have_count(0)
    sheet.select("a")
    sheet.press("F9")
    expect(panel.side).to_be_hidden()  # it opened by itself, and goes when the run has ended
    expect(sheet.outputs("a")).to_have_text("6")


def test_values_can_be_opened_set_watched_and_used_at_the_prompt(open_sheet: Open) -> None:
    code = "def f():\n    rows = [(n, n * n) for n in range(250)]\n    here = len(rows)\n    return here, rows[0]\nf()"
    sheet = open_sheet(cell(code, "a"), kernel="python3")
    panel = Panel(sheet)
    sheet.select("a")
    panel.press("a", 4)
    sheet.run("a")
    panel.stopped("Paused at a breakpoint")
    panel.variable("rows").click()
    expect(panel.variable("99")).to_be_visible()
    panel.side.get_by_role("treeitem").filter(has_text="150 more").click()
    expect(panel.variable("199")).to_be_visible()
    panel.variable("rows").click()
    expect(panel.variable("99")).to_have_count(0)

    panel.variable("here").focus()
    sheet.press("Enter")
    panel.side.get_by_role("textbox", name="Set the value of here").fill("40 + 2")
    sheet.press("Enter")
    expect(panel.value("here")).to_have_text("42")

    panel.side.get_by_role("button", name="Add a watch").click()
    panel.side.get_by_role("textbox", name="Expression to watch").fill("here // 2")
    sheet.press("Enter")
    expect(panel.side.get_by_role("tree", name="Watch").locator(".vv")).to_have_text("21")

    panel.evaluate("rows[3]")
    expect(panel.said.last).to_have_text("(3, 9)")
    panel.evaluate("here = 7")
    expect(panel.value("here")).to_have_text("7")
    panel.evaluate("nothing")
    expect(panel.side.locator(".console .error")).to_contain_text("NameError")
    field = panel.side.get_by_role("combobox", name="Evaluate in f")
    field.fill("row")
    field.press("Tab")
    expect(field).to_have_value("rows")
    sheet.press("F9")
    sheet.idle()
    expect(sheet.outputs("a")).to_have_text("(7, (0, 0))")


def test_a_condition_a_log_point_and_a_wrong_condition_are_told_at_the_breakpoint(open_sheet: Open) -> None:
    code = "total = 0\nfor n in range(10):\n    total += n\nprint(total)"
    sheet = open_sheet(cell(code, "a"), kernel="python3")
    panel = Panel(sheet)
    sheet.select("a")
    panel.press("a", 3, "right")
    settings = sheet.page.get_by_role("dialog", name="Breakpoint, Line 3")
    settings.get_by_label("Only if").fill("n == 7")
    sheet.press("Enter")
    expect(settings).to_be_hidden()
    expect(panel.dots("a")).to_have_class("break condition waiting")
    panel.press("a", 4, "right")
    sheet.page.get_by_role("dialog").get_by_label("Log instead of stopping").fill("it is {total}")
    sheet.press("Enter")
    sheet.run("a")
    panel.stopped("Paused at a breakpoint", "line 3")
    expect(sheet.cell("a").locator(".iv").filter(has_text="n = 7").first).to_be_visible()
    sheet.press("F9")
    sheet.idle()
    sheet.press("Control+Shift+E")
    expect(panel.said).to_have_text("it is 45")

    panel.side.get_by_role("button", name="Edit the breakpoint at cell 1, line 3").click()
    sheet.page.get_by_role("dialog").get_by_label("Only if").fill("n ==")
    sheet.press("Enter")
    expect(panel.side.locator(".breakpoints .why-not")).to_contain_text("Cannot be set")
    expect(panel.dots("a").first).to_have_class("break condition problem")


def test_breakpoints_move_with_their_text_and_are_there_after_a_reload(open_sheet: Open) -> None:
    sheet = open_sheet(cell(ADDING, "a"), kernel="python3")
    panel = Panel(sheet)
    sheet.select("a")
    panel.press("a", 4)
    expect(panel.dots("a")).to_have_count(1)
    before = panel.dots("a").evaluate("dot => parseFloat(dot.style.top)")
    sheet.edit("a")
    sheet.press("Control+Home")
    sheet.type("# one\n# two\n")
    sheet.page.wait_for_function(
        "top => parseFloat(document.querySelector('.breaks > .break').style.top) === top", arg=before + 42
    )
    sheet.press("Escape")
    sheet.saved()
    sheet.page.reload()
    sheet.ready()
    expect(panel.dots("a")).to_have_count(1)
    sheet.run("a")
    panel.stopped("Paused at a breakpoint", "line 6")
    assert panel.line("a") == "total += n"
    sheet.press("Shift+F9")
    sheet.idle()


def test_a_stop_is_the_same_on_another_page_and_after_a_reload(
    open_sheet: Open, browsing: Browsing, desk: Desk
) -> None:
    sheet = open_sheet(cell("breakpoint()\nx = 1\ny = 2", "a"), kernel="python3")
    panel = Panel(sheet)
    sheet.run("a")
    panel.stopped("Paused at")
    other = Sheet.open(browsing.logged_in(desk.server).new_page(), desk.server, desk.path)
    elsewhere = Panel(other)
    elsewhere.stopped("Paused at")
    elsewhere.step("over")
    elsewhere.stopped("Paused after a step")
    panel.stopped("Paused after a step")
    number = panel.side.locator(".why").get_attribute("data-stop")
    sheet.page.reload()
    sheet.ready()
    expect(panel.side.locator(f'.why[data-stop="{number}"]')).to_be_visible()
    panel.step("continue")
    expect(elsewhere.side).to_be_hidden()
    sheet.idle()


def test_an_error_is_inspected_after_the_fact(open_sheet: Open) -> None:
    code = "def part(rows, key):\n    return rows[key]\n\ndef whole(rows):\n    found = 1\n    return part(rows, 'b')\n\nwhole({'a': 5})"
    sheet = open_sheet(cell(code, "a"), kernel="python3")
    panel = Panel(sheet)
    sheet.run("a")
    sheet.idle()
    sheet.cell("a").get_by_role("button", name="Inspect this error").click()
    panel.stopped("KeyError", "cell 1, line 2")
    assert panel.line("a") == "return rows[key]"
    expect(panel.value("key")).to_have_text("'b'")
    panel.side.get_by_role("button", name="whole").click()
    expect(panel.value("found")).to_have_text("1")
    panel.evaluate("found + 1")
    expect(panel.said.last).to_have_text("2")
    assert inaccessible(sheet) == []
    panel.side.get_by_role("button", name="Done").click()
    expect(sheet.cell("a").locator(".cm-line.at")).to_have_count(0)
    row = panel.side.get_by_role("list", name="Variables of the kernel").get_by_role("listitem")
    panel.side.get_by_role("button", name="Which variables are shown").click()
    panel.side.get_by_role("menuitemcheckbox", name="Functions").click()
    expect(row.filter(has_text="whole")).to_be_visible()


def test_what_runs_is_paused_looked_at_and_ended(open_sheet: Open) -> None:
    sheet = open_sheet(
        cell("import time\nn = 0\nwhile True:\n    n += 1\n    time.sleep(0.01)", "a"),
        cell("'on'", "b"),
        kernel="python3",
    )
    panel = Panel(sheet)
    sheet.press("Control+Shift+E")
    expect(panel.side).to_contain_text("Nothing is stopped")
    sheet.run("a")
    expect(panel.side).to_contain_text("Running cell 1", timeout=STOPPED)
    expect(sheet.page.locator(".kernel")).to_contain_text("busy")
    panel.side.get_by_role("button", name="Pause").click()
    panel.stopped("Paused", "cell 1")
    panel.evaluate("n > 0")
    expect(panel.said.last).to_have_text("True")
    panel.step("end")
    sheet.idle()
    sheet.run("b")
    expect(sheet.outputs("b")).to_have_text("'on'")


def test_a_cell_runs_by_line(open_sheet: Open) -> None:
    sheet = open_sheet(cell("a = 1\nb = a + 1\nc = b + 1", "a"), kernel="python3")
    panel = Panel(sheet)
    sheet.select("a")
    sheet.command("Run this cell line by line")
    panel.stopped("Paused", "line 1")
    panel.step("line")
    panel.stopped("Paused", "line 2")
    sheet.press("F10")
    panel.stopped("Paused", "line 3")
    expect(panel.value("b")).to_have_text("2")
    sheet.press("F10")
    sheet.idle()
    expect(panel.side).to_be_hidden()


def test_resting_on_a_name_shows_its_value(open_sheet: Open) -> None:
    sheet = open_sheet(cell(ADDING, "a"), kernel="python3")
    panel = Panel(sheet)
    sheet.select("a")
    panel.press("a", 4)
    sheet.run("a")
    panel.stopped("Paused at a breakpoint")
    name = sheet.cell("a").locator(".cm-line").nth(2)
    box = name.bounding_box()
    assert box
    where = name.evaluate(
        """line => { const walk = document.createTreeWalker(line, NodeFilter.SHOW_TEXT)
        while (walk.nextNode()) { const at = walk.currentNode.data.indexOf('numbers'); if (at < 0) continue
          const range = document.createRange(); range.setStart(walk.currentNode, at + 2); range.setEnd(walk.currentNode, at + 3)
          const { x, y, height } = range.getBoundingClientRect(); return [x + 1, y + height / 2] } }"""
    )
    sheet.page.mouse.move(*where)
    sheet.page.mouse.move(where[0] + 1, where[1])
    expect(sheet.page.get_by_role("tooltip")).to_contain_text("[1, 2, 3]")
    sheet.press("Escape")
    expect(sheet.page.get_by_role("tooltip")).to_have_count(0)
    sheet.press("Shift+F9")
    sheet.idle()


def test_on_a_phone_a_breakpoint_is_set_with_a_finger_and_the_panel_is_a_sheet(open_sheet: Open) -> None:
    sheet = open_sheet(cell(ADDING, "a"), kernel="python3", viewport=PHONE, has_touch=True, is_mobile=True)
    panel = Panel(sheet)
    sheet.page.get_by_role("button", name="Debugger").tap()
    expect(sheet.cell("a").locator(".code")).to_be_visible()
    sheet.page.touchscreen.tap(*panel.strip("a", 3))
    settings = sheet.page.get_by_role("dialog")
    expect(settings).to_contain_text("Line 3")
    settings.get_by_role("button", name="One line down").tap()
    expect(settings).to_contain_text("Line 4")
    settings.get_by_role("button", name="Done").tap()
    panel.side.get_by_role("button", name="Debug cell").tap()
    panel.stopped("Paused at a breakpoint", "cell 1, line 4")
    small = panel.side.evaluate(
        """side => [...side.querySelectorAll('button, select, input, [role=treeitem]')].filter((one) => one.checkVisibility() && !one.disabled)
        .map((one) => [one.outerHTML.slice(0, 90), (one.closest('.in') ?? one).getBoundingClientRect()])
        .filter(([html, { height }]) => height < 40 && !html.includes('grab')).map(([html]) => html)"""
    )
    assert small == []
    assert sheet.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert inaccessible(sheet) == []
    line = sheet.cell("a").locator(".cm-line.at").bounding_box()
    side = panel.side.bounding_box()
    assert line and side and line["y"] + line["height"] <= side["y"]
    panel.side.locator("[data-step=over]").tap()
    panel.stopped("Paused after a step")
    panel.side.get_by_role("button", name="Larger").tap()
    panel.side.locator("[data-step=end]").tap()
    sheet.page.wait_for_function("() => !document.querySelector('.why[data-stop]')")


def test_the_panel_is_accessible_and_says_aloud_where_it_stops(open_sheet: Open) -> None:
    sheet = open_sheet(cell(ADDING, "a"), kernel="python3")
    panel = Panel(sheet)
    sheet.edit("a")
    for _ in range(3):
        sheet.press("ArrowUp")
    sheet.press("F8")
    expect(panel.dots("a")).to_have_count(1)
    sheet.press("Escape", "Alt+Shift+Enter")
    panel.stopped("Paused at a breakpoint", "line 4")
    expect(
        sheet.page.locator("[aria-live=polite]").filter(has_text="Paused at a breakpoint, cell 1, line 4")
    ).to_have_count(1)
    assert inaccessible(sheet) == []
    panel.variable("numbers").focus()
    sheet.press("ArrowRight")
    expect(panel.variable("0")).to_be_visible()
    sheet.press("ArrowDown")
    expect(panel.variable("0")).to_be_focused()
    sheet.press("ArrowLeft")
    expect(panel.variable("numbers")).to_be_focused()
    sheet.press("F9")
    panel.stopped("Paused at a breakpoint", "line 4")
    expect(panel.value("n")).to_have_text("2")
    sheet.press("Shift+F9")
    sheet.idle()


def test_every_word_of_the_panel_is_chinese(browsing: Browsing, desk: Desk) -> None:
    desk.put(cell("import math\nmath.pi + 1", "a"), kernel="python3")
    page = browsing.context(locale="zh-CN").new_page()
    log_in(page, desk.server)
    sheet = Sheet.open(page, desk.server, desk.path)
    sheet.select("a")
    sheet.press("F8")
    expect(sheet.cell("a").locator(".breaks > .break")).to_have_count(1)
    sheet.run("a")
    side = page.get_by_role("complementary", name="调试器")
    expect(side.locator(".why[data-stop]")).to_contain_text("停在断点处", timeout=STOPPED)
    words = side.evaluate(
        """side => { const own = side.cloneNode(true)
        for (const code of own.querySelectorAll('.vv, .ty, .vn, code, select')) code.remove(); return own.textContent }"""
    )
    assert not [word for word in words.split() if word.isascii() and word.isalpha() and len(word) > 2], words
    assert inaccessible(sheet) == []
    sheet.press("Shift+F9")
    expect(side.locator(".why[data-stop]")).to_have_count(0)
