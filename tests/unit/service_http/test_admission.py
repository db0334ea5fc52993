import threading
import time
from functools import partial

import anyio
import pytest
from anyio import to_thread

from service import deadline
from service.admission import Admission, ClientGone, RateLimit
from service.problems import Problem


async def never() -> None:
    await anyio.sleep_forever()


class Work:
    """Blocks in a thread until released, and counts how often it ran and how many at a time."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.calls = self.now = self.most = 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        with self._lock:
            self.calls += 1
            self.now += 1
            self.most = max(self.most, self.now)
            number = self.calls
        self.release.wait(10)
        with self._lock:
            self.now -= 1
        return number

    async def begun(self, count: int) -> None:
        with anyio.fail_after(5):
            while self.calls < count:
                await anyio.sleep(0.005)


async def _until(admission: Admission, waiting: int) -> None:
    with anyio.fail_after(5):
        while admission.waiting != waiting:
            await anyio.sleep(0.005)


def test_no_more_run_at_a_time_than_there_are_slots() -> None:
    async def scenario() -> None:
        admission, work = Admission(2, 10, 5), Work()
        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(admission.run, work, never)
            await work.begun(2)
            await _until(admission, waiting=4)
            assert (admission.running, work.calls) == (2, 2)
            work.release.set()
        assert (work.calls, work.most) == (6, 2)
        assert (admission.running, admission.waiting) == (0, 0)

    anyio.run(scenario)


def test_one_too_many_is_refused_at_once_with_retry_after_and_costs_nothing() -> None:
    async def scenario() -> None:
        admission, work = Admission(1, 1, 5), Work()
        async with anyio.create_task_group() as group:
            group.start_soon(admission.run, work, never)
            await work.begun(1)
            group.start_soon(admission.run, work, never)
            await _until(admission, waiting=1)
            started = time.monotonic()
            with pytest.raises(Problem) as caught:
                await admission.run(work, never)
            assert time.monotonic() - started < 0.5
            assert caught.value.kind.name == "overloaded"
            assert 1 <= int(caught.value.headers["Retry-After"]) <= 10
            work.release.set()
        assert work.calls == 2

    anyio.run(scenario)


def test_who_waits_past_the_deadline_is_refused_and_costs_nothing() -> None:
    async def scenario() -> None:
        admission, work = Admission(1, 5, 0.05), Work()
        async with anyio.create_task_group() as group:
            group.start_soon(admission.run, work, never)
            await work.begun(1)
            with pytest.raises(Problem, match="waited too long"):
                await admission.run(work, never)
            work.release.set()
        assert work.calls == 1
        assert await admission.run(work, never) == 2

    anyio.run(scenario)


def test_who_would_wait_past_the_deadline_is_refused_at_once() -> None:
    async def scenario() -> None:
        admission, work = Admission(1, 5, 0.25), Work()
        await admission.run(lambda: time.sleep(0.2), never)
        async with anyio.create_task_group() as group:
            group.start_soon(admission.run, work, never)
            await work.begun(1)

            async def wait_in_vain() -> None:
                with pytest.raises(Problem, match="waited too long"):
                    await admission.run(work, never)

            # Half of 0.2 s: let in. One and a half times 0.2 s: refused, without waiting.
            group.start_soon(wait_in_vain)
            await _until(admission, waiting=1)
            with pytest.raises(Problem, match="that wait take too long"):
                await admission.run(work, never)
            assert admission.waiting == 1
            await _until(admission, waiting=0)
            work.release.set()
        assert work.calls == 1

    anyio.run(scenario)


def test_who_hangs_up_while_waiting_costs_nothing_and_frees_the_place() -> None:
    async def scenario() -> None:
        admission, work, gone = Admission(1, 5, 5), Work(), anyio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(admission.run, work, never)
            await work.begun(1)

            async def hang_up() -> None:
                with pytest.raises(ClientGone):
                    await admission.run(work, gone.wait)

            group.start_soon(hang_up)
            await _until(admission, waiting=1)
            gone.set()
            await _until(admission, waiting=0)
            work.release.set()
        assert work.calls == 1

    anyio.run(scenario)


def test_who_has_hung_up_before_a_slot_is_free_costs_nothing() -> None:
    async def scenario() -> None:
        admission, work = Admission(1, 5, 5), Work()

        async def gone() -> None:
            return

        with pytest.raises(ClientGone):
            await admission.run(work, gone)
        assert (work.calls, admission.running) == (0, 0)

    anyio.run(scenario)


def test_a_fault_of_the_work_frees_the_slot() -> None:
    def fail() -> None:
        raise ValueError("fault")

    async def scenario() -> None:
        admission = Admission(1, 0, 1)
        for _ in range(3):
            with pytest.raises(ValueError, match="fault"):
                await admission.run(fail, never)
        assert admission.running == 0

    anyio.run(scenario)


def test_a_cancelled_request_keeps_its_slot_until_its_thread_is_done() -> None:
    async def scenario() -> None:
        admission, work = Admission(1, 0, 1), Work()
        async with anyio.create_task_group() as group:
            group.start_soon(admission.run, work, never)
            await work.begun(1)
            group.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.05)
                assert admission.running == 1
                work.release.set()
        assert admission.running == 0

    anyio.run(scenario)


def test_other_threads_of_the_process_are_not_taken_by_questions() -> None:
    async def scenario() -> None:
        admission, work = Admission(1, 100, 5), Work()
        async with anyio.create_task_group() as group:
            for _ in range(60):
                group.start_soon(admission.run, work, never)
            await work.begun(1)
            with anyio.fail_after(2):
                assert await to_thread.run_sync(lambda: "free") == "free"
            work.release.set()

    anyio.run(scenario)


def test_the_rate_limit_counts_each_address_by_itself() -> None:
    limit = RateLimit(2)
    for _ in range(2):
        limit.check("10.0.0.1")
    limit.check("10.0.0.2")
    with pytest.raises(Problem) as caught:
        limit.check("10.0.0.1")
    assert caught.value.kind.status == 429
    assert 1 <= int(caught.value.headers["Retry-After"]) <= 60


def test_no_rate_limit_lets_everyone_in() -> None:
    limit = RateLimit(0)
    for _ in range(1_000):
        limit.check("10.0.0.1")


def patient(begun: threading.Event, given_up: threading.Event) -> str:
    """Work that looks at its deadline between steps, and would take ten seconds."""
    begun.set()
    for _ in range(2_000):
        try:
            deadline.check()
        except deadline.GivenUp:
            given_up.set()
            raise
        time.sleep(0.005)
    return "done"


def test_work_that_takes_too_long_is_given_up() -> None:
    async def scenario() -> None:
        admission = Admission(1, 1, 5, answer_timeout_s=0.05)
        begun, given_up = threading.Event(), threading.Event()
        with pytest.raises(Problem) as problem:
            await admission.run(partial(patient, begun, given_up), never)
        assert problem.value.kind.name == "timeout"
        assert int(problem.value.headers["Retry-After"]) > 0
        assert given_up.is_set()
        # The slot is free again, and a deadline does not outlive its question.
        assert admission.running == 0
        assert await admission.run(lambda: "next", never) == "next"

    anyio.run(scenario)


def test_work_is_given_up_when_the_client_hangs_up() -> None:
    async def scenario() -> None:
        admission = Admission(1, 1, 5)
        begun, given_up = threading.Event(), threading.Event()

        async def hang_up() -> None:
            while not begun.is_set():
                await anyio.sleep(0.005)

        with pytest.raises(ClientGone):
            await admission.run(partial(patient, begun, given_up), hang_up)
        assert given_up.is_set()
        assert admission.running == 0

    anyio.run(scenario)


def test_failure_of_the_work_is_raised_as_it_is() -> None:
    async def scenario() -> None:
        def fail() -> None:
            raise LookupError("no such thing")

        with pytest.raises(LookupError, match="no such thing"):
            await Admission(1, 1, 5).run(fail, never)

    anyio.run(scenario)


def test_without_a_deadline_nothing_is_given_up() -> None:
    deadline.check()
    with deadline.Deadline(60).applied():
        deadline.check()
