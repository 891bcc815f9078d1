"""The benchmark on a CUDA device: `python -m mandel_core.bench.device`.

Read in this order: `scenes` (what is computed), `timing` (events of the device, and clocks of the
host), `rates` (what the device can do), `contenders` (what computes), `measuring` (all of it),
`report` (how it is told).
"""
