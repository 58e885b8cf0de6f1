"""What functions of kustomize and kpt (KRM) read and write; the command is in ``commands/``."""
