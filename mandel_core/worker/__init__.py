"""Processes that compute for others: tasks, turns, limits, supervision."""
