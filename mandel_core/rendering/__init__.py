"""From a viewport and settings to a frame and to a coded picture."""
