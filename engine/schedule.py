"""Runs the graph on threads: a step as soon as what it needs is good, a failure blocking only what needs it.

Where more steps are ready than jobs are free, the one with the longest way still before it goes first.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from queue import SimpleQueue

from engine import clock
from engine.critical import remaining
from engine.graph import Graph, Node
from engine.verdict import Verdict

TURN_S = 0.001
"""A thread that has begun a step is the only one to begin more, for so long. Threads that share out steps which find
nothing to do are busier with each other than with the steps: twice as slow, with eight of them."""

NOBODYS = (0, 0.0)
"""A turn is a thread's identity, and until when it lasts."""

CHAIN = 12
"""How many names a blocked step's chain has at most; all of each would be quadratic in the depth of the graph."""

Work = Callable[[Node], Verdict]

UNSAID_S = 1.0
"""What a step that does not say is taken to last: where none does, the one with the most steps behind it goes first."""


class Schedule:
    """One walk over the graph.

    work      brings a step about; called on any of `jobs` threads, must not raise
    told      gets each verdict once, on any thread, before a step begins that needs it
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
        self.work, self.told, self.fail_fast = work, told, fail_fast
        self.verdicts: dict[str, Verdict] = {} if verdicts is None else verdicts
        self.over: SimpleQueue[str] = SimpleQueue()
        """Gets "over" once every step has its verdict; a signal handler may put other words."""
        self.crash: BaseException | None = None
        self._order = [node for node in _longest_first(graph) if node.name not in self.verdicts]
        self._place = {node: place for place, node in enumerate(self._order)}
        self._todo = {node: sum(before in self._place for before in node.pre) for node in self._order}
        """Steps that have not begun, with how many others each still waits for."""
        self._ready = [place for place, node in enumerate(self._order) if not self._todo[node]]
        """Places in the order, as a heap."""
        self._turn = NOBODYS
        self._watched = False
        """Whether a thread waits for the turn to end."""
        self._untold = len(self._order)
        self._change = threading.Condition(threading.Lock())
        self._count = min(jobs, max(1, len(self._order)))

    def start(self) -> list[threading.Thread]:
        """Starts the threads; they end by themselves."""
        with self._change:
            self._finish_if_over()
        threads = [threading.Thread(target=self._worker, name=f"step-{i}", daemon=True) for i in range(self._count)]
        for thread in threads:
            thread.start()
        return threads

    def halt(self, why: str) -> None:
        """No further step starts; those that run go on to their end."""
        with self._change:
            if self._todo:
                self._halt(why)
                self._finish_if_over()

    def abandon(self, verdict_of: Callable[[Node], Verdict]) -> None:
        """Gives a verdict to the steps that still run, because nobody waits for them any longer."""
        for node in self._order:
            if node not in self._todo and node.name not in self.verdicts:
                verdict = verdict_of(node)
                if self._is_first(node, verdict):
                    with self._change:
                        self._follow(node, verdict)

    def _worker(self) -> None:
        try:
            with self._change:
                node = self._next()
            while node is not None:
                verdict = self.work(node)
                if not self._is_first(node, verdict):
                    return
                with self._change:
                    self._follow(node, verdict)
                    node = self._next()
        except BaseException as error:  # noqa: BLE001 - a bug of the engine: end the run with it, do not hang
            self.crash = error
            self.over.put("crash")

    def _is_first(self, node: Node, verdict: Verdict) -> bool:
        """Tells the verdict, unless the step was given up and has one already. Without the lock: it writes files."""
        if self.verdicts.setdefault(node.name, verdict) is not verdict:
            return False
        self.told(verdict)
        return True

    def _next(self) -> Node | None:
        """The step that this thread begins now; None when there is none any more. Waits with the lock given back."""
        me = threading.get_ident()
        while self._todo:
            whose, until = self._turn
            rest_s = until - clock.monotonic()
            if not self._ready:
                if whose == me:
                    self._turn = NOBODYS
                self._change.wait()
            elif whose == me or rest_s <= 0:
                self._turn = (me, clock.monotonic() + TURN_S)
                node = self._order[heappop(self._ready)]
                del self._todo[node]
                if self._ready and not self._watched:
                    self._change.notify()
                return node
            elif self._watched:
                self._change.wait()
            else:
                self._watched = True
                self._change.wait(rest_s)
                self._watched = False
        return None

    def _follow(self, node: Node, verdict: Verdict) -> None:
        """What the end of a step means for others: some are ready now, or blocked."""
        self._untold -= 1
        if verdict.good:
            self._release(node.dependents)
        else:
            self._block(node)
            if self.fail_fast:
                self._halt(f"{node.name} failed, and fail_fast is set")
        self._finish_if_over()

    def _release(self, dependents: list[Node]) -> None:
        for node in dependents:
            if node in self._todo:
                self._todo[node] -= 1
                if not self._todo[node]:
                    heappush(self._ready, self._place[node])

    def _block(self, failed: Node) -> None:
        """Everything that needs it gets its verdict, with the chain that leads to the failure."""
        queue: deque[tuple[Node, tuple[str, ...]]] = deque([(failed, (failed.name,))])
        while queue:
            node, chain = queue.popleft()
            for dependent in node.dependents:
                if dependent in self._todo:
                    self._leave_out(Verdict(dependent.name, "blocked", f"{failed.name} failed", chain=chain), dependent)
                    queue.append((dependent, _shortened((dependent.name, *chain))))

    def _halt(self, why: str) -> None:
        self._ready.clear()
        for node in list(self._todo):
            self._leave_out(Verdict(node.name, "blocked", f"not started: {why}"), node)

    def _leave_out(self, verdict: Verdict, node: Node) -> None:
        del self._todo[node]
        self.verdicts[node.name] = verdict
        self._untold -= 1
        self.told(verdict)

    def _finish_if_over(self) -> None:
        if not self._todo:
            self._change.notify_all()  # nothing is left to begin: idle threads may end
        if not self._untold:
            self.over.put("over")


def _shortened(chain: tuple[str, ...]) -> tuple[str, ...]:
    """The names at both ends, "…" between them where there are too many."""
    return chain if len(chain) <= CHAIN else (*chain[: CHAIN // 2], "…", *chain[1 - CHAIN // 2 :])


def _longest_first(graph: Graph) -> list[Node]:
    needs = {node: node.pre for node in graph.nodes}
    seconds = {node: node.step.typical_s or UNSAID_S for node in graph.nodes}
    left = remaining(needs, seconds)
    return sorted(graph.nodes, key=left.__getitem__, reverse=True)
