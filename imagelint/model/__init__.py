"""Values that all packages share: sources, references, findings, reports and errors.

No I/O, no YAML and no policy: other packages read, judge and render these values.
"""
