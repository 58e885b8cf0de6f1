"""What builds an object, and into which namespaces: kustomizations, Flux and Argo CD."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Build", "steps"]


@final
class Build:
    """A kustomization, or an object of Flux or Argo CD, as a step of one or more builds.

    Equal only to itself: a chain of them is long, and they share those above.
    """

    __slots__ = ("above", "destinations", "is_moving", "namespaces")

    def __init__(
        self,
        namespaces: frozenset[str] = frozenset(),
        above: tuple[Build, ...] = (),
        destinations: frozenset[str] = frozenset(),
        *,
        is_moving: bool = False,
    ) -> None:
        """Move objects into ``namespaces``; what is ``above`` includes the result.

        Objects without a namespace get one of ``destinations``. If it ``is_moving``, no object
        that it includes is without one. Without anything above, the build is complete.
        """
        self.namespaces = namespaces
        self.above = above
        self.destinations = destinations
        self.is_moving = is_moving


def steps(
    builds: Iterable[Build], *, is_placed: bool, barred: frozenset[str] = frozenset()
) -> Iterator[tuple[frozenset[str], bool]]:
    """Yield the namespaces of each step of builds, and whether the step completes a build.

    ``is_placed`` says whether the object states a namespace. Builds are followed up to a step with
    one of the ``barred`` namespaces.
    """
    work = [(build, is_placed) for build in builds]
    seen = set(work)
    while work:
        build, is_placed = work.pop()
        namespaces = build.namespaces if is_placed else build.namespaces | build.destinations
        if not barred.isdisjoint(namespaces):
            continue
        yield namespaces, not build.above
        is_placed |= build.is_moving
        new = [(one, is_placed) for one in build.above if (one, is_placed) not in seen]
        seen.update(new)
        work += new
