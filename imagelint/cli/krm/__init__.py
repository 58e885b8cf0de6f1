"""The input and output of kustomize and kpt functions (KRM); the command is in ``commands/``."""
