"""A policy linter and fixer for the container images in Kubernetes manifests."""

__version__ = "0.1.0"
