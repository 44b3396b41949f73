"""Tests that need the real Keras 2."""
