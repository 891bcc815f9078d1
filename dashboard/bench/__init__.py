"""The page measured as a visitor meets it: `python -m dashboard.bench`."""
