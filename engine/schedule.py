"""Runs the graph on threads: a step as soon as what it needs is good, a failure blocking only what needs it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

from engine.graph import Graph, Node
from engine.verdict import Verdict

Work = Callable[[Node], Verdict]


class Schedule:
    """One walk over the graph.

    work      brings a step about; called on any of `jobs` threads, must not raise
    told      gets each verdict once, on the thread where it came about
    verdicts  steps that ended well earlier in this run, which are not run again; this walk adds its own
    """

    def __init__(
        self,
        graph: Graph,
        jobs: int,
        work: Work,
        told: Callable[[Verdict], None],
        *,
        fail_fast: bool = False,
        verdicts: dict[str, Verdict] | None = None,
    ) -> None:
        self.graph, self.jobs, self.work, self.told, self.fail_fast = graph, jobs, work, told, fail_fast
        self.verdicts: dict[str, Verdict] = {} if verdicts is None else verdicts
        self.over: SimpleQueue[str] = SimpleQueue()
        """Gets "over" once every step has its verdict; a signal handler may put other words."""
        self.crash: BaseException | None = None
        self._sorter = graph.sorter(lambda node: node.name in self.verdicts)
        self._todo = {node for node in graph.nodes if node.name not in self.verdicts}
        self._running: set[Node] = set()
        self._ready: deque[Node] = deque()
        self._change = threading.Condition(threading.Lock())
        self._halted = ""
        self._ended = False

    def start(self) -> list[threading.Thread]:
        """Starts the threads; they end by themselves."""
        with self._change:
            self._ready.extend(self._sorter.get_ready())
            self._finish_if_over()
        count = min(self.jobs, max(1, len(self._todo)))
        threads = [threading.Thread(target=self._worker, name=f"step-{i}", daemon=True) for i in range(count)]
        for thread in threads:
            thread.start()
        return threads

    def halt(self, why: str) -> None:
        """No further step starts; those that run go on to their end."""
        with self._change:
            self._halt(why)
            self._change.notify_all()

    def abandon(self, verdict_of: Callable[[Node], Verdict]) -> None:
        """Gives a verdict to the steps that still run, because nobody waits for them any longer."""
        with self._change:
            for node in list(self._running):
                self._running.discard(node)
                self._conclude(node, verdict_of(node))
            self._finish_if_over()

    def _worker(self) -> None:
        try:
            while (node := self._next()) is not None:
                verdict = self.work(node)
                with self._change:
                    if node not in self._running:  # abandoned meanwhile
                        return
                    self._running.discard(node)
                    self._conclude(node, verdict)
                    self._finish_if_over()
        except BaseException as error:  # noqa: BLE001 - a bug of the engine: end the run with it, do not hang
            self.crash = error
            self.over.put("crash")

    def _next(self) -> Node | None:
        with self._change:
            while not self._ready and not self._ended:
                self._change.wait()
            if not self._ready:
                return None
            node = self._ready.popleft()
            self._running.add(node)
            return node

    def _conclude(self, node: Node, verdict: Verdict) -> None:
        self._todo.discard(node)
        self.verdicts[node.name] = verdict
        self.told(verdict)
        if not verdict.good:
            self._block(node)
            if self.fail_fast:
                self._halt(f"{node.name} failed, and fail_fast is set")
        elif not self._halted:
            self._sorter.done(node)
            ready = self._sorter.get_ready()
            self._ready.extend(ready)
            if len(ready) > 1:  # one of them is for this thread
                self._change.notify(len(ready) - 1)

    def _block(self, failed: Node) -> None:
        """Everything that needs it gets its verdict, with the chain that leads to the failure."""
        queue: deque[tuple[Node, tuple[str, ...]]] = deque([(failed, (failed.name,))])
        while queue:
            node, chain = queue.popleft()
            for dependent in node.dependents:
                if dependent in self._todo:
                    self._todo.discard(dependent)
                    verdict = Verdict(dependent.name, "blocked", f"{failed.name} failed", chain=chain)
                    self.verdicts[dependent.name] = verdict
                    self.told(verdict)
                    queue.append((dependent, (dependent.name, *chain)))

    def _halt(self, why: str) -> None:
        if self._halted:
            return
        self._halted = why
        self._ready.clear()
        for node in self.graph.nodes:
            if node in self._todo and node not in self._running:
                self._todo.discard(node)
                verdict = Verdict(node.name, "blocked", f"not started: {why}")
                self.verdicts[node.name] = verdict
                self.told(verdict)
        self._finish_if_over()

    def _finish_if_over(self) -> None:
        if not self._todo and not self._running and not self._ended:
            self._ended = True
            self._change.notify_all()
            self.over.put("over")
