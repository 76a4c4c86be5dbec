"""The host's side of a debugger's connection: who may dial, and what is passed on."""

import json
import socket
import threading
from contextlib import contextmanager

import pytest

from octavo.kernels.host.debugging import Debuggers
from octavo.kernels.host.loop import Loop
from octavo.kernels.host.protocol import Refused


class Fake:
    """A debugger that dials."""

    def __init__(self, where):
        if where["port"]:
            self.socket = socket.create_connection((where["address"], where["port"]), 10)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(10)
            self.socket.connect(where["address"])
        self.file = self.socket.makefile("rb")

    def read(self):
        head = self.file.readline()
        if not head:
            return None
        self.file.readline()
        return json.loads(self.file.read(int(head.split(b":")[1])))

    def send(self, **message):
        body = json.dumps(message).encode()
        self.socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def reply(self, request, **body):
        self.send(type="response", request_seq=request["seq"], success=True, command=request["command"], body=body)

    def greet(self, where):
        request = self.read()
        assert request["command"] == "pydevdAuthorize"
        assert request["arguments"] == {"debugServerAccessToken": where["ours"]}
        self.reply(request, clientAccessToken=where["theirs"])
        for command in ("initialize", "setDebuggerProperty", "attach"):
            request = self.read()
            assert request["command"] == command
            self.reply(request)


class Host:
    """A loop in a thread, and what its debuggers tell."""

    def __init__(self, directory):
        self.told, self.news = [], threading.Condition()
        self.loop = Loop(self.crashed)
        self.debuggers = Debuggers(self.loop, str(directory), self.append)
        self.problems = []

    def crashed(self, callback, problem):
        self.problems.append(problem)

    def append(self, message, bulk):
        with self.news:
            self.told.append((message["event"], message["body"], bulk))
            self.news.notify_all()

    def call(self, function):
        """In the loop's thread."""
        done, found = threading.Event(), []

        def call():
            try:
                found.append(function())
            finally:
                done.set()

        self.loop.later(0, call)
        self.wake.send(b".")
        assert done.wait(10)
        return found[0]

    def until(self, event):
        with self.news:
            assert self.news.wait_for(lambda: any(told[0] == event for told in self.told), 10), self.told
            return next(told for told in self.told if told[0] == event)


@pytest.fixture
def host(tmp_path):
    with running(tmp_path) as made:
        yield made


@contextmanager
def running(directory):
    host = Host(directory)
    host.wake, waiter = socket.socketpair()
    host.loop.read(waiter.fileno(), lambda: waiter.recv(100) and None)
    thread = threading.Thread(target=host.loop.run)
    thread.start()
    try:
        yield host
    finally:
        host.call(lambda: (host.debuggers.end(), host.loop.stop()))
        thread.join(10)
        host.wake.close()
        waiter.close()
    assert host.problems == []


@pytest.mark.parametrize("tcp", [False, True])
def test_a_stranger_is_hung_up_on_and_who_was_asked_is_heard(host, tcp):
    where = host.call(lambda: host.debuggers.listen(tcp=tcp, attach={}))
    stranger = Fake(where)
    stranger.reply(stranger.read(), clientAccessToken="guess")
    assert stranger.read() is None
    fake = Fake(where)
    fake.greet(where)
    host.until("open")
    with pytest.raises(OSError):
        Fake(where)  # the listener is gone


def test_replies_find_who_asked_in_any_order_and_events_are_told(host):
    where = host.call(lambda: host.debuggers.listen(tcp=False, attach={}))
    fake = Fake(where)
    fake.greet(where)
    host.until("open")
    answers, done = {}, threading.Event()

    def answered(name):
        def answer(reply):
            answers[name] = reply["body"]["said"]
            if len(answers) == 2:
                done.set()

        return answer

    number = where["connection"]
    host.call(lambda: host.debuggers.ask(number, "threads", {}, answered("one"), 10))
    host.call(lambda: host.debuggers.ask(number, "scopes", {"frameId": 1}, answered("two"), 10))
    first, second = fake.read(), fake.read()
    fake.reply(second, said="second")
    fake.reply(first, said="first")
    assert done.wait(10)
    assert answers == {"one": "first", "two": "second"}
    fake.send(type="event", event="module", body={})
    fake.send(type="event", event="output", body={"output": "hello"})
    fake.send(type="event", event="stopped", body={"threadId": 1, "reason": "step"})
    assert host.until("stopped")[1] == {"threadId": 1, "reason": "step"}
    assert [told[0] for told in host.told] == ["open", "output", "stopped"]
    assert host.until("output")[2] is True
    assert host.call(host.debuggers.rows)[0]["stopped"] == [{"threadId": 1, "reason": "step"}]
    fake.socket.close()
    fake.file.close()
    host.until("closed")
    with pytest.raises(Refused):
        host.debuggers.ask(number, "threads", {}, print, 1)


@pytest.mark.parametrize("garbage", [b"nonsense\r\n\r\n", b"Content-Length: 99999999999\r\n\r\n", b"x" * 5000])
def test_what_cannot_be_understood_closes_the_connection(host, garbage):
    where = host.call(lambda: host.debuggers.listen(tcp=False, attach={}))
    fake = Fake(where)
    fake.greet(where)
    host.until("open")
    fake.socket.sendall(garbage)
    host.until("closed")
    assert host.call(host.debuggers.rows) == []
