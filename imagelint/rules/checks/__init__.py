"""The checks: what is wrong with one image. A check knows no YAML, no files and no positions."""
