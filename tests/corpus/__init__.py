"""Tests over real manifests: the shared corpus, where it is there."""
