"""Coverage-guided fuzzing: the laws of each entry point, and inputs that are worth keeping."""
