"""The stages of optimisation, in the tutorial's order and beyond it."""

from __future__ import annotations

from mandel_core.model.stage import StageList
from mandel_core.stages import (
    stage_00_numpy,
    stage_01_as_is,
    stage_02_where,
    stage_03_pairs,
    stage_04_chunked,
    stage_05_default_device,
    stage_06_trampoline,
    stage_07_numba,
    stage_08_lanes,
    stage_09_planes,
    stage_10_cheap,
    stage_11_free,
    stage_12_gather,
    stage_13_known,
    stage_14_fast,
)

STAGES = StageList(
    (
        stage_00_numpy.STAGE,
        stage_01_as_is.STAGE,
        stage_02_where.STAGE,
        stage_03_pairs.STAGE,
        stage_04_chunked.STAGE,
        stage_05_default_device.STAGE,
        stage_06_trampoline.STAGE,
        stage_07_numba.STAGE,
        stage_08_lanes.STAGE,
        stage_09_planes.STAGE,
        stage_10_cheap.STAGE,
        stage_11_free.STAGE,
        stage_12_gather.STAGE,
        stage_13_known.STAGE,
        stage_14_fast.STAGE,
    )
)
"""All stages in order, registered ones last: ``STAGES["fast"]``, ``STAGES[0]``, `STAGES.names`."""

__all__ = ["STAGES"]
