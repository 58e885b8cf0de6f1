"""Generated repositories of kustomizations: chains, components, patches, pins, in several hands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from pathlib import Path

__all__ = ["POLICY", "REGISTRIES", "write_tree"]

HARBOR = "harbor.myco.com"
REGISTRIES = ("docker.io", "quay.io")
POLICY = f"""\
version: 1
harbor: {{host: {HARBOR}, projects: {{docker.io: docker.io, quay.io: quay.io}}}}
environments: {{prod: {{allow: [{HARBOR}]}}}}
default: prod
"""
NAMES = (
    *("nginx", "nginx", "redis", "docker.io/redis", "quay.io/a/app", "quay.io/a/b.c", "org/n-x"),
    *(f"{HARBOR}/docker.io/nginx", f"{HARBOR}/quay.io/a/app", "ghcr.io/not/approved", "org/n.x"),
)
TAILS = (":1.25", ":1.25", ":2", "", "@sha256:" + "0a" * 32, ":2@sha256:" + "0b" * 32)
DIGEST = "sha256:" + "cd" * 32


class _Writer:
    def __init__(self, root: Path, source: random.Random) -> None:
        self.root = root
        self.source = source
        self.count = 0

    def image(self) -> str:
        return self.source.choice(NAMES) + self.source.choice(TAILS)

    def write(self, name: str, content: Any) -> None:
        """Write a file: as JSON, or as YAML of one hand or another."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content, indent=self.source.choice([None, 2]))
        if self.source.random() < 0.8:
            text = "\n".join(self.lines(content)) + self.source.choice(["\n", "\n", ""])
        if self.source.random() < 0.1:
            text = text.replace("\n", "\r\n")
        path.write_bytes(text.encode())

    def lines(self, content: Any) -> list[str]:
        """Return YAML in block style, with flow and comments here and there."""
        if not isinstance(content, (dict, list)) or not content or self.source.random() < 0.1:
            return [self.scalar(content)]
        lines: list[str] = []
        for item in content:
            if isinstance(content, dict):
                below = self.lines(content[item])
                is_nested = isinstance(content[item], (dict, list)) and len(below) > 1
                is_nested = is_nested or below[0].startswith("- ") or ": " in below[0][:30]
                is_flow = below[0][:1] in "[{\"'"
                if is_nested and not (is_flow and len(below) == 1):
                    lines += [f"{item}:", *(f"  {line}" for line in below)]
                else:
                    lines.append(f"{item}: {below[0]}")
            else:
                first, *rest = self.lines(item)
                lines += [f"- {first}", *(f"  {line}" for line in rest)]
                if self.source.random() < 0.1:
                    lines.append("# a comment")
        return lines

    def scalar(self, content: Any) -> str:
        text = json.dumps(content)
        is_plain = isinstance(content, str) and content[:1].isalpha() and ": " not in content
        is_plain = is_plain and not set(content) & set("#{}[],&*!|>'\"%\n")
        return content if is_plain and self.source.random() < 0.7 else text

    def manifest(self, name: str) -> None:
        items = [self.workload() for _ in range(self.source.randint(1, 3))]
        self.write(name, items[0] if len(items) == 1 else {**_LIST, "items": items})

    def workload(self) -> dict[str, Any]:
        self.count += 1
        spec: dict[str, Any] = {
            "containers": [
                {"name": f"c{at}", "image": self.image()} for at in range(self.source.randint(1, 3))
            ]
        }
        if self.source.random() < 0.3:
            spec["initContainers"] = [{"image": self.image(), "name": "i"}]
        kinds = [*["Deployment"] * 4, *["Pod", "CronJob", "Prometheus"] * 2, "ConfigMap"]
        kind = self.source.choice(kinds)
        meta = {"name": f"w{self.count}"}
        template = {"metadata": {"labels": {"a": "b"}}, "spec": spec}
        if kind in {"Pod", "ConfigMap"}:  # kustomize changes what looks like a pod spec anywhere
            return {"apiVersion": "v1", "kind": kind, "metadata": meta, "spec": spec}
        if kind == "CronJob":
            job = {"schedule": "@daily", "jobTemplate": {"spec": {"template": template}}}
            return {"apiVersion": "batch/v1", "kind": kind, "metadata": meta, "spec": job}
        if kind == "Prometheus":
            own = {"image": self.image(), "containers": spec["containers"]}
            version = "monitoring.coreos.com/v1"
            return {"apiVersion": version, "kind": kind, "metadata": meta, "spec": own}
        own = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
        return {"apiVersion": "apps/v1", "kind": kind, "metadata": meta, "spec": own}

    def entry(self) -> dict[str, str]:
        choice = self.source.choice
        name = choice([*NAMES, "nginx", "quay.io/a/b", "nginx:1.25", "org/n.x", "quay.io/a/..."])
        entry = {"name": name, "newName": choice(["", "", *NAMES])}
        entry |= {"newTag": choice(["", "1.26", "1.25"]), "digest": choice(["", "", "", DIGEST])}
        entry["tagSuffix"] = choice(["", "", "", "", "-x"])
        if self.source.random() < 0.02:
            entry["name"] = "nginx|redis"
        keys = [key for key, value in entry.items() if value]
        self.source.shuffle(keys)
        return {key: entry[key] for key in keys}

    def patch(self) -> dict[str, Any]:
        """Return a patch of all Deployments, that there may be none of."""
        image, target = self.image(), {"kind": "Deployment"}
        if self.source.random() < 0.5:
            containers = [{"name": "c0", "image": image}]
            spec = {"template": {"spec": {"containers": containers}}}
            merged = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "any"}}
            return {"patch": json.dumps({**merged, "spec": spec}), "target": target}
        container = "/spec/template/spec/containers/0"
        path = f"{container}/image"
        operations: list[dict[str, Any]] = [{"op": "replace", "path": path, "value": image}]
        if self.source.random() < 0.3:
            operations.insert(0, {"op": "test", "path": path, "value": self.image()})
        elif self.source.random() < 0.3:
            whole = {"name": "c0", "image": image}
            operations += [{"op": "test", "path": container, "value": whole}]
        return {"patch": "\n".join(self.lines(operations)), "target": target}

    def transformer(self, folder: str, number: int) -> str:
        """Write a transformer in a file or a folder, or return its text."""
        meta = {"apiVersion": "builtin", "metadata": {"name": f"t{number}"}}
        made: dict[str, Any] = {**meta, "kind": "ImageTagTransformer", "imageTag": self.entry()}
        if self.source.random() < 0.5:
            made = {**meta, "kind": "PatchTransformer", **self.patch()}
            if self.source.random() < 0.6:
                (self.root / folder).mkdir(exist_ok=True)
                (self.root / folder / f"t{number}.patch").write_text(made.pop("patch"))
                made["path"] = f"t{number}.patch"
        form = self.source.choice(["file", "folder", "inline"])
        if form == "inline":
            return json.dumps(made)
        name = f"t{number}.yaml" if form == "file" else f"t{number}"
        if form == "folder":
            self.write(f"{folder}/{name}/kustomization.yaml", {"resources": ["t.yaml"]})
        self.write(f"{folder}/{name}" + "/t.yaml" * (form == "folder"), made)
        return name

    def kustomization(self, number: int, below: list[int], components: list[int]) -> bool:
        """Write a kustomization and what it takes in; return whether it is a component."""
        folder, chance = f"k{number}", self.source.random
        is_component = number > 0 and chance() < 0.25
        content: dict[str, Any] = {"kind": "Component" if is_component else "Kustomization"}
        version = "v1alpha1" if is_component else "v1beta1"
        content["apiVersion"] = f"kustomize.config.k8s.io/{version}"
        resources = [f"../k{one}" for one in below if chance() < 0.5]
        if not resources or chance() < 0.4:
            for at in range(self.source.randint(1, 2)):
                resources.append(f"m{at}.yaml")
                self.manifest(f"{folder}/m{at}.yaml")
        if not is_component or chance() < 0.3:
            content["resources"] = resources
            content["namePrefix"] = f"p{number}-"
        taken = [f"../k{one}" for one in components if chance() < 0.5]
        content["components"] = taken
        content["images"] = [self.entry() for _ in range(self.source.randint(0, 3))]
        if chance() < 0.3:
            content["patches"] = [self.patch() for _ in range(self.source.randint(1, 2))]
            if chance() < 0.5:
                self.write(f"{folder}/p.yaml", json.loads(self.patch_text()))
                content["patches"].append({"path": "p.yaml", "target": {"kind": "Deployment"}})
        if chance() < 0.3:
            content["transformers"] = [
                self.transformer(folder, at) for at in range(self.source.randint(1, 3))
            ]
        self.write(f"{folder}/kustomization.yaml", {k: v for k, v in content.items() if v})
        return is_component

    def patch_text(self) -> str:
        while True:
            text: str = self.patch()["patch"]
            if text.startswith("{"):
                return text


_LIST = {"apiVersion": "v1", "kind": "List"}


def write_tree(root: Path, source: random.Random) -> None:
    """Write a repository: a policy, and kustomizations that take each other in."""
    (root / "imagelint.yaml").write_text(POLICY)
    writer = _Writer(root, source)
    plain: list[int] = []
    components: list[int] = []
    for number in range(source.randint(3, 8)):
        is_component = writer.kustomization(number, plain, components)
        (components if is_component else plain).append(number)
