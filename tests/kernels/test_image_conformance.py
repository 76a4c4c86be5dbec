"""jupyter_kernel_test's own suite, with a stock kernel and with a fork of a warm image: what one passes the other passes."""

import json
import os
import unittest
from pathlib import Path
from typing import Any

import anyio
import jupyter_kernel_test
import pytest
from jupyter_client import BlockingKernelClient
from reading import Kernel, content_of, start

from octavo.kernels import launching, specs
from octavo.kernels.connection import Host
from octavo.settings import schema

pytestmark = [pytest.mark.anyio, pytest.mark.kernel, pytest.mark.long]


def suite(connection_file: str) -> type[unittest.TestCase]:
    """The suite's Python samples, over a kernel that is there already."""

    class Python(jupyter_kernel_test.KernelTests):
        language_name, file_extension = "python", ".py"
        code_hello_world = "print('hello, world')"
        code_stderr = "import sys; print('test', file=sys.stderr)"
        completion_samples = [{"text": "zi", "matches": {"zip"}}]
        complete_code_samples = ["1", "print('hello, world')", "def f(x):\n  return x*2\n\n\n"]
        incomplete_code_samples, invalid_code_samples = ["def f(x):\n  x*2"], ["import = 7q"]
        code_page_something, code_generate_error, code_inspect_sample = "zip?", "raise", "zip"
        code_execute_result = [{"code": "1+2+3", "result": "6"}]
        code_display_data = [
            {"code": "from IPython.display import HTML, display; display(HTML('<b>t</b>'))", "mime": "text/html"},
            {"code": "from IPython.display import Math, display; display(Math('2'))", "mime": "text/latex"},
        ]
        code_history_pattern, supported_history_operations = "1?2*", ("tail", "range", "search")
        code_clear_output = "from IPython.display import clear_output; clear_output()"

        @classmethod
        def setUpClass(cls) -> None:
            cls.kc = BlockingKernelClient(connection_file=connection_file)
            cls.kc.load_connection_file()
            cls.kc.start_channels()
            cls.kc.wait_for_ready(30)

        @classmethod
        def tearDownClass(cls) -> None:
            cls.kc.stop_channels()

    return Python


def outcome(connection_file: str) -> tuple[int, dict[str, str]]:
    """How many ran, and the failures."""
    result = unittest.defaultTestLoader.loadTestsFromTestCase(suite(connection_file)).run(unittest.TestResult())
    bad = {
        test.id().rpartition(".")[2]: text.strip().splitlines()[-1] for test, text in result.failures + result.errors
    }
    return result.testsRun - len(result.skipped), bad


async def test_a_fork_passes_what_a_stock_kernel_passes(host: Host, tmp_path: Path) -> None:
    outcomes: list[Any] = []
    for images in (False, True):
        environment = {**os.environ, "IPYTHONDIR": str(tmp_path / f"{images}")}
        settings = schema.Kernels(images=images)
        spec = launching.launch_spec(specs.own_python(), cwd=tmp_path, environment=environment, settings=settings)
        kernel: Kernel = await (await start(host, spec)).ready()
        started = content_of(kernel.events[0])
        assert started.get("image", False) == images
        argv = Path(f"/proc/{started['pid']}/cmdline").read_text().split("\0")
        connection_file = argv[argv.index("-f") + 1]
        assert json.loads(Path(connection_file).read_text())["transport"] == "ipc"
        outcomes.append(await anyio.to_thread.run_sync(outcome, connection_file))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] >= 12
