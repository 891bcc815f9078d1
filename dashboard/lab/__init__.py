"""The lab: what the stages cost, and why, in tabs beside the picture."""
