"""The compiled loops of the stage `fast`."""
