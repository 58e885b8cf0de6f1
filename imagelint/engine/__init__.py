"""Image sites and a policy → findings, with the repairs that they propose.

Pure: one source at a time, and what only the whole run tells. Making repairs is left to
``repair/``.
"""
