import threading
import time

from exporter_stub.clock import RealClock, SimulatedClock


def test_simulated_time_ticks_from_its_beginning_to_its_end() -> None:
    ticks: list[float] = []
    clock = SimulatedClock(100, 160, 15, ticks.append)
    assert clock.wait_until(115)
    assert (clock.now(), ticks) == (115, [100, 115])
    assert clock.wait_until(116)
    assert ticks == [100, 115]
    assert not clock.wait_until(1000)
    assert (clock.now(), ticks) == (160, [100, 115, 130, 145, 160])


def test_time_stands_at_the_tick_while_it_ticks() -> None:
    seen: list[tuple[float, float]] = []
    clock = SimulatedClock(0, 30, 10, lambda when: seen.append((when, clock.now())))
    clock.wait_until(25)
    assert seen == [(0, 0), (10, 10), (20, 20)]
    assert clock.now() == 25


def test_real_time_comes_unless_it_is_stopped() -> None:
    stop = threading.Event()
    clock = RealClock(stop)
    assert abs(clock.now() - time.time()) < 1
    assert clock.wait_until(clock.now() - 5)
    begun = clock.now()
    assert clock.wait_until(begun + 0.02)
    assert clock.now() >= begun + 0.02
    stop.set()
    assert not clock.wait_until(clock.now() + 3600)
