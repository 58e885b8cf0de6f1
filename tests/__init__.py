"""Tests: tables beside each module, properties, goldens."""
