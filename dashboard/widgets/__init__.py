"""Widgets of our own, and the looks of Panel's."""
