"""A page that debugs: what a person does at the panel, and what it shows."""


def lines(picture):
    """Name, cell or file, and line of each frame, innermost first."""
    return [
        (frame["name"], frame["at"].get("cell") or frame["at"].get("path"), frame["at"]["line"])
        for frame in picture["frames"]
    ]


class Debugged:
    def __init__(self, page):
        self.page = page
        self.number = 0

    @property
    def state(self):
        return self.page.state.get("debug", {})

    @property
    def picture(self):
        return self.page.state.get("picture", {})

    async def done(self, kind, **fields):
        answer = await self.page.ask(kind, **fields)
        assert answer["type"] == "done", answer
        return answer.get("shown", {})

    async def refused(self, kind, **fields):
        answer = await self.page.ask(kind, **fields)
        assert answer["type"] == "failed", answer
        return answer["code"]

    async def breakpoint(self, name, cell, line, **more):
        """Set it, and wait until it is shown."""
        asked = {"id": name, "at": more.pop("at", {"cell": cell, "line": line}), **more}
        await self.done("debugBreakpoint", breakpoint=asked, edit=self.page.edits)
        await self.page.until(lambda: name in self.breakpoints())

    async def remove(self, *names):
        await self.done("debugRemove", breakpoints=list(names))
        await self.page.until(lambda: not set(names) & set(self.breakpoints()))

    def breakpoints(self):
        return {one["id"]: one for one in self.state.get("breakpoints", [])}

    async def stopped(self, seconds=30):
        """The next stop that was not seen yet."""
        await self.page.until(lambda: self.picture.get("number", 0) > self.number, seconds)
        self.number = self.picture["number"]
        return self.picture

    async def go(self, action, *, wait=True, **more):
        await self.done("debugGo", stop=self.number, action=action, **more)
        return await self.stopped() if wait else None

    def locals(self):
        return {one["name"]: one["value"]["value"] for one in self.picture["view"]["scopes"][0].get("variables", [])}

    def top(self):
        return self.picture["frames"][self.picture.get("top", 0)]

    async def evaluate(self, code, frame=None, stop=None, **more):
        shown = await self.done(
            "debugEvaluate",
            stop=self.number if stop is None else stop,
            frame=self.top()["id"] if frame is None else frame,
            code=code,
            **more,
        )
        return shown["evaluated"]["value"]
