"""The checks: what is wrong with one image. A check knows no YAML, no file and no place."""
