"""torch.compile and Numba kept in order: compiling, caches on disk, failures explained."""
