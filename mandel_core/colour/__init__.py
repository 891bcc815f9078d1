"""From a frame to a picture: the smooth iteration count, its colours, and few bytes."""
