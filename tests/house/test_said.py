"""What the server can say to a page has its sentence in 简体中文 (frontend/src/i18n/said.zh-hans.ts)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from octavo import errors

ROOT = Path(__file__).parents[2]
ROOMS = ("notebook", "document", "files", "session", "debug")
CATALOGUE = ROOT / "frontend" / "src" / "i18n" / "said.zh-hans.ts"
RAISED = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)}


def known() -> set[str]:
    lines = re.findall(r"""^ {2}(['"])(.+?)\1: ['"]""", CATALOGUE.read_text("utf-8"), re.MULTILINE)
    return {said for _, said in lines}


def template(node: ast.expr) -> Iterator[str]:
    """The sentence of an argument, `{}` for what is filled in; nothing where it is made elsewhere."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*template(body), *template(orelse))


def raised() -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for file in sorted((ROOT / "src" / "octavo" / room).glob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in RAISED:
                    continue
                hints = [keyword.value for keyword in node.keywords if keyword.arg == "hint"]
                for argument in [*node.args[:1], *hints]:
                    for said in template(argument):
                        if said.strip("{}."):
                            yield f"{room}/{file.name}", said


PROTOCOL = re.compile(
    "A binary frame|A frame of kind|An awareness|A state vector|A tab may|Edit {} came|{} cannot be the id|"
    r"file or directory '{}' does not exist"
)
"""What only a broken client is told, and Jupyter's own words."""


def test_every_sentence_of_the_server_is_there_in_chinese() -> None:
    lacking = {(where, said) for where, said in raised() if said not in known() and not PROTOCOL.match(said)}
    assert lacking == set()
