"""What is made ready around a process, the same for a plain start and for a fork of a warm image."""

import json
import os
import sys
from pathlib import Path

import pytest
import scripted
from reading import content_of, is_life, start, text_of

from octavo.kernels import launching, specs
from octavo.kernels.connection import Host
from octavo.kernels.events import LaunchSpec
from octavo.kernels.host import groups, guarding
from octavo.kernels.host.groups import Limits, Plan, Surroundings
from octavo.settings import schema

pytestmark = pytest.mark.anyio

LOOK = """
import json, os, resource
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
print(json.dumps({
    "session": os.getsid(0) == os.getpid(),
    "group": os.getpgid(0) == os.getpid(),
    "score": int(open("/proc/self/oom_score_adj").read()),
    "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
    "privileges": status["NoNewPrivs"].strip(),
    "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd")),
    "secrets": [name for name in os.environ if name.startswith("OCTAVO_") and name != "OCTAVO_PROCESS"],
    "readable": os.access("/proc/self/environ", os.R_OK),
}))
"""


def python_spec(*, images: bool, **changes: object) -> LaunchSpec:
    settings = schema.Kernels(images=images)
    environment = {**os.environ, "OCTAVO_SECRET": "x"}
    spec = launching.launch_spec(specs.find_spec("python3"), cwd="/", environment=environment, settings=settings)
    return LaunchSpec(**{name: changes.get(name, getattr(spec, name)) for name in spec.__struct_fields__})


@pytest.mark.kernel
@pytest.mark.parametrize("images", [False, True], ids=["plain", "fork"])
async def test_a_kernel_is_guarded_before_its_first_line(host: Host, images: bool) -> None:
    kernel = await (await start(host, python_spec(images=images))).ready()
    started = content_of(next(event for event in kernel.events if is_life("started")(event)))
    assert bool(started.get("image")) is images
    found = json.loads(text_of(await kernel.run(LOOK)))
    assert found["score"] == guarding.oom_score() > 0
    assert (found["session"], found["group"], found["core"], found["privileges"]) == (True, True, 0, "1")
    assert (found["secrets"], found["readable"]) == ([], True)


@pytest.mark.kernel
@pytest.mark.parametrize("images", [False, True], ids=["plain", "fork"])
async def test_new_privileges_are_let_where_a_setting_lets_them(host: Host, images: bool) -> None:
    kernel = await (await start(host, python_spec(images=images, new_privileges=True))).ready()
    assert json.loads(text_of(await kernel.run(LOOK)))["privileges"] == "0"


async def test_no_descriptor_of_the_host_reaches_a_kernel(host: Host) -> None:
    script = "import os, sys; print(sorted(os.listdir('/proc/self/fd')), file=sys.stderr); sys.exit(3)"
    spec = LaunchSpec(argv=[sys.executable, "-I", "-S", "-c", script], env={"PATH": os.environ["PATH"]}, cwd="/")
    exited = content_of(await (await start(host, spec)).until(is_life("exited")))
    assert exited["log"].split("]")[0] == "['0', '1', '2', '3'"  # 3: the folder that it lists


def around(**known: object) -> Surroundings:
    everything: dict[str, object] = {
        "group": "/sys/fs/cgroup/a", "controllers": frozenset({"memory", "cpu"}), "is_writable": True,
        "is_delegated": True, "others": 0, "has_systemd": True, "bus": "--user",
    }  # fmt: skip
    return Surroundings(**{**everything, **known})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "plan"),
    [
        ({}, Plan("delegated", "")),
        ({"has_systemd": False, "is_delegated": False}, Plan("delegated", "")),  # a container's own groups
        ({"is_delegated": False}, Plan("scope", "not-delegated")),  # root may write to any: that makes none ours
        ({"is_writable": False}, Plan("scope", "not-delegated")),
        ({"is_writable": False, "bus": ""}, Plan("none", "no-bus")),
        ({"is_writable": False, "has_systemd": False}, Plan("none", "not-delegated")),
        ({"others": 2}, Plan("scope", "shared")),
        ({"controllers": frozenset({"pids"})}, Plan("none", "no-memory")),
        ({"group": "", "controllers": frozenset()}, Plan("none", "no-version-2")),
    ],
)
def test_groups_are_used_where_they_are_ours_else_a_service_manager_is_asked(
    known: dict[str, object], plan: Plan
) -> None:
    assert groups.decide(around(**known)) == plan


def test_the_own_group_is_found_where_version_2_is_mounted() -> None:
    mounts = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
    assert groups.own_group("8:pids:/x\n0::/user/a\n", mounts) == "/sys/fs/cgroup/unified/user/a"
    assert groups.own_group("0::/\n", mounts) == "/sys/fs/cgroup/unified"
    assert groups.own_group("8:pids:/x\n", mounts) == groups.own_group("0::/\n", "") == ""


def test_a_leaf_has_the_limits_that_its_files_can_take(tmp_path: Path) -> None:
    limits = Limits(512_000_000, 1.5)
    assert groups.leaf_files(limits) == {
        "memory.max": "512000000",
        "memory.high": "486400000",
        "memory.swap.max": "0",
        "cpu.max": "150000 100000",
    }
    assert groups.leaf_files(Limits()) == {}
    leaf = tmp_path / "octavo-1"
    leaf.mkdir()
    for name in ("memory.max", "cpu.max"):
        (leaf / name).touch()
    assert groups.make_leaf(str(tmp_path), "octavo-1", limits) == str(leaf)
    assert [(leaf / name).read_text() for name in ("memory.max", "cpu.max")] == ["512000000", "150000 100000"]


@pytest.mark.parametrize(
    ("files", "held"),
    [
        ({"memory.max": "511995904\n", "cgroup.procs": "7\n42\n"}, True),  # rounded down to a page
        ({"memory.max": "max\n", "cgroup.procs": "42\n"}, False),
        ({"memory.max": "900000000\n", "cgroup.procs": "42\n"}, False),
        ({"cgroup.procs": "42\n"}, False),  # the controller of memory is not given to leaves
        ({"memory.max": "512000000\n", "cgroup.procs": "7\n"}, False),  # it could not go in
    ],
)
def test_a_limit_counts_as_enforced_only_where_the_group_has_it_and_the_process(
    tmp_path: Path, files: dict[str, str], held: bool
) -> None:
    own = groups.Groups()
    own.plan, own._top = Plan("delegated", ""), str(tmp_path)
    guard = guarding.Guard("1", {"memory": 512_000_000}, own)
    assert not guard.is_enforced(42)
    guard.make()
    for name, text in files.items():
        Path(guard.leaf, name).write_text(text)
    assert guard.is_enforced(42) is held
    unlimited = guarding.Guard("1", {}, own)
    unlimited.make()
    assert not unlimited.is_enforced(42)


def test_a_delegated_group_gives_its_processes_to_a_leaf_and_forgets_empty_ones(tmp_path: Path) -> None:
    (tmp_path / "cgroup.procs").write_text("7\n")
    (tmp_path / "cgroup.controllers").write_text("cpu io memory pids")
    (tmp_path / "cgroup.subtree_control").touch()
    (tmp_path / "octavo-old").mkdir()
    own = tmp_path / groups.OWN
    own.mkdir()
    (own / "cgroup.procs").touch()
    assert groups.open_top(str(tmp_path))
    assert (own / "cgroup.procs").read_text() == "7"
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory +cpu"
    assert not (tmp_path / "octavo-old").exists()


def test_a_scope_is_asked_for_with_the_limits() -> None:
    call = groups.scope_call("--user", 42, "0123456789abcdef", Limits(1000, 1.5))
    assert call[:3] == ["busctl", "--user", "call"]
    text = " ".join(call)
    assert "octavo-0123456789abcdef.scope fail 6 PIDs au 1 42" in text
    assert "MemoryMax t 1000 MemoryHigh t 950 MemorySwapMax t 0 CPUQuotaPerSecUSec t 1500000 0" in text


async def test_a_limit_that_is_none_is_refused(host: Host) -> None:
    from octavo import ids
    from octavo.errors import Invalid

    spec = scripted.launch_spec()
    wrong = LaunchSpec(argv=spec.argv, env=spec.env, cwd="/", memory=-1)
    with pytest.raises(Invalid, match="memory"):
        await host.start(ids.new_process(), ids.new_incarnation(), wrong, label="")
