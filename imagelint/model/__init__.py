"""Values that everything shares: sources, references, findings, reports, errors.

No I/O, no YAML and no policy; what is done with these values lives in the packages below.
"""
