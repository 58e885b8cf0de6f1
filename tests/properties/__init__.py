"""Property tests: the laws, over generated input."""
