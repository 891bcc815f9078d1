"""What a compiler makes of a stage."""
