"""Whether a stage is right: its counts against a reference, and what rounding explains."""
