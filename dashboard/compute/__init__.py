"""Asking the processes that compute; `python -m dashboard.compute` has them for many servers."""
