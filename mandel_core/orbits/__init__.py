"""What becomes of single points, and where many of them go."""
