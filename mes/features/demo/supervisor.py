"""Starts the processes of the system, restarts what dies, ends them all. Standard library only.

A child knows its parent by two environment variables (`mes/web/parent.py`): the parent's process id
and a pipe whose far end only the parent holds, so that a killed parent leaves no child behind.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mes.clock import monotonic_s
from mes.web.parent import LIFE_KEY, PARENT_KEY

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
CALM_S = 60.0
"""A child that lived this long starts its row of restarts anew."""
STOP_S = 4.5
"""All children are gone within this time, by force at its end."""
TURN_S = 1.2
"""How long the edge has to hand over its last records before the web process is told to end."""
KILL_WAIT_S = 0.5
POLL_S = 0.05
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True, kw_only=True)
class Child:
    """A process to keep alive; `again` is its command line after the first start (None: same)."""

    name: str
    command: Sequence[str]
    again: Sequence[str] | None = None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    due_at: float | None = None
    starts: int = 0


@dataclass(slots=True)
class Supervisor:
    """The parent of all processes.

    Attributes:
        environment: what every child gets.
        say: called with a line for people when a child ended and is started again.
    """

    environment: Mapping[str, str]
    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    stop_signals: list[int] = field(default_factory=list)
    _wake: int = -1
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _life: int = -1
    _own_end: int = -1

    def __post_init__(self) -> None:
        self._wake, wake_far = os.pipe()
        self._life, self._own_end = os.pipe()  # children notice when our own end closes
        for descriptor in (self._wake, wake_far):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wake_far, warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, lambda received, _frame: self.stop_signals.append(received))
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._wake, selectors.EVENT_READ)

    @property
    def stopping(self) -> bool:
        """Whether somebody asked for the end."""
        return bool(self.stop_signals)

    def run_once(self, command: Sequence[str], *, output: bool = False) -> tuple[int, bytes]:
        """Run a command to its end; on a stop signal it is ended too.

        Args:
            output: give back its standard output (small) instead of showing it.
        """
        process = self._spawn(command, stdout=subprocess.PIPE if output else None)
        text = b""
        if output and process.stdout is not None:
            text = process.stdout.read()
        while process.poll() is None:
            if self.stopping:
                self._end([process])
                break
            self.wait(POLL_S)
        return process.returncode, text

    def start(self, child: Child) -> None:
        """Start a child and keep it alive from now on."""
        self.children.append(child)
        self._start(child)

    def turn(self, longest_s: float = 1.0) -> None:
        """Wait for something to happen, at most so long, and start again what is due."""
        self.wait(longest_s)
        now = monotonic_s()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._ended(child, now)
            if child.due_at is not None and child.due_at <= now and not self.stopping:
                self._start(child)

    def wait(self, longest_s: float) -> None:
        """Sleep until a signal, the end of a child, a restart that is due, or so long."""
        due = [child.due_at for child in self.children if child.due_at is not None]
        self._sleep(min([longest_s, *(at - monotonic_s() for at in due)]))

    def _sleep(self, seconds: float) -> None:
        if self._selector.select(max(0.0, seconds)):
            os.read(self._wake, 512)

    def stop(self) -> None:
        """End all children, the last started first; none is left after about `STOP_S`."""
        alive = [child.process for child in reversed(self.children) if child.process is not None]
        self._end(alive)
        self.children.clear()

    def _start(self, child: Child) -> None:
        command = child.command if child.starts == 0 or child.again is None else child.again
        child.process = self._spawn(command)
        child.started_at, child.due_at = monotonic_s(), None
        child.starts += 1

    def _ended(self, child: Child, now: float) -> None:
        assert child.process is not None
        if now - child.started_at > CALM_S:
            child.pause_s = FIRST_PAUSE_S
        child.due_at = now + child.pause_s
        status, child.process = child.process.returncode, None
        if not self.stopping:
            self.say(f"{child.name} ended with status {status}; again in {child.pause_s:g} s")
        child.pause_s = min(child.pause_s * 2, LONGEST_PAUSE_S)

    def _spawn(self, command: Sequence[str], stdout: int | None = None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own commands
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno() if stdout is None else stdout,
            start_new_session=True,
            pass_fds=[self._life],
            env={
                **self.environment,
                PARENT_KEY: str(os.getpid()),
                LIFE_KEY: str(self._life),
            },
        )

    def _end(self, processes: Sequence[subprocess.Popen[bytes]]) -> None:
        """End processes one after the other; each gets `TURN_S` before the next is told."""
        deadline = monotonic_s() + STOP_S
        for process in processes:
            if process.poll() is None:
                process.terminate()
                self._await_end([process], min(monotonic_s() + TURN_S, deadline))
        self._await_end(processes, deadline)
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(KILL_WAIT_S)

    def _await_end(self, processes: Sequence[subprocess.Popen[bytes]], until: float) -> None:
        while any(process.poll() is None for process in processes):
            left = until - monotonic_s()
            if left <= 0:
                return
            self._sleep(min(left, POLL_S))
