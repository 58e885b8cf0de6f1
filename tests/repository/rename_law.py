"""What kustomize would make of an abstract repository, worked out image by image, slowly.

Independent of the simulation under test: names are real regular expressions here, images are
followed one by one through every build, and what is expected of one is told from the text that its
name came from.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from imagelint.repository.rename_model import Override, Plan

if TYPE_CHECKING:
    from imagelint.repository.rename_model import Build, Entry, Image, Repository

__all__ = ["broken", "built"]

_TAIL = r"(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?\Z"
NO_PLAN = Plan({}, {}, {})


class Traveller(NamedTuple):
    """An image on its way: as it is, as it will be, and the name that it has and should have."""

    now: str
    after: str
    name: str
    wanted_name: str
    times: int
    """How often an entry comes by it, see ``rename_matching.applied``."""

    @property
    def wanted(self) -> str:
        assert self.now.startswith(self.name)
        return self.wanted_name + self.now.removeprefix(self.name)


def _name(image: str) -> str:
    slash = max(image.find("/"), 0)
    return image[:slash] + re.split("[:@]", image[slash:], maxsplit=1)[0]


def _set(image: str, entry: Entry, new_name: str) -> str:
    name = _name(image)
    rest = image.removeprefix(name)
    tag, _, digest = (
        rest.removeprefix(":").partition("@") if rest[:1] != "@" else ("", "", rest[1:])
    )
    if entry.new_tag or entry.digest:
        tag, digest = entry.new_tag, entry.digest
    elif entry.tag_suffix:
        tag, digest = tag + entry.tag_suffix, ""
    return f"{new_name or name}{tag and ':' + tag}{digest and '@' + digest}"


def _is_match(image: str, name: str) -> bool:
    return re.search(f"^{name}{_TAIL}", image) is not None


class _World:
    def __init__(self, repository: Repository, plan: Plan, times: int) -> None:
        self.repository = repository
        self.plan = plan
        self.times = times
        self.problems: list[str] = []

    def text_after(self, image: Image) -> str:
        return image.now if image.key in self.plan.refused else image.after

    def of_files(self, files: tuple[int, ...]) -> list[Traveller]:
        images = [image for file in files for image in self.repository.files[file]]
        return [
            Traveller(
                one.now,
                self.text_after(one),
                _name(one.now),
                _name(self.text_after(one)),
                self.times if one.is_selected else 0,
            )
            for one in images
        ]

    def build(self, number: int) -> list[Traveller]:
        out = self.through(number, [])
        self.problems += [
            f"build {number}: {one.now} becomes {one.after}, not {one.wanted}"
            for one in out
            if one.after != one.wanted
        ]
        return out

    def through(self, number: int, images: list[Traveller]) -> list[Traveller]:
        build = self.repository.builds[number]
        images = images + self.of_files(build.files)
        for below in build.builds:
            images = images + self.build(below)
        for component in build.components:
            images = self.through(component, images)
        images = images + self.of_files(build.patches)
        self.compare(build, images, is_late=False)
        images = [self.entries(build, one) for one in images]
        self.compare(build, images, is_late=True)
        return images

    def compare(self, build: Build, images: list[Traveller], *, is_late: bool) -> None:
        for number in build.exacts:
            exact = self.repository.exacts[number]
            text = self.plan.texts.get(number, exact.text)
            for one in images:
                if exact.is_late == is_late and one.now == exact.text and one.wanted != text:
                    self.problems.append(f"{one.wanted} is compared with {text}")

    def entries(self, build: Build, image: Traveller) -> Traveller:
        now, after = self.listed(build, NO_PLAN), self.listed(build, self.plan)
        return self.applied(image, now, after)

    def expanded(self, entries: tuple[int, ...], plan: Plan) -> list[tuple[str, int]]:
        return [
            (name, number)
            for number in entries
            for name in plan.names.get(number, (self.repository.entries[number].name,))
        ]

    def listed(self, build: Build, plan: Plan) -> list[tuple[str, int]]:
        own = self.expanded(build.entries, plan)
        on_top = self.expanded(build.overrides, plan)
        if build.override is Override.ARGO and on_top:
            images = dict(on_top)
            for name, number in own:
                images.setdefault(name, number)
            return sorted(images.items())
        for name, number in on_top:
            for place, (other, _) in enumerate(own):
                if other == name:
                    own[place] = (name, number)
                    break
            else:
                own.append((name, number))
        return own

    def applied(
        self, image: Traveller, now: list[tuple[str, int]], after: list[tuple[str, int]]
    ) -> Traveller:
        for name, number in now:
            entry = self.repository.entries[number]
            for _ in range(image.times):
                if _is_match(image.now, name):
                    new_name = entry.new_name.now if entry.new_name else ""
                    image = image._replace(now=_set(image.now, entry, new_name))
                    if entry.new_name:
                        wanted = self.text_after(entry.new_name)
                        image = image._replace(name=new_name, wanted_name=wanted)
        for name, number in after:
            entry = self.repository.entries[number]
            for _ in range(image.times):
                if _is_match(image.after, name):
                    new_name = self.text_after(entry.new_name) if entry.new_name else ""
                    image = image._replace(after=_set(image.after, entry, new_name))
        return image


def broken(repository: Repository, plan: Plan) -> list[str]:
    """Return where a build does not come out as it should; nothing for a plan that is right."""
    problems = []
    for times in (1, 2):
        world = _World(repository, plan, times)
        for number in range(len(repository.builds)):
            world.build(number)
        problems += world.problems
    return problems


def built(repository: Repository, plan: Plan, number: int) -> list[tuple[str, str]]:
    """Return the images of a build, before and after."""
    return [(one.now, one.after) for one in _World(repository, plan, 1).build(number)]
