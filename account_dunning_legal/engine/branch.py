"""The ways through a procedure: no way may lead back.

>>> find_cycle({1: [2], 2: [3], 3: []})
[]
>>> find_cycle({1: [2], 2: [3], 3: [1]})
[1, 2, 3, 1]
"""

from collections.abc import Hashable, Mapping, Sequence


def find_cycle(ways: Mapping[Hashable, Sequence[Hashable]]) -> list[Hashable]:
    """Return the steps of a way that leads back to itself; empty if there is none.

    :param ways: step -> the steps that may follow it.
    """
    finished: set[Hashable] = set()

    def walk(step: Hashable, path: list[Hashable]) -> list[Hashable]:
        if step in path:
            return [*path[path.index(step) :], step]
        if step in finished:
            return []
        for following in ways.get(step, ()):
            cycle = walk(following, [*path, step])
            if cycle:
                return cycle
        finished.add(step)
        return []

    for step in ways:
        cycle = walk(step, [])
        if cycle:
            return cycle
    return []
