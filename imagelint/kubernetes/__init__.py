"""Nodes → how kubectl and kustomize read them → image sites.

It decides which documents hold images, and in which fields of which kinds; no rules, no policy.
"""
