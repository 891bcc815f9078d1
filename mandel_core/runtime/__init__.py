"""What knows nothing of fractals: threads, pausing, arrays in shared memory, bounded memory."""
