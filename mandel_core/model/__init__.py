"""What everything else speaks of: viewport, settings, job, stage and results, as plain values."""
