"""What kustomize reads in a document besides its objects' fields → sites and inline texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.catalogue.entries import CONTAINERS
from imagelint.kubernetes.kustomize.hosts import read_host
from imagelint.kubernetes.kustomize.json_patch import why_no_operation
from imagelint.kubernetes.kustomize.kind_changes import NEW_KIND, changes_kind
from imagelint.kubernetes.kustomize.kinds import (
    HOSTS,
    is_host,
    is_kustomization,
    is_mistaken,
    is_plugin,
)
from imagelint.kubernetes.kustomize.kustomization import read_kustomization
from imagelint.kubernetes.kustomize.leads import (
    Lead,
    groups_of,
    image_key,
    in_patch_of_host,
    is_judged,
    lead_of_any,
)
from imagelint.kubernetes.kustomize.model import Inline, Role, Unjudged
from imagelint.kubernetes.kustomize.patches import read_node_patch, read_patch
from imagelint.kubernetes.kustomize.plugins import (
    read_configuration,
    read_plugin,
    read_replacements,
    unknown_plugin,
)
from imagelint.kubernetes.objects import KUSTOMIZATION_FILES, ObjectNode, find_objects
from imagelint.kubernetes.readers import BOTH, Reader, Value, resolve, type_of, views
from imagelint.kubernetes.search import Extract, ImageSite, add_site, extract, sites_of
from imagelint.model.finding import KubeObject
from imagelint.yaml.nodes import Mapping, ParseProblem, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.kustomize.json_patch import Found, Inside
    from imagelint.kubernetes.kustomize.model import (
        AddedText,
        FieldChange,
        FileRole,
        ImageEntry,
        Kustomization,
        Target,
    )
    from imagelint.kubernetes.readers import View
    from imagelint.yaml.nodes import Node, Tree

__all__ = ["completed", "extract_as", "inside_of"]

_NEW_NAME: Final = ("images", 0, "newName")
_POD: Final = KubeObject("v1", "Pod")
_OF_PODS: Final = tuple((containers, "image") for containers in CONTAINERS)
_PATCHES: Final = frozenset((Role.PATCH, Role.JSON_PATCH))
_PLUGINS: Final = frozenset((Role.TRANSFORMER, Role.GENERATOR))
_PATCH_FILE: Final = "it has a file applied as a patch, which is not read as one"


def completed(
    found: Extract,
    tree: Tree,
    catalogue: Catalogue,
    file_name: str,
    roles: Iterable[FileRole] = (),
) -> tuple[Extract, list[ParseProblem]]:
    """Add to an extract what kustomize reads in the document, in each of the file's roles.

    Also return why kustomize refuses it.
    """
    found, refusals = _completed(found, tree, catalogue, file_name)
    special = [role for role in roles if role.role.is_special]
    keeps_own = any(role.role is Role.RESOURCE for role in roles)
    for role in special:
        more, wrong = extract_as(tree, catalogue, role)
        found = _joined(found, more, keeps_own=keeps_own)
        keeps_own = True
        refusals += wrong
    return found, refusals


def extract_as(
    tree: Tree, catalogue: Catalogue, role: FileRole | Inline
) -> tuple[Extract, list[ParseProblem]]:
    """Return the contents of a document in a role, and why it is refused.

    It is refused by kustomize; if it is a manifest, also by kubectl.
    """
    if role.role is Role.RESOURCE:
        own = extract(tree, catalogue)
        found, refusals = _completed(own, tree, catalogue, "")
        return found, [*own.problems, *refusals]
    if role.role in _PATCHES:
        namespace = getattr(role, "namespace", "")
        inside = inside_of(catalogue, once=bool(tree.problems))
        found = read_patch(tree, catalogue, role.target, inside, namespace)
        found, refusals = _completed(found, tree, catalogue, "")
        added = [one for item, view in found.objects for one in _files_added(item, view)]
        refusals += _no_patch(tree.root, role.target, views(tree)[0])
        return found._replace(unjudged=(*found.unjudged, *added)), refusals
    found = Extract([], [], None)
    if role.role in _PLUGINS:
        found, refusals = _completed(extract(tree, catalogue), tree, catalogue, "")
        if isinstance(tree.root, Mapping) and _has_others(tree):
            found = found._replace(unjudged=(*found.unjudged, unknown_plugin(tree.root)))
        return found, refusals
    view = views(tree)[0]
    says: Kustomization | None = None
    if role.role is Role.REPLACEMENT:
        says = read_replacements(tree.root, view)
    elif role.role is Role.CONFIGURATION and isinstance(tree.root, Mapping):
        says = read_configuration(tree.root, view)
    if says is None:
        return found, []
    item = ObjectNode(says.mapping, "", KubeObject("", ""), BOTH)
    problems = [ParseProblem(*refusal) for refusal in says.refusals]
    return _with(found, item, says, view, catalogue, once=bool(tree.problems)), problems


def _no_patch(root: Node | None, target: Target | None, view: View) -> Iterator[ParseProblem]:
    """Yield why a document is not a patch for kustomize."""
    if isinstance(root, Scalar) and type_of(root) != "null":
        yield ParseProblem(root.start, f"it is a {type_of(root)}, not a patch")
    for index, item in enumerate(root.items if isinstance(root, Sequence) else ()):
        why = why_no_operation(item, view)
        if why:
            yield ParseProblem(item.start, f"[{index}] {why}")
    if isinstance(root, Sequence) and target is None:
        yield ParseProblem(root.start, "operations of JSON 6902 need a target")


def _has_others(tree: Tree) -> bool:
    """Whether an object configures a plugin that is not part of kustomize."""
    objects, _ = find_objects(tree.root, views(tree)[0], "")
    known = (is_plugin(item.meta) or is_kustomization(item.meta) for item in objects)
    return not objects or not all(known)


def _joined(found: Extract, more: Extract, *, keeps_own: bool) -> Extract:
    """Join two readings of one document; ``keeps_own``: the first counts beside the second.

    A patch that is only a patch is not an object itself: its target alone decides its namespace
    and name.
    """
    replaced = set() if keeps_own else {(id(site.node), site.within) for site in more.sites}
    known = set(map(_identity, found.sites))
    own = [site for site in found.sites if (id(site.node), site.within) not in replaced]
    new = [site for site in more.sites if not keeps_own or _identity(site) not in known]
    return found._replace(
        sites=sorted((*own, *new), key=lambda site: site.node.start),
        inline=tuple(dict.fromkeys((*found.inline, *more.inline))),
        unjudged=tuple(dict.fromkeys((*found.unjudged, *more.unjudged))),
        root=found.root or more.root,
    )


def _identity(site: ImageSite) -> tuple[Hashable, ...]:
    """Return the key by which two sites are equal for users: the same image of the same object."""
    _, kind, name, namespace, labels = site.object
    owner = (kind, name, namespace, *labels.items())
    return (site.field, id(site.node), site.within, site.value, owner)


def _completed(
    found: Extract, tree: Tree, catalogue: Catalogue, file_name: str
) -> tuple[Extract, list[ParseProblem]]:
    """Add what kustomize reads in the objects of a document."""
    refusals: list[ParseProblem] = []
    once = bool(tree.problems)
    is_file = file_name in KUSTOMIZATION_FILES
    for item, view in found.objects:
        if is_file and is_mistaken(item.meta):
            wrong = read_kustomization(item.mapping, view).refusals
            refusals += (ParseProblem(*refusal) for refusal in wrong)
        if view.reader is Reader.KUSTOMIZE and is_kustomization(item.meta):
            continue  # kustomize does not read that file as manifests
        for says in _sayings(item, view):
            found = _with(found, item, says, view, catalogue, once=once)
            if is_file and is_kustomization(item.meta):
                refusals += (ParseProblem(*refusal) for refusal in says.refusals)
    if found.objects:
        found.sites.sort(key=lambda site: site.node.start)
    return found, refusals


def _sayings(item: ObjectNode, view: View) -> Iterable[Kustomization]:
    if is_kustomization(item.meta):
        return (read_kustomization(item.mapping, view),)
    if is_plugin(item.meta):
        return (read_plugin(item.mapping, item.meta.kind, view),)
    return read_host(item.mapping, item.meta, view)


def _with(  # noqa: PLR0913 - what is known of an object
    found: Extract,
    item: ObjectNode,
    says: Kustomization,
    view: View,
    catalogue: Catalogue,
    *,
    once: bool,
) -> Extract:
    """Return an extract extended with the kustomize fields of one object."""
    sites: dict[tuple[Hashable, ...], ImageSite] = {}
    unjudged: list[Unjudged] = []
    texts: list[Inline] = []
    for one in _said(item, says, view, catalogue, once=once):
        if isinstance(one, Unjudged):
            unjudged.append(one)
        elif isinstance(one, Inline):
            texts.append(one)
        else:
            add_site(sites, one, view)
    inline = (text._replace(field=item.prefix + text.field) for text in texts)
    more = (one._replace(field=item.prefix + one.field) for one in unjudged)
    return found._replace(
        sites=[*found.sites, *sites.values()],
        inline=tuple(dict.fromkeys((*found.inline, *inline))),
        unjudged=tuple(dict.fromkeys((*found.unjudged, *more))),
    )


def _said(
    item: ObjectNode, says: Kustomization, view: View, catalogue: Catalogue, *, once: bool
) -> Iterator[Found]:
    """Yield the images that an object sets, its patches, and what only a build can tell of them."""
    yield from says.unjudged
    yield from says.inline
    for entry in says.images:
        if not catalogue.ignores(item.meta.group, item.meta.kind, _NEW_NAME):
            yield from _image_site(entry, item, view)
    for text in says.annotations:
        yield from _annotation_sites(text, item, view, catalogue)
    for change in says.changes:
        yield from _changed(change, item, view, catalogue)
    inside = inside_of(catalogue, once=once)
    for patch in says.node_patches:
        yield from read_node_patch(patch, view, catalogue, inside, once=once)


def inside_of(catalogue: Catalogue, *, once: bool) -> Inside:
    """Return a function that yields the kustomize fields of an object that a patch writes."""

    def inside(item: ObjectNode, view: View) -> Iterator[Found]:
        for says in read_host(item.mapping, item.meta, view):
            yield from _said(item, says, view, catalogue, once=once)
        yield from _files_added(item, view)

    return inside


def _files_added(item: ObjectNode, view: View) -> Iterator[Unjudged]:
    """Yield patch files that a patch adds to a host: kustomize does not read them as patches."""
    if is_host(item.meta.group, item.meta.kind):
        for says in read_host(item.mapping, item.meta, view):
            for path in says.paths:
                if path.role is Role.PATCH:
                    field = item.prefix + path.field
                    yield Unjudged(path.node, field, _PATCH_FILE, is_about_images=True)


def _image_site(entry: ImageEntry, item: ObjectNode, view: View) -> Iterator[ImageSite]:
    """Yield the image that an entry of ``images`` sets, if it sets more than a tag.

    Source: kustomize api, ``filters/imagetag/updater.go``: a tag overrides a suffix, and a digest
    follows the tag if both are set.
    """
    node = entry.new_name
    if node is None:
        return
    tag, digest = entry.new_tag, entry.digest
    tail = "" if tag is None else f":{tag.value}"
    if digest is not None:
        tail += f"@{digest.value}"
    yield ImageSite(
        Value("string", node.value + tail),
        node,
        item.meta,
        item.prefix + entry.new_name_field,
        None if entry.name is None else entry.name.value,
        "image",
        item.readers,
        tail=tail,
        has_separate_tag=not tail,
        views=frozenset({view.reader}),
    )


def _annotation_sites(
    text: AddedText, item: ObjectNode, view: View, catalogue: Catalogue
) -> Iterator[ImageSite]:
    """Yield the image in a pod's annotation, if the annotation holds one."""
    node: Scalar | Mapping = text.node
    for key in (text.key, "annotations", "metadata"):
        around = Mapping(text.node.start, text.node.end)
        around.pairs.append((Scalar(key, text.node.start, text.node.start, '"'), node))
        node = around
    assert isinstance(node, Mapping)
    pod = ObjectNode(node, "", _POD, item.readers)
    for site in sites_of(pod, view, catalogue, once=False):
        yield site._replace(object=item.meta, field=item.prefix + text.field)


def _changed(
    change: FieldChange, item: ObjectNode, view: View, catalogue: Catalogue
) -> Iterator[ImageSite | Unjudged]:
    """Yield the effect of a replacement or a fieldSpec on an image, if it has one."""
    if changes_kind(catalogue, change):
        yield Unjudged(change.node, change.field, NEW_KIND, is_about_images=True)
        return
    key = image_key(catalogue, change)
    if key is not None:
        message = f"{change.message} an image field ({'/'.join((*change.steps, key))})"
        yield Unjudged(change.node, change.field, message, is_about_images=True)
        return
    becomes = lead_of_any(catalogue, change.group, change.kind, change.steps)
    if becomes is Lead.NONE or (becomes is Lead.ABOVE and not change.is_whole):
        return
    if change.sets_images and _is_known(change, catalogue):
        return
    if change.value is not None and becomes is Lead.IMAGE:
        value, field = change.value, item.prefix + change.value_field
        read = resolve(value, view.reader)
        yield ImageSite(read, value, item.meta, field, None, "image", item.readers)
        return
    if change.source is not None:
        group, kind, steps = change.source
        if becomes is Lead.IMAGE and lead_of_any(catalogue, group, kind, steps) is Lead.IMAGE:
            return  # it is judged as an image at its source
    is_patch = any(
        in_patch_of_host(group, kind, change.steps)
        for group, kind in HOSTS
        if change.group in ("", group) and change.kind in ("", kind)
    )
    what = "a patch" if is_patch else "an image field"
    message = f"{change.message} {what} ({'/'.join(change.steps)})"
    yield Unjudged(change.node, change.field, message, is_about_images=True)


def _is_known(change: FieldChange, catalogue: Catalogue) -> bool:
    """Whether a field of a kind is judged as an image without this change."""
    if not change.kind:
        return change.steps[-2:] in _OF_PODS
    groups = (change.group,) if change.group else groups_of(catalogue, change.kind)
    return all(is_judged(catalogue, group, change.kind, change.steps) for group in groups)
