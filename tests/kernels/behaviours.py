"""What a notebook can see of its kernel: code whose output is compared between a stock ipykernel and a fork of a warm image.

Run in order, in one kernel: later pieces use what earlier ones defined. Each prints something. `plain` makes two kernels' texts comparable.
"""

import re

SETUP = "import asyncio, gc, multiprocessing as mp, os, random, signal, subprocess, sys, threading, time, warnings"

PIECES = {
    "arguments": "print(len(sys.argv), os.path.basename(sys.argv[0]), sys.argv[1], os.path.basename(sys.argv[2])[:7])",
    "import path": "print(sys.path, [getattr(m, '__name__', type(m)) for m in sys.meta_path], sys.path_hooks)",
    "main module": """
import __main__
print(sorted(k for k in vars(__main__) if not k.startswith('_i')), vars(__main__) is globals(), __name__)
print(getattr(__main__, '__file__', None), __main__.__spec__, __main__.__loader__)
import pickle
class Kept: pass
print(type(pickle.loads(pickle.dumps(Kept()))) is Kept)""",
    "flags": "print(sys.flags, sys._xoptions, sys.warnoptions, sys.getrecursionlimit(), sys.executable, sys.prefix)",
    "hooks": "print(sys.excepthook, sys.displayhook, sys.gettrace(), sys.getprofile(), threading.excepthook)",
    "standard streams": """
for f in (sys.__stdin__, sys.__stdout__, sys.__stderr__): print(f.encoding, f.errors, f.line_buffering, f.fileno(), f.name)""",
    "folder and mask": "mask = os.umask(0); os.umask(mask); print(os.getcwd(), oct(mask), os.nice(0))",
    "environment": "print(sorted(os.environ.items()))",
    "environment of a child": "print(sorted(os.popen('env').read().splitlines()))",
    "environment in /proc": "print(sorted(open('/proc/self/environ').read().rstrip('\\0').split('\\0')))",
    "process": """
print(open('/proc/self/comm').read(), os.readlink('/proc/self/exe'), sys.argv[1:] == open('/proc/self/cmdline').read().split('\\0')[-3:-1])
print(os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid(), os.getppid() == HOST, os.getuid(), os.getgroups())
print(open('/proc/self/oom_score_adj').read())""",
    "limits": "import resource; print([(n, resource.getrlimit(getattr(resource, n))) for n in dir(resource) if n.startswith('RLIMIT')])",
    "status": "print([l for l in open('/proc/self/status') if l.split(':')[0] in ('SigBlk', 'SigIgn', 'SigCgt', 'NoNewPrivs', 'CapEff')])",
    "descriptors": """
def links():
    folder = '/proc/self/fd/'
    return sorted(os.readlink(folder + n).split(':')[0] for n in os.listdir(folder) if os.path.lexists(folder + n))
looks = []
for _ in range(5):  # the history may be being written at any of them
    time.sleep(0.1)
    looks.append(links())
print(min(looks, key=len))""",
    "signals": """
print([(s.name, str(signal.getsignal(s))) for s in signal.Signals if signal.getsignal(s) != signal.SIG_DFL])
print(signal.pthread_sigmask(0, []), signal.getitimer(0))""",
    "a signal handler": """
signal.signal(signal.SIGUSR1, lambda number, frame: print('got', number))
os.kill(os.getpid(), signal.SIGUSR1)""",
    "threads": """
main = threading.main_thread()
print(sorted((t.name, t.daemon) for t in threading.enumerate()))
print(main.ident == threading.get_ident(), main.native_id == os.getpid() == threading.get_native_id())""",
    "a thread": """
def say(): print('from a thread', threading.current_thread().native_id == threading.get_native_id())
t = threading.Thread(target=say); t.start(); t.join()""",
    "faulthandler": """
import faulthandler
print(faulthandler.is_enabled()); faulthandler.enable(); print(faulthandler.is_enabled()); faulthandler.disable()""",
    "locale": "import locale; print(locale.getlocale(), locale.getpreferredencoding(), locale.setlocale(0), sys.getfilesystemencoding())",
    "time zone": "print(time.tzname, time.strftime('%H %Z', time.localtime(0)))",
    "collector": "print(gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.callbacks)",
    "warnings": "print([str(f) for f in warnings.filters]); warnings.warn('old', DeprecationWarning); warnings.warn('told')",
    "logging": "import logging; print(logging.root.handlers, logging.root.level); logging.warning('w'); logging.getLogger('x').error('e')",
    "ipython": """
ip = get_ipython()
print(ip.config, ip.profile_dir.location, ip.colors, ip.autocall, STARTED)
print(sorted(ip.magics_manager.magics['line']), sorted(ip.magics_manager.magics['cell']))
print(sorted(ip.events.callbacks), ip.extension_manager.loaded, ip.Completer.use_jedi)""",
    "history": "print(ip.history_manager.enabled, len(In) == ip.execution_count, ip.history_manager.save_thread.is_alive())",
    "application": """
from ipykernel.kernelapp import IPKernelApp
app = IPKernelApp.instance()
print(app.parent_handle == HOST, app.poller, app.transport, app.config, app.log.handlers, app.log.level, bool(app.kernel.session.key))
from ipykernel import get_connection_file
print(get_connection_file() == sys.argv[2], os.path.exists(sys.argv[2]))""",
    "loop": """
loop = asyncio.get_running_loop()
print(type(loop), loop.get_debug(), type(asyncio.get_event_loop_policy()))
print(await asyncio.gather(asyncio.sleep(0, 1), asyncio.to_thread(int, '2')))
process = await asyncio.create_subprocess_exec('echo', 'hi', stdout=-1)
print(await process.communicate(), process.returncode)""",
    "an error": "def f(x):\n    return 1 / x\nf(0)",
    "a syntax error": "a = = 1",
    "output of the process": "os.write(1, b'one\\n'); time.sleep(0.5)",
    "os.system": "code = os.system('echo from sh; exit 3'); time.sleep(0.5); print(code)",
    "subprocess": """
code = 'import sys, os; print(sys.argv, sys.path[0], os.getcwd(), os.environ["FOO"])'
print(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True))""",
    "shell commands": "!echo bang $FOO\nx = !pwd\nprint(x)",
    "%%bash": "%%bash\necho in bash $FOO\nexit 5",
    "%run": "open('s.py', 'w').write('import sys; print(__name__, sys.argv, __file__)');\n%run s.py a b",
    "os.fork": """
p = os.fork()
if p == 0:
    os._exit(7)
print(os.waitpid(p, 0)[1])""",
    "multiprocessing": """
def square(x): return x * x
print(mp.get_start_method(), mp.parent_process(), mp.current_process())
with mp.get_context('fork').Pool(2) as pool: print('fork', pool.map(square, range(4)))
for method in ('spawn', 'forkserver'):
    with mp.get_context(method).Pool(2) as pool: print(method, pool.map(abs, [-1, -2, 3]))""",
    "executors": """
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
with ProcessPoolExecutor(2, mp_context=mp.get_context('fork')) as e: print(list(e.map(square, range(3))))
with ThreadPoolExecutor(2) as e: print(list(e.map(square, range(3))))""",
    "shared memory": """
from multiprocessing import Manager, shared_memory
s = shared_memory.SharedMemory(create=True, size=10); s.buf[0] = 1; s.close(); s.unlink()
with Manager() as m: d = m.dict(a=1); print(dict(d))""",
    "temporary files": "import tempfile; print(tempfile.gettempdir())",
    "libraries in C": "import ctypes, ssl; print(ssl.OPENSSL_VERSION, len(ssl.RAND_bytes(8)), ctypes.CDLL(None).getpid() == os.getpid())",
    "sqlite": "import sqlite3; print(sqlite3.connect(':memory:').execute('select 1').fetchall())",
    "a module made just now": "os.makedirs('pk', exist_ok=True); open('pk/new.py', 'w').write('v = 3'); import pk.new; print(pk.new.v)",
    "a module of the folder": "import local_thing; print(local_thing.VALUE)",
    "packages": "import importlib.metadata as md; print(len(list(md.distributions())), md.version('ipykernel'))",
    "sys.exit": "sys.exit(3)",
    "captured output": "%%capture c\nprint('x')",
    "what was captured": "print(repr(c.stdout))\n%env FOO",
    "display": "from IPython.display import HTML, display; display(HTML('<b>')); 1",
    "pandas": "import numpy as np, pandas as pd; print(pd.DataFrame({'a': np.arange(2)}))",
    "a plot": "import matplotlib, matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show(); print(matplotlib.get_backend())",
    "process times": "print(time.process_time() < 60, time.thread_time() < 60)",
}

INTERRUPTED = {
    "sleep": "time.sleep(60)",
    "an event": "threading.Event().wait(60)",
    "await": "await asyncio.sleep(60)",
    "a child": "subprocess.run(['sleep', '60'])",
    "a shell command": "!sleep 60",
    "%%bash": "%%bash\nsleep 60",
    "a loop": "while True: pass",
    "a pool": "with mp.get_context('fork').Pool(2) as pool: pool.map(time.sleep, [60, 60])",
}

ENDINGS = {
    "os._exit": "os._exit(5)",
    "SIGKILL": "os.kill(os.getpid(), 9)",
    "a crash": "import ctypes; ctypes.string_at(0)",
    "SIGTERM": "os.kill(os.getpid(), 15); time.sleep(60)",
    "exit()": "exit()",
}

RANDOM = """
import random, secrets, uuid, tempfile, multiprocessing.process, numpy
print(random.random(), secrets.token_hex(8), uuid.uuid1(), uuid.uuid4(), tempfile.mktemp(), os.urandom(8).hex(),
      numpy.random.rand(), numpy.random.default_rng().random(),
      bytes(multiprocessing.process.current_process().authkey).hex(), get_ipython().history_manager.session_number)"""


def plain(text: str, names: dict[str, str]) -> str:
    """Without what differs between any two kernels: `names` of this one, addresses, numbers of processes, colours."""
    for name, word in names.items():
        text = text.replace(name, word)
    for found, word in (
        (r"\x1b\[[0-9;]*m", ""),
        (r"0x[0-9a-f]+", "ADDRESS"),
        (r"/tmp/ipykernel_\d+/\d+", "CELL"),
        (r"Cell In\[\d+\]|ipykernel_\d+", "CELL"),
        (r"octavo-t-\w+/[0-9a-f]{8}", "NAME"),
        (r"started daemon \d+|StreamHandler \d+", "NUMBER"),
    ):
        text = re.sub(found, word, text)
    return text
