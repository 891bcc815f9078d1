"""The stages of optimisation, in the tutorial's order and beyond it."""

from __future__ import annotations

from mandel_core.stage import StageList
from mandel_core.stages import (
    stage_0_numpy,
    stage_1_as_is,
    stage_2_where,
    stage_3_pairs,
    stage_4_chunked,
    stage_5_default_device,
    stage_6_trampoline,
    stage_7_numba,
    stage_8_lanes,
    stage_9_planes,
    stage_10_cheap,
    stage_11_free,
    stage_12_gather,
    stage_13_known,
    stage_14_fast,
)

STAGES = StageList(
    (
        stage_0_numpy.STAGE,
        stage_1_as_is.STAGE,
        stage_2_where.STAGE,
        stage_3_pairs.STAGE,
        stage_4_chunked.STAGE,
        stage_5_default_device.STAGE,
        stage_6_trampoline.STAGE,
        stage_7_numba.STAGE,
        stage_8_lanes.STAGE,
        stage_9_planes.STAGE,
        stage_10_cheap.STAGE,
        stage_11_free.STAGE,
        stage_12_gather.STAGE,
        stage_13_known.STAGE,
        stage_14_fast.STAGE,
    )
)

__all__ = ["STAGES"]
