"""Nodes → what kubectl and kustomize read → image sites.

Which documents hold an image, which fields of which kinds; no rules and no policy.
"""
