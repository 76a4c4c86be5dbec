import re

import pytest

from octavo.web.pages import document, frame, titles, words
from octavo.web.pages.document import Built, BuiltPage, Setting

HOSTILE = "\"'><script>alert(1)</script>&{word}"
BUILT = Built(
    build="b1",
    pages={"files": BuiltPage("files-1.js", ["a.js"]), "login": BuiltPage("login-1.js", [])},
    styles={"app": "app-1.css"},
    fonts=["serif-1.woff2"],
    frame="frame-1.js",
)


def setting(**given: object) -> Setting:
    return Setting(**{"built": BUILT, "base": "/u/", "nonce": "n0nce", "xsrf": "x", "version": "0.1.0", **given})  # type: ignore[arg-type]


def test_both_languages_have_the_same_words_with_the_same_names() -> None:
    names = re.compile(r"\{\w+\}")
    assert words.ENGLISH.keys() == words.CHINESE.keys()
    for key, english in words.ENGLISH.items():
        assert set(names.findall(english)) == set(names.findall(words.CHINESE[key])), key


@pytest.mark.parametrize(
    ("cookie", "accept", "language"),
    [
        (None, "", "en"),
        (None, "de-DE,de;q=0.9", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        (None, "en;q=0.3, zh-TW;q=0.4", "zh-Hans"),
        (None, "zh;q=0, en", "en"),
        (None, "zh;q=high", "en"),
        ("en", "zh-CN", "en"),
        ("zh-Hans", "en", "zh-Hans"),
        ("x", "zh", "zh-Hans"),
    ],
)
def test_the_language_is_the_cookies_then_the_best_that_the_browser_accepts(
    cookie: str | None, accept: str, language: str
) -> None:
    assert words.choose_language(cookie, accept) == language


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_nothing_that_comes_from_outside_becomes_markup(language: words.Language) -> None:
    page = setting(language=language, xsrf=HOSTILE, profile=HOSTILE)
    for made in (
        titles.login_page(page, host=HOSTILE, next=HOSTILE),
        titles.choose_page(page, code=HOSTILE, least=8, next=HOSTILE),
        titles.missing_page(page, HOSTILE),
        titles.denied_page(page, HOSTILE),
        titles.broken_page(page, HOSTILE, HOSTILE),
        titles.invalid_notebook_page(page, HOSTILE, HOSTILE, HOSTILE),
        document.app_page(page, "files", HOSTILE),
    ):
        text = made.decode()
        assert "<script>alert" not in text
        assert "\"'><" not in text


def test_the_login_form_needs_no_script_and_says_what_was_wrong() -> None:
    made = titles.login_page(setting(), host="h", next="/u/n/a b.ipynb", problem="throttled", wait=600).decode()
    assert '<form method="post" action="/u/login"' in made
    assert 'name="password"' in made
    assert 'name="_xsrf" value="x"' in made
    assert 'name="next" value="/u/n/a b.ipynb"' in made
    assert "10 minutes" in made


def test_the_code_of_a_link_can_be_typed() -> None:
    made = titles.login_page(setting(), host="h", ask="code", problem="link").decode()
    assert 'name="code"' in made
    assert 'name="password"' not in made
    assert 'aria-describedby="hint wrong"' in made


def test_every_script_and_preload_of_an_app_page_has_the_nonce() -> None:
    made = document.app_page(setting(), "files", "home").decode()
    for tag in re.findall(r"<(?:script|link rel=\"modulepreload\")[^>]*>", made):
        assert 'nonce="n0nce"' in tag
    assert "'nonce-n0nce' 'strict-dynamic'" in document.policy("n0nce")
    assert "unsafe" not in document.policy("n0nce")


def test_only_the_notebook_s_page_speaks_before_its_scripts_are_there() -> None:
    notebook = document.app_page(setting(protocol=1, tab="t-4b"), "files", "a").decode()
    assert "&quot;tab&quot;: &quot;t-4b&quot;" in notebook
    assert notebook.index("new WebSocket(") < notebook.index(
        'rel="stylesheet"'
    )  # a style sheet that loads would hold it up
    assert "WebSocket" not in document.app_page(setting(), "files", "home").decode()


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("nb.example.org", "nb.example.org/base/frame/"),
        ("localhost:8888", "localhost:8888/base/frame/"),
        ("127.0.0.1:8888", "127.0.0.1:8888/base/frame/"),
        ("192.0.2.7:8888", "'self'"),
        ("[::1]:8888", "'self'"),
        ("x; script-src *", "'self'"),
    ],
)
def test_frames_are_output_documents_and_nothing_else_of_the_app(host: str, source: str) -> None:
    assert document.frames_of(host, "/base/") == source
    assert f"frame-src {source};" in document.policy("n0nce", document.frames_of(host, "/base/"))


def test_where_the_page_was_not_built_it_says_what_to_do() -> None:
    assert b"build.mjs" in document.app_page(setting(built=Built.of({})), "notebook", "x")


def test_an_invalid_notebook_shows_what_the_file_holds() -> None:
    made = titles.invalid_notebook_page(setting(), "a&b.ipynb", "It ends early.", "<<<<<<< HEAD\n").decode()
    assert "&lt;&lt;&lt;&lt;&lt;&lt;&lt; HEAD" in made
    assert 'href="/u/files/a%26b.ipynb?download=1"' in made


def test_a_frame_has_the_sandbox_and_the_script_that_tells_its_height() -> None:
    made = frame.frame_page("<b>hi</b>", "text/html", theme="dark", script="tell('</script>')").decode()
    assert "<b>hi</b>" in made
    assert "tell('<\\/script>')" in made
    assert frame.POLICY.startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in frame.POLICY


def test_a_script_output_cannot_end_its_own_element_early() -> None:
    made = frame.frame_page("element.textContent='</script><!--'", "application/javascript", theme="light", script="")
    assert made.decode().count("</script>") == 2


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "1 second"), (0.2, "1 second"), (59.5, "60 seconds"), (91, "2 minutes")]
)
def test_a_wait_is_never_said_too_short(seconds: float, said: str) -> None:
    assert words.duration(seconds, "en") == said
