"""The commands: each module has one click command named ``command``."""
