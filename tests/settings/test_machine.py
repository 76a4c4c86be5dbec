import subprocess
import sys

from octavo.settings import machine

MEMINFO = "MemFree: 1 kB\nMemTotal:  2048 kB\n"


def test_without_control_groups_it_is_the_machine_s_memory(tmp_path):
    (tmp_path / "meminfo").write_text(MEMINFO)
    assert machine.memory_limit(proc=tmp_path, cgroups=tmp_path / "none") == 2048 * 1024


def test_the_smallest_limit_on_the_way_up_counts(tmp_path):
    (tmp_path / "self").mkdir()
    (tmp_path / "meminfo").write_text(MEMINFO)
    (tmp_path / "self/cgroup").write_text("0::/a/b\n")
    group = tmp_path / "groups/a/b"
    group.mkdir(parents=True)
    (group / "memory.max").write_text("max\n")
    (group.parent / "memory.max").write_text("4096\n")
    assert machine.memory_limit(proc=tmp_path, cgroups=tmp_path / "groups") == 4096


def test_the_first_version_of_control_groups_is_read_too(tmp_path):
    (tmp_path / "self").mkdir()
    (tmp_path / "meminfo").write_text(MEMINFO)
    (tmp_path / "self/cgroup").write_text("5:cpu:/x\n4:memory:/outside\n")
    top = tmp_path / "groups/memory"
    top.mkdir(parents=True)
    (top / "memory.limit_in_bytes").write_text("8192\n")
    assert machine.memory_limit(proc=tmp_path, cgroups=tmp_path / "groups") == 8192


def test_this_machine_has_memory():
    assert machine.memory_limit() > 2**26


def test_a_process_that_is_not_dumpable_starts_ordinary_ones_and_still_reads_its_own_memory():
    script = """
import ctypes, subprocess, sys
from octavo.settings import machine
machine.be_not_dumpable()
get = "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
exec(get)
sys.stdout.flush()
subprocess.run([sys.executable, "-I", "-c", get], check=True)
print("Pss:" in open("/proc/self/smaps_rollup").read())
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["0", "1", "True"]
