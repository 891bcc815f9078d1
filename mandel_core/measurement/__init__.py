"""Timing stages, and keeping what was measured."""
