"""Manifests by the dozen: each function returns one document and what an image linter sees in it.

They are written as people, Helm and code generators write: block style for the most part,
quotes here and there, comments, scripts in literals, lists in brackets now and then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.words import APPS, NAMESPACES, description

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.words import Dice

__all__ = [
    "HARBOR",
    "PLAIN_KINDS",
    "WORKLOADS",
    "Manifest",
    "config_map",
    "deployment",
    "ingress",
    "kustomization",
    "rbac",
    "service",
    "service_monitor",
    "values",
]

HARBOR: Final = "harbor.myco.com"
_UPSTREAM: Final = (
    ("docker.io", "library/nginx", "nginx"),
    ("docker.io", "library/redis", "redis"),
    ("docker.io", "hashicorp/vault-k8s", "hashicorp/vault-k8s"),
    ("docker.io", "grafana/loki", "grafana/loki"),
    ("gcr.io", "distroless/static", "gcr.io/distroless/static"),
    ("ghcr.io", "dexidp/dex", "ghcr.io/dexidp/dex"),
    ("ghcr.io", "kyverno/kyverno", "ghcr.io/kyverno/kyverno"),
    ("quay.io", "argoproj/argocd", "quay.io/argoproj/argocd"),
    ("quay.io", "jetstack/cert-manager-controller", "quay.io/jetstack/cert-manager-controller"),
    ("quay.io", "prometheus/node-exporter", "quay.io/prometheus/node-exporter"),
)
"""Registry, repository, and the two as people write them."""
_SCRIPT: Final = """\
            - |
              set -eu
              until nc -z "$DB_HOST" 5432; do
                echo "waiting for the database: no image is pulled before it is there"
                sleep 2
              done
              exec /app/{app} --config=/etc/{app}/config.yaml
"""


class Manifest(NamedTuple):
    """One document without its ``---``; ``wrong`` of its ``images`` do not come through Harbor."""

    text: str
    images: int = 0
    wrong: int = 0


def _image(dice: Dice, wrong: float) -> tuple[str, int]:
    """Return an image as it stands in a manifest, and 1 if it is a wrong one."""
    registry, repository, familiar = dice.one(_UPSTREAM)
    is_wrong = dice.chance(wrong)
    name = familiar if is_wrong else f"{HARBOR}/{registry}/{repository}"
    reference = f"{name}:v{dice.below(9)}.{dice.below(40)}.{dice.below(20)}"
    if dice.chance(0.1):
        digest = "".join(dice.one("0123456789abcdef") for _ in range(64))
        reference = f"{reference}@sha256:{digest}"
    quote = dice.one(('"', '"', "'", "", "", "", "", "", "", ""))
    return f"{quote}{reference}{quote}", int(is_wrong)


def _container(dice: Dice, name: str, wrong: float, *, small: bool) -> Manifest:
    image, is_wrong = _image(dice, wrong)
    port = dice.between(3000, 9999)
    lines = [f"        - name: {name}\n          image: {image}\n"]
    if not small or dice.chance(0.3):
        lines.append(f"          imagePullPolicy: {dice.one(('IfNotPresent', 'Always'))}\n")
    if dice.chance(0.05):
        lines.append(f"          command: [sh, -c]\n          args:\n{_SCRIPT.format(app=name)}")
    elif dice.chance(0.3):
        lines.append(f'          args: ["--port={port}", "--log-level=info"]\n')
    elif not small:
        lines.append(f"          args:\n            - --port={port}\n            - --v=2\n")
    lines.append(
        f"          ports:\n            - name: http\n              containerPort: {port}\n"
    )
    if not small:
        lines.append("          env:\n")
        for number in range(dice.between(2, 6)):
            key, value = f"{name.upper().replace('-', '_')}_{number}", dice.one(APPS)
            lines.append(f"            - name: {key}\n              value: {value}\n")
        lines.append(
            "          readinessProbe:\n            httpGet:\n              path: /healthz\n"
            f"              port: http\n            periodSeconds: {dice.between(5, 30)}\n"
            "          volumeMounts:\n            - name: config\n"
            f"              mountPath: /etc/{name}\n"
        )
    lines.append(
        "          resources:\n            requests:\n"
        f"              cpu: {dice.between(1, 20)}0m\n"
        f"              memory: {dice.between(1, 8)}4Mi\n"
        f"            limits:\n              memory: {dice.between(1, 4)}28Mi\n"
    )
    return Manifest("".join(lines), 1, is_wrong)


def _pod_spec(dice: Dice, name: str, wrong: float, *, small: bool) -> Manifest:
    """Return a pod spec, six columns in, that begins with its key ``spec``."""
    text = "    spec:\n"
    if not small:
        text += f"      serviceAccountName: {name}\n      securityContext:\n"
        text += "        runAsNonRoot: true\n        fsGroup: 65532\n"
    parts = []
    if not small and dice.chance(0.25):
        parts.append(_container(dice, "migrate", wrong, small=True))
        text += f"      initContainers:\n{parts[0].text}"
    parts.append(_container(dice, name, wrong, small=small))
    text += f"      containers:\n{parts[-1].text}"
    if dice.chance(0.1 if small else 0.3):
        parts.append(_container(dice, "sidecar", wrong, small=True))
        text += parts[-1].text
    if not small:
        text += "      volumes:\n        - name: config\n          configMap:\n"
        text += f"            name: {name}\n"
    return Manifest(text, len(parts), sum(part.wrong for part in parts))


def _labels(name: str, indent: str) -> str:
    return f"{indent}app.kubernetes.io/name: {name}\n{indent}app.kubernetes.io/managed-by: Helm\n"


def _head(api_version: str, kind: str, name: str, namespace: str) -> str:
    return (
        f"apiVersion: {api_version}\nkind: {kind}\nmetadata:\n  name: {name}\n"
        f"  namespace: {namespace}\n  labels:\n{_labels(name, '    ')}"
    )


def deployment(
    dice: Dice, name: str, namespace: str, wrong: float, *, small: bool = False
) -> Manifest:
    """Return a Deployment: of about 1 kB when ``small``, else of two or three."""
    pod = _pod_spec(dice, name, wrong, small=small)
    comment = f"# {description(dice, 1)}\n" if dice.chance(0.1) else ""
    text = (
        f"{comment}{_head('apps/v1', 'Deployment', name, namespace)}spec:\n"
        f"  replicas: {dice.between(1, 6)}\n  selector:\n    matchLabels:\n"
        f"      app.kubernetes.io/name: {name}\n  template:\n    metadata:\n      labels:\n"
        f"{_labels(name, '        ')}{pod.text}"
    )
    return pod._replace(text=text)


def _stateful_set(dice: Dice, name: str, namespace: str, wrong: float) -> Manifest:
    pod = _pod_spec(dice, name, wrong, small=False)
    text = (
        f"{_head('apps/v1', 'StatefulSet', name, namespace)}spec:\n  serviceName: {name}\n"
        f"  replicas: {dice.between(1, 5)}\n  selector:\n    matchLabels:\n"
        f"      app.kubernetes.io/name: {name}\n  template:\n    metadata:\n      labels:\n"
        f"{_labels(name, '        ')}{pod.text}"
        "  volumeClaimTemplates:\n    - metadata:\n        name: data\n      spec:\n"
        '        accessModes: ["ReadWriteOnce"]\n        resources:\n          requests:\n'
        f"            storage: {dice.between(1, 90)}Gi\n"
    )
    return pod._replace(text=text)


def _job(dice: Dice, name: str, namespace: str, wrong: float) -> Manifest:
    pod = _pod_spec(dice, name, wrong, small=False)
    text = (
        f"{_head('batch/v1', 'Job', name, namespace)}spec:\n  backoffLimit: 1\n"
        f"  template:\n{pod.text}      restartPolicy: Never\n"
    )
    return pod._replace(text=text)


def service(dice: Dice, name: str, namespace: str) -> Manifest:
    """Return a Service."""
    return Manifest(
        f"{_head('v1', 'Service', name, namespace)}spec:\n  type: ClusterIP\n  selector:\n"
        f"    app.kubernetes.io/name: {name}\n  ports:\n    - name: http\n"
        f"      port: {dice.between(80, 9000)}\n      targetPort: http\n"
    )


def config_map(dice: Dice, name: str, namespace: str) -> Manifest:
    """Return a ConfigMap; one in three carries a file that speaks of images."""
    text = f"{_head('v1', 'ConfigMap', name, namespace)}data:\n  LOG_LEVEL: info\n"
    if dice.chance(0.3):
        text += (
            f"  config.yaml: |\n    server:\n      port: {dice.below(9000)}\n    sidecar:\n"
            f"      image: {dice.one(APPS)}:latest\n      # {description(dice, 1)}\n"
        )
    for number in range(dice.between(1, 8)):
        text += f"  KEY_{number}: {dice.one(APPS)}.{dice.one(NAMESPACES)}.svc:{dice.below(9000)}\n"
    return Manifest(text)


def rbac(dice: Dice, name: str, namespace: str) -> Manifest:
    """Return a Role with a few rules."""
    text = f"{_head('rbac.authorization.k8s.io/v1', 'Role', name, namespace)}rules:\n"
    for _ in range(dice.between(1, 6)):
        resources = dice.one(("configmaps", "secrets", "pods", "leases", "images", "events"))
        text += (
            f'  - apiGroups: [""]\n    resources: [{resources}]\n    verbs: [get, list, watch]\n'
        )
    return Manifest(text)


def ingress(dice: Dice, name: str, namespace: str) -> Manifest:
    """Return an Ingress; one in ten has an annotation about images."""
    head = _head("networking.k8s.io/v1", "Ingress", name, namespace)
    if dice.chance(0.1):
        head += "  annotations:\n    example.com/error-image: sad-cloud.png\n"
    return Manifest(
        f"{head}spec:\n  ingressClassName: nginx\n  rules:\n    - host: {name}.example.com\n"
        "      http:\n        paths:\n          - path: /\n            pathType: Prefix\n"
        f"            backend:\n              service:\n                name: {name}\n"
        "                port:\n                  name: http\n"
    )


def service_monitor(dice: Dice, name: str, namespace: str) -> Manifest:
    """Return a custom resource that holds no image."""
    head = _head("monitoring.coreos.com/v1", "ServiceMonitor", name, namespace)
    return Manifest(
        f"{head}spec:\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}\n"
        f"  endpoints:\n    - port: http\n      interval: {dice.between(10, 60)}s\n"
    )


def kustomization(resources: list[str]) -> Manifest:
    """Return a Kustomization of some files."""
    text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
    return Manifest(text + "".join(f"  - {name}\n" for name in resources))


def values(dice: Dice, name: str) -> Manifest:
    """Return what a chart is fed with: it names images and is no manifest."""
    registry, repository, _ = dice.one(_UPSTREAM)
    return Manifest(
        f"# Values of {name}.\nreplicaCount: {dice.between(1, 5)}\nimage:\n"
        f"  repository: {HARBOR}/{registry}/{repository}\n  tag: v1.{dice.below(30)}.0\n"
        "  pullPolicy: IfNotPresent\nresources: {}\nservice:\n  port: 80\n"
    )


WORKLOADS: Final = (deployment, deployment, deployment, _stateful_set, _job)
"""What runs, by how often it is met."""
PLAIN_KINDS: Final[tuple[Callable[[Dice, str, str], Manifest], ...]] = (
    *(service, service, config_map, config_map, rbac, rbac, ingress, service_monitor),
)
"""What runs nothing, likewise."""
