"""What Helm and kustomize make of a checkout, and which line of it makes each image.

Charts are copied into a folder of our own, rendered there, and rendered again with marked values:
where a mark appears, the value appears. The text of a rendering is never edited. Policies, findings
and the order of a run do not belong here.
"""
