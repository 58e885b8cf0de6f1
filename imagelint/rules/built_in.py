"""The rules that imagelint is shipped with, as the files under ``rules/`` say: read beforehand.

Made by ``python tools/built_in.py``; edit those files. A test holds this one to them.
To read them in every run would take milliseconds, a tenth of what a run over one clean file costs.
A cache would do that as well, but one on a user's disk can be poisoned.
"""
# ruff: noqa: E501 - a text is a line
# fmt: off

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from imagelint.model.finding import Severity
from imagelint.patterns.globs import NamePattern
from imagelint.patterns.harbor import Move, Upstream
from imagelint.patterns.images import Hosts, RegistryPattern, Repositories
from imagelint.rules.rule import Examples, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RULES"]

RULES: Final[Mapping[str, Rule]] = {
    "dropped-content": Rule(
        "dropped-content", "Content that kubectl and kustomize ignore without a word",
        Severity.WARNING, "document",
        'YAML readers stop where a document ends, and what is left is dropped in silence: behind "...",\nbehind a root in braces or brackets, behind text that is indented less than the root. An object\nthat stands there is never applied, and an image in it never runs. It is named, not judged.\n',
        "Put --- on a line of its own in front of the content if it is meant to be another document, mend\nthe indentation if it belongs to this one, or delete it.\n",
        Examples(
            ("apiVersion: v1\nkind: ConfigMap\n...\napiVersion: v1\nkind: Pod\nspec: {containers: [{name: web, image: nginx:1.27.0}]}\n", "{apiVersion: v1, kind: ConfigMap}\napiVersion: v1\nkind: Pod\nspec: {containers: [{name: web, image: nginx:1.27.0}]}\n", '["apiVersion", "v1"]\nkind: Pod\nspec: {containers: [{name: web, image: nginx:1.27.0}]}\n'),
            ("apiVersion: v1\nkind: ConfigMap\n...\n---\napiVersion: v1\nkind: Pod\nspec: {containers: [{name: web, image: nginx:1.27.0}]}\n",),
        ),
    ),
    "expired-exception": Rule(
        "expired-exception", "An exception of the policy whose last day is over", Severity.ERROR,
        "document",
        "Exceptions are granted for a time, so that somebody comes back to them. `until` includes its day,\nin UTC; from the next day on the exception excuses nothing, and is named until it is dealt with.\n",
        "Mend what it excused and remove the exception, or have it prolonged by whoever granted it.\n",
        Examples(
            ('exceptions:\n  - images: ["docker.io/library/busybox"]\n    rules: [unapproved-registry]\n    environments: [prod]\n    reason: init helper, replaced by the platform image\n    until: 2020-01-31\n',),
            ('exceptions:\n  - images: ["docker.io/library/busybox"]\n    rules: [unapproved-registry]\n    environments: [prod]\n    reason: init helper, replaced by the platform image\n    until: 2999-12-31\n',),
        ),
    ),
    "floating-tag": Rule(
        "floating-tag", "The tag can name another image tomorrow", Severity.WARNING, "pinned-tag",
        "latest, which is also what no tag at all means, is whatever was pushed last. Two pods of one\nDeployment can run different code, a rollback brings nothing back, and nobody can tell what ran\nwhen something broke.\n",
        "Write a version as the tag, or a digest, which pins the image whatever its tag. Which tags count\nas floating is the parameter `tags`.\n",
        Examples(
            ("nginx", "nginx:latest", "harbor.myco.com/docker.io/nginx:latest", "localhost:5000/app"),
            ("nginx:1.27.0", "nginx:latest@sha256:b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d", "nginx@sha256:b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d"),
        ),
        {"tags": (NamePattern("latest"),)},
    ),
    "implicit-registry": Rule(
        "implicit-registry", "The image does not say which registry it comes from", Severity.OFF,
        "named-registry",
        "nginx is docker.io/library/nginx, and team/app is docker.io/team/app: what names no registry comes\nfrom Docker Hub, unless the node's runtime is set up to search others first, as Podman and CRI-O\ncan be. Readers take team/app for an image of their own, and tools that compare references as\ntexts miss it. Where Docker Hub is not allowed, unapproved-registry says so already; the rule is\nfor those who want every registry to be written out, and off until a policy wants it.\n",
        "Write the registry in front of the image: docker.io/nginx is the same image as nginx.\n`imagelint fix` does so, or writes the image through Harbor where docker.io may not be used.\n",
        Examples(
            ("nginx", "nginx:1.27.0", "library/nginx", "team/app@sha256:b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d"),
            ("docker.io/nginx", "index.docker.io/nginx", "localhost/app", "harbor.myco.com/docker.io/nginx"),
            ("docker.io/nginx", "docker.io/nginx:1.27.0", "docker.io/library/nginx", "docker.io/team/app@sha256:b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d"),
            "dev",
        ),
        fixable=True,
    ),
    "invalid-reference": Rule(
        "invalid-reference", "The text is no image reference, so nothing can be pulled",
        Severity.ERROR, "valid-reference",
        "The API server does not parse images: it accepts almost any text, and the pod fails later with\nInvalidImageName. White space around the image is refused only once a Pod is made, so a\nDeployment with a block scalar that ends in a line break is accepted and never starts.\n",
        "Write [REGISTRY/]REPOSITORY[:TAG][@DIGEST]. Repositories are lower case, an address has no\nhttps:// in front, a tag has at most 128 letters, digits and . _ - and no +, and a digest is\nsha256: with 64 lower-case hexadecimal digits. Leave the key out where there is no image.\n",
        Examples(
            ("", " nginx:1.27.0", "nginx:1.27.0\n", "Nginx:1.27.0", "https://quay.io/jetstack/cert-manager-controller:v1.4.1", "gcr.io/team/app:1.0.0+build.5", "nginx@sha256:123", "nginx:", "IMAGE:TAG"),
            ("nginx:1.27.0", "localhost:5000/team/app", "quay.io/jetstack/cert-manager-controller:v1.4.1"),
        ),
    ),
    "missing-digest": Rule(
        "missing-digest", "The image has no digest", Severity.OFF, "digest",
        "Any tag can be moved, a version's too. A digest is the checksum of what is pulled: with one, what\nwas tested is what runs, whoever has access to the registry. It has a price: someone, or a bot,\nmust renew it at each update, and Harbor's retention may delete what is no longer tagged upstream.\nSo the rule is off until a policy wants it.\n",
        "Write @sha256:… behind the image; `crane digest IMAGE` or `docker buildx imagetools inspect IMAGE`\nshows it. The tag may stay in front of it for people to read.\n",
        Examples(
            ("nginx", "nginx:1.27.0", "harbor.myco.com/docker.io/nginx:1.27.0"),
            ("nginx@sha256:b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d", "nginx:1.27.0@sha256:b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d"),
        ),
    ),
    "missing-pull-secret": Rule(
        "missing-pull-secret",
        "The image is on a private Harbor, and nobody names a pull secret for it", Severity.OFF,
        "pull-secret",
        "A private project of Harbor gives its images only to those who log in. The pod says with what:\nby imagePullSecrets of its own, or of the service account that it runs as. Where neither does, the\npod ends in ImagePullBackOff, unless the nodes have credentials. Images that are newly pulled\nthrough Harbor are where it is forgotten most, for the secrets for docker.io or ghcr.io are no good\nthere. The rule sees what stands in the files of one run, so it is off until a policy wants it.\n",
        "Add imagePullSecrets to the pod's spec, or to its ServiceAccount, and lint both in one run; of what\nKustomize or Helm add, lint the output. Every Harbor of the policy counts as private; what anyone\nmay pull from one goes into the parameter `public`. Where the nodes or an admission webhook bring\nthe credentials, leave the rule off.\n",
        Examples(
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: web, image: harbor.myco.com/docker.io/nginx:1.27.0}]\n", "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  serviceAccountName: web\n  containers: [{name: web, image: harbor.myco.com/docker.io/nginx:1.27.0}]\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: other}\nimagePullSecrets: [{name: harbor}]\n"),
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  imagePullSecrets: [{name: harbor}]\n  containers: [{name: web, image: harbor.myco.com/docker.io/nginx:1.27.0}]\n", "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  serviceAccountName: web\n  containers: [{name: web, image: harbor.myco.com/docker.io/nginx:1.27.0}]\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\nimagePullSecrets: [{name: harbor}]\n"),
        ),
        {"public": ()},
    ),
    "retired-registry": Rule(
        "retired-registry", "The image comes from a registry that has been retired",
        Severity.WARNING, "current-registry",
        "A retired registry gets no new images, not even security fixes, and is switched off one day or has\nbeen already: then a pod that moves to another node does not start again. k8s.gcr.io is frozen\nsince April 2023 and only redirects to registry.k8s.io.\n",
        "Write the successor: the images have the same paths, tags and digests there. `imagelint fix` does\nso, in one edit with the way through Harbor where the environment wants that and Harbor has a\nproject for the successor. Where it has none, an image that may not be used as it is goes through\nthe project of the old registry, and stays reported: add a project for the successor. Which\nregistries are retired, and what came after them, is the parameter `registries`; `none` is for\nthose whose images are nowhere, or have other names.\n",
        Examples(
            ("k8s.gcr.io/pause:3.9", "k8s.gcr.io/ingress-nginx/controller:v1.1.1@sha256:b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d"),
            ("registry.k8s.io/pause:3.9", "us.gcr.io/team/app:1.0", "k8s.gcr.io.example.com/pause:3.9"),
            ("registry.k8s.io/pause:3.9", "registry.k8s.io/ingress-nginx/controller:v1.1.1@sha256:b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d"),
            "dev",
        ),
        {
            "registries": (Move(Upstream("k8s.gcr.io"), Upstream("registry.k8s.io")), Move(Upstream("docker.pkg.github.com"), None), Move(Upstream("docker.bintray.io"), None), Move(Upstream("b.gcr.io"), None)),
        },
        fixable=True,
    ),
    "suspicious-reference": Rule(
        "suspicious-reference", "The image is valid and probably not what its author meant",
        Severity.WARNING, "plausible-reference",
        "localhost:5000 without a path is no registry but an image on Docker Hub, with 5000 as its tag; so is\nexample.com, and a digest without an image. Nothing of the kind is there to be pulled. A host that\nlooks like one that is trusted (dokcer.io, harbor.myco.com.evil.io) is a slip, or meant to be\noverlooked in a review. Hosts are compared with the allowed ones, the Harbors and well-known\nregistries; one that is known itself is never reported, nor one that differs by a digit only.\n",
        "Write what is meant. Where the host is right, name it in the parameter `own`, in `allow:` or in\n`deny:` of the environment: what the policy names is known.\n",
        Examples(
            ("localhost:5000", "example.com", "registry.example.com:5000", "sha256:b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d", "nginx:sha256-b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d", "dokcer.io/library/nginx:1.27.0", "quay.oi/team/app:1.0", "Docker.io/library/nginx:1.27.0", "harbor.myco.com:443/team/app:1.0", "harbor.myco.com.evil.io/team/app:1.0", "harb0r.myco.com/team/app:1.0", "MyOrg/app:1.0"),
            ("nginx:5000", "localhost:5000/app", "localhost/app", "lscr.io/team/app", "eu.gcr.io/team/app", "icr.io/team/app", "registry2.k8s.io/pause", "dev.harbor.myco.com/team/app", "harbor.myco.com/team/app:1.0"),
        ),
        {
            "known": (RegistryPattern("docker.io", Hosts.EXACT, "docker.io", Repositories.ALL, ""), RegistryPattern("registry-1.docker.io", Hosts.EXACT, "registry-1.docker.io", Repositories.ALL, ""), RegistryPattern("registry.hub.docker.com", Hosts.EXACT, "registry.hub.docker.com", Repositories.ALL, ""), RegistryPattern("dhi.io", Hosts.EXACT, "dhi.io", Repositories.ALL, ""), RegistryPattern("gcr.io", Hosts.EXACT, "gcr.io", Repositories.ALL, ""), RegistryPattern("*.gcr.io", Hosts.BELOW, "gcr.io", Repositories.ALL, ""), RegistryPattern("*.pkg.dev", Hosts.BELOW, "pkg.dev", Repositories.ALL, ""), RegistryPattern("registry.k8s.io", Hosts.EXACT, "registry.k8s.io", Repositories.ALL, ""), RegistryPattern("ghcr.io", Hosts.EXACT, "ghcr.io", Repositories.ALL, ""), RegistryPattern("docker.pkg.github.com", Hosts.EXACT, "docker.pkg.github.com", Repositories.ALL, ""), RegistryPattern("quay.io", Hosts.EXACT, "quay.io", Repositories.ALL, ""), RegistryPattern("mcr.microsoft.com", Hosts.EXACT, "mcr.microsoft.com", Repositories.ALL, ""), RegistryPattern("*.azurecr.io", Hosts.BELOW, "azurecr.io", Repositories.ALL, ""), RegistryPattern("*.azurecr.cn", Hosts.BELOW, "azurecr.cn", Repositories.ALL, ""), RegistryPattern("*.azurecr.us", Hosts.BELOW, "azurecr.us", Repositories.ALL, ""), RegistryPattern("public.ecr.aws", Hosts.EXACT, "public.ecr.aws", Repositories.ALL, ""), RegistryPattern("*.amazonaws.com", Hosts.BELOW, "amazonaws.com", Repositories.ALL, ""), RegistryPattern("*.amazonaws.com.cn", Hosts.BELOW, "amazonaws.com.cn", Repositories.ALL, ""), RegistryPattern("nvcr.io", Hosts.EXACT, "nvcr.io", Repositories.ALL, ""), RegistryPattern("docker.elastic.co", Hosts.EXACT, "docker.elastic.co", Repositories.ALL, ""), RegistryPattern("registry.gitlab.com", Hosts.EXACT, "registry.gitlab.com", Repositories.ALL, ""), RegistryPattern("lscr.io", Hosts.EXACT, "lscr.io", Repositories.ALL, ""), RegistryPattern("cgr.dev", Hosts.EXACT, "cgr.dev", Repositories.ALL, ""), RegistryPattern("icr.io", Hosts.EXACT, "icr.io", Repositories.ALL, ""), RegistryPattern("*.icr.io", Hosts.BELOW, "icr.io", Repositories.ALL, ""), RegistryPattern("*.ocir.io", Hosts.BELOW, "ocir.io", Repositories.ALL, ""), RegistryPattern("container-registry.oracle.com", Hosts.EXACT, "container-registry.oracle.com", Repositories.ALL, ""), RegistryPattern("xpkg.upbound.io", Hosts.EXACT, "xpkg.upbound.io", Repositories.ALL, ""), RegistryPattern("xpkg.crossplane.io", Hosts.EXACT, "xpkg.crossplane.io", Repositories.ALL, ""), RegistryPattern("registry.redhat.io", Hosts.EXACT, "registry.redhat.io", Repositories.ALL, ""), RegistryPattern("registry.access.redhat.com", Hosts.EXACT, "registry.access.redhat.com", Repositories.ALL, ""), RegistryPattern("registry.connect.redhat.com", Hosts.EXACT, "registry.connect.redhat.com", Repositories.ALL, ""), RegistryPattern("registry.fedoraproject.org", Hosts.EXACT, "registry.fedoraproject.org", Repositories.ALL, ""), RegistryPattern("registry.suse.com", Hosts.EXACT, "registry.suse.com", Repositories.ALL, ""), RegistryPattern("registry.opensuse.org", Hosts.EXACT, "registry.opensuse.org", Repositories.ALL, ""), RegistryPattern("registry.rancher.com", Hosts.EXACT, "registry.rancher.com", Repositories.ALL, ""), RegistryPattern("registry.digitalocean.com", Hosts.EXACT, "registry.digitalocean.com", Repositories.ALL, ""), RegistryPattern("registry.istio.io", Hosts.EXACT, "registry.istio.io", Repositories.ALL, ""), RegistryPattern("cr.l5d.io", Hosts.EXACT, "cr.l5d.io", Repositories.ALL, ""), RegistryPattern("cr.fluentbit.io", Hosts.EXACT, "cr.fluentbit.io", Repositories.ALL, ""), RegistryPattern("cr.yandex", Hosts.EXACT, "cr.yandex", Repositories.ALL, ""), RegistryPattern("codeberg.org", Hosts.EXACT, "codeberg.org", Repositories.ALL, ""), RegistryPattern("ttl.sh", Hosts.EXACT, "ttl.sh", Repositories.ALL, ""), RegistryPattern("*.aliyuncs.com", Hosts.BELOW, "aliyuncs.com", Repositories.ALL, ""), RegistryPattern("*.tencentyun.com", Hosts.BELOW, "tencentyun.com", Repositories.ALL, ""), RegistryPattern("*.myhuaweicloud.com", Hosts.BELOW, "myhuaweicloud.com", Repositories.ALL, ""), RegistryPattern("*.jfrog.io", Hosts.BELOW, "jfrog.io", Repositories.ALL, ""), RegistryPattern("*.daocloud.io", Hosts.BELOW, "daocloud.io", Repositories.ALL, "")),
        },
    ),
    "tag-with-digest": Rule(
        "tag-with-digest", "The image has a digest, so its tag decides nothing", Severity.OFF,
        "forbidden-image",
        "Container runtimes drop the tag of an image that has a digest. When somebody then changes the tag\nand forgets the digest, the old image goes on running under the name of the new one, and a\nreviewer sees an update that never happens. Many teams keep the tag all the same, for people and\nfor the bots that renew both together. So the rule is off until a policy wants it.\n",
        "Leave the tag out and write it in a comment on the same line, or let a bot such as Renovate renew\ntag and digest together and keep the rule off. Which images it is about is the parameter `images`.\n",
        Examples(
            ("nginx:1.27.0@sha256:b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d", "harbor.myco.com/docker.io/nginx:1@sha256:b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d"),
            ("nginx", "nginx:1.27.0", "nginx@sha256:b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d"),
        ),
        {
            "images": (RegistryPattern("* (tag ?*, digest required)", Hosts.ANY, "", Repositories.ALL, "", NamePattern("?*"), needs_digest=True),),
            "message": "the digest alone decides what is pulled, and nobody checks that the tag belongs to it; write the tag in a comment",
        },
    ),
    "unapproved-registry": Rule(
        "unapproved-registry",
        "The image comes from a registry that the environment does not allow", Severity.ERROR,
        "approved-registry",
        "An image that is pulled straight from the internet is scanned by nobody, can be changed or\ndeleted by its owner, and stops the rollout when that registry is down or limits the rate.\nImages that come through Harbor are cached, scanned and logged. A short name hides where it\ncomes from: nginx is docker.io/library/nginx. Hosts are compared exactly as written, so a\nlook-alike such as harbor.myco.com.evil.io, another port or another case is never approved.\n",
        "Pull the image through Harbor: write the Harbor host and the project of the upstream registry\nin front of it. `imagelint fix` does so wherever the registry has a project, and keeps tag and\ndigest. For a registry without a project, use an image from one that has, or ask for a\nproxy-cache project and add it to `harbor.projects` in the policy. Pods need a pull secret for\nHarbor unless the project is public.\n",
        Examples(
            ("gcr.io/heptio-images/eventrouter:v0.3", "ghcr.io/jvanzyl/nginx:latest", "quay.io/jetstack/cert-manager:v1.4.1", "docker.io/nirmata/kyverno:lastest", "velero/velero:v1.6.2", "nginx:latest", "nginx", "nginx:1.27.0@sha256:b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d"),
            ("harbor.myco.com/gcr.io/heptio-images/eventrouter:v0.3", "harbor.myco.com/docker.io/nginx", "harbor.myco.com/team/app:1.0"),
            ("harbor.myco.com/gcr.io/heptio-images/eventrouter:v0.3", "harbor.myco.com/ghcr.io/jvanzyl/nginx:latest", "harbor.myco.com/quay.io/jetstack/cert-manager:v1.4.1", "harbor.myco.com/docker.io/nirmata/kyverno:lastest", "harbor.myco.com/docker.io/velero/velero:v1.6.2", "harbor.myco.com/docker.io/nginx:latest", "harbor.myco.com/docker.io/nginx", "harbor.myco.com/docker.io/nginx:1.27.0@sha256:b5a1ba37f0f9a8e9c8a8a3a7c5c3f4b6b1f6cf0e2f6c2d7e4d6c1f0e9a8b7c6d"),
        ),
        fixable=True,
    ),
    "unparsable-document": Rule(
        "unparsable-document", "Kubernetes cannot read the document", Severity.ERROR, "document",
        "kubectl refuses the document, or this tool cannot read it the way kubectl does. Nobody knows then\nwhich images run, so a broken document is never passed over. The documents before and after it\nare linted, and so are the images that can still be seen in it.\n",
        "Mend the syntax at the place that is named. Tabs cannot indent, every bracket and quote needs its\npartner, an alias needs its anchor before it, and --- stands alone on its line.\n",
        Examples(
            ("apiVersion: v1\nkind: Pod\nspec:\n  containers: [{name: web, image: nginx:1.27.0}\n", 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: "web\nspec:\n  containers: [{name: web, image: nginx:1.27.0}]\n', "apiVersion: v1\nkind: Pod\nmetadata: *base\nspec:\n  containers: [{name: web, image: nginx:1.27.0}]\n"),
            ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: web\n      image: harbor.myco.com/docker.io/nginx:1.27.0\n",),
        ),
    ),
    "unrendered-template": Rule(
        "unrendered-template", "The file is a template, not a manifest", Severity.ERROR, "document",
        "A Helm or other text template is no YAML until it is rendered, and which images it makes depends\non the values. It cannot be judged as it stands, so it is named instead of being passed over.\n",
        "Lint the rendered output: `helm template CHART | imagelint check -`. Leave templates of another\nkind out with `exclude:` in the policy, and lint what is made of them.\n",
        Examples(
            ("{{- if .Values.web.enabled }}\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-web\nspec:\n  containers:\n    - name: web\n      image: {{ .Values.image }}\n{{- end }}\n",),
            ('apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n    note: "braces in quotes, {{ as here }}, are plain text"\nspec:\n  containers:\n    - name: web\n      image: harbor.myco.com/docker.io/nginx:1.27.0\n',),
        ),
        severity_in_chart=Severity.NOTE,
    ),
    "unresolved-reference": Rule(
        "unresolved-reference", "The image has a placeholder that something else fills in later",
        Severity.ERROR, "resolved-reference",
        "What stands in the file is not what runs: a template, a variable or a build tool fills in the\nregistry later. Whether the image is approved cannot be told from here, so it is reported\ninstead of being passed over in silence.\n",
        "Lint what the tool writes: `helm template`, `kustomize build`, `envsubst` or `ko resolve`, piped\ninto `imagelint check -`. Or write the image itself, with only its tag left to fill in.\n",
        Examples(
            ("{{ .Values.image.repository }}:{{ .Values.image.tag }}", "$(IMAGE)", "${REGISTRY}/app:${TAG:-latest}", "$IMAGE", "ko://github.com/example/app/cmd/controller", "REPLACE_ME", "registry.example.com/REPLACE_ME:1.0", "gcr.io/PROJECT_ID/app:v1", "<your-image>", "@@IMAGE@@", "%IMAGE%", "__IMAGE__"),
            ("nginx:1.27.0", "image", "your-registry/app:1.0"),
        ),
        severity_if_open=Severity.NOTE, severity_in_chart=Severity.NOTE,
    ),
    "unused-exception": Rule(
        "unused-exception", "An exception of the policy that excuses nothing", Severity.WARNING,
        "document",
        "An exception that nobody needs is a door left open: the next image that fits it passes unseen. It\nis reported when a whole repository was linted, that is when a folder was named that holds the\npolicy; a single file cannot tell.\n",
        "Remove the exception. `imagelint exceptions` lists all of them and who needs them.\n",
        Examples(
            ('exceptions:\n  - images: ["docker.io/library/alpine"]\n    rules: [unapproved-registry]\n    reason: nothing here runs it any more\n',),
            ('exceptions:\n  - images: ["docker.io/library/busybox"]\n    rules: [unapproved-registry]\n    reason: init helper, replaced by the platform image in Q1\n',),
        ),
    ),
    "unused-ignore": Rule(
        "unused-ignore", "A comment that excuses nothing", Severity.WARNING, "document",
        "A comment that excuses nothing hides what comes after it: the image was repaired, the comment\nstayed, and the next bad image on that line passes. Or it never worked, because the rule's name\nis misspelled, the policy wants a reason, or the environment allows no comment to excuse the rule.\n",
        "Remove the comment, or only the rule that it need not name. Where it was meant to work, the message\nsays what keeps it from doing so.\n",
        Examples(
            ("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: web\n      image: harbor.myco.com/docker.io/nginx:1.27.0  # imagelint: ignore[floating-tag] soon\n", "# imagelint: ignore\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: web\n      image: harbor.myco.com/docker.io/nginx:1.27.0\n"),
            ("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: web\n      image: nginx:1.27.0  # imagelint: ignore[unapproved-registry] until the mirror is up\n",),
        ),
    ),
    "wrong-type": Rule(
        "wrong-type", "The image is null, a number, a boolean, a list or a mapping, not a string",
        Severity.ERROR, "string-type",
        "YAML reads 1.25 as a number, an empty value as null and {repository: nginx} as a mapping. The\nAPI server wants a string and refuses everything else; null is dropped, and the container then\nhas no image.\n",
        "Write the image as one string, in quotes where YAML would read something else, or leave the key\nout where there is none.\n",
        Examples(
            ("null", "1.25", "true", "{repository: nginx, tag: 1.27.0}", "[nginx]"),
            ("nginx:1.27.0", '"1.25"'),
        ),
    ),
}
