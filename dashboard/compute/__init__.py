"""Asking the processes that compute; `python -m dashboard.compute` starts them for several servers."""
