"""What is printed, and what the project wants of itself."""

import statistics
from collections.abc import Mapping, Sequence

import fixtures
import rivals
from loading import Figure
from revocation import Taken

BARE = "bare FastAPI"
# Ratios to the bare FastAPI endpoint.
BOUNDS = {
    fixtures.SEEN: 0.80,
    fixtures.FRESH: 0.45,
    fixtures.UNSEEN: 0.25,
    fixtures.TOKEN: 0.80,
    fixtures.UNSEEN_TOKEN: 0.28,
    fixtures.VALIDATE: 0.80,
    fixtures.REFRESH_PLAIN: 0.40,
    fixtures.REFRESH_ROTATING: 0.20,
    fixtures.CREATION: 0.18,
}
# What of SimpleJWT does the same.
LIKE = {
    fixtures.SEEN: rivals.SIMPLEJWT_ME,
    fixtures.FRESH: rivals.SIMPLEJWT_ME,
    fixtures.UNSEEN: rivals.SIMPLEJWT_ME,
    fixtures.REFRESH_SEEN: rivals.SIMPLEJWT_REFRESH,
    fixtures.REFRESH_PLAIN: rivals.SIMPLEJWT_REFRESH,
    fixtures.REFRESH_ROTATING: rivals.SIMPLEJWT_ROTATING,
}
TIMES_SIMPLEJWT = 8
MEGABYTES = 120

Figures = Mapping[str, Sequence[Figure]]


def rate(measured: Sequence[Figure]) -> float:
    return statistics.median(figure.per_second for figure in measured)


def spread(measured: Sequence[Figure]) -> str:
    """Between the best and the worst round, in per cent of the median."""
    if len(measured) == 1:
        return "-"
    rates = [figure.per_second for figure in measured]
    return f"{(max(rates) - min(rates)) / rate(measured):.0%}"


def main_table(figures: Figures) -> None:
    base = rate(figures[BARE])
    print(
        f"{'case':<48}{'ratio':>7}{'wanted':>8}{'x SimpleJWT':>13}{'req/s':>9}{'spread':>8}"
        f"{'p50 ms':>8}{'p99 ms':>8}{'p99/p50':>9}"
    )
    for name, measured in figures.items():
        per_second, p50, p99, _ = (statistics.median(column) for column in zip(*measured, strict=True))
        wanted = f"{BOUNDS[name]:.2f}" if name in BOUNDS else ""
        print(
            f"{name:<48}{per_second / base:>7.2f}{wanted:>8}{_times(figures, name):>13}{per_second:>9.0f}"
            f"{spread(measured):>8}{p50:>8.2f}{p99:>8.2f}{p99 / p50:>9.1f}"
        )
    print(f"x SimpleJWT: times what it does for the same; wanted: at least {TIMES_SIMPLEJWT}.")


def crowded_table(before: Figures, after: Figures, tokens: int) -> None:
    print(
        f"\n{'req/s with':<48}{'few tokens':>12}{'spread':>8}{f'{tokens:,} more':>16}{'spread':>8}{'after/before':>14}"
    )
    for name, measured in after.items():
        few = before[name]
        print(
            f"{name:<48}{rate(few):>12.0f}{spread(few):>8}{rate(measured):>16.0f}{spread(measured):>8}"
            f"{rate(measured) / rate(few):>14.2f}"
        )


def revocations(taken: Taken) -> None:
    print(f"\n{taken.times} revocations, two live processes: p50 {taken.p50:.2f} ms, p99 {taken.p99:.2f} ms")


def memory(at_start: int, under_load: int) -> None:
    print(f"memory of the process: {at_start} MB after start, {under_load} MB under load; wanted: at most {MEGABYTES}")


def _times(figures: Figures, name: str) -> str:
    peer = LIKE.get(name, "")
    return f"{rate(figures[name]) / rate(figures[peer]):.1f}" if peer in figures else ""
