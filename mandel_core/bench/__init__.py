"""The benchmark: `python -m mandel_core.bench`.

Read in this order: `scenes` (what is computed), `contenders` (what computes it, the stages and the
`peers`), `instruction_sets` (what both can be confined to), `fresh` (the process each has to
itself), `running` (the rounds), `peak` (what the cores could do), `report`, `tables` and `chart`
(how it is told).
"""
