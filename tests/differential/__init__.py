"""Tests against the decoders that Kubernetes itself uses."""
