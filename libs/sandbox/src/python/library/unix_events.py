"""Stands in for asyncio's module of that name: an event loop that waits for timers alone, as there is nothing else to wait for."""

import _one_thread
import time

from . import base_events, events

__all__ = ("SelectorEventLoop", "DefaultEventLoopPolicy", "EventLoop")


class _Timers:
    """Answers as a selector without files does, after the time that it is asked to wait."""

    def select(self, timeout=None):
        if timeout is None:
            _one_thread.refuse_in_thread()
            raise RuntimeError("the event loop waits for something that never comes")
        if timeout > 0:
            time.sleep(timeout)
        return []


class SelectorEventLoop(base_events.BaseEventLoop):
    def __init__(self, selector=None):
        super().__init__()
        self._selector = _Timers()

    def _process_events(self, event_list):
        pass

    def _write_to_self(self):
        pass


EventLoop = SelectorEventLoop


class DefaultEventLoopPolicy(events.BaseDefaultEventLoopPolicy):
    _loop_factory = SelectorEventLoop
