from std.sys import simd_width_of

comptime CHAINS = 4


@always_inline
def rows[
    dtype: DType
](
    x: Pointer[Scalar[dtype], MutAnyOrigin],
    nx: Int,
    y: Pointer[Scalar[dtype], MutAnyOrigin],
    ny: Int,
    horizon2: Scalar[dtype],
    maxiter: Int,
    counts: Pointer[Int32, MutAnyOrigin],
) -> Int:
    comptime width = CHAINS * simd_width_of[dtype]()
    var executed = 0
    for row in range(ny):
        var cy = SIMD[dtype, width](y[unsafe_offset=row])
        for start in range(0, nx, width):
            var cx = SIMD[dtype, width]()
            for lane in range(width):
                cx[lane] = x[unsafe_offset=min(start + lane, nx - 1)]
            var re = SIMD[dtype, width](0)
            var im = SIMD[dtype, width](0)
            var count = SIMD[DType.int32, width](0)
            var inside = SIMD[DType.bool, width](fill=True)
            var n = 0
            while n < maxiter and inside.reduce_or():
                var re2 = re * re
                var im2 = im * im
                inside = inside & (re2 + im2).lt(horizon2)
                count += inside.cast[DType.int32]()
                im = (re + re).fma(im, cy)
                re = re2 - im2 + cx
                n += 1
            executed += n * width
            for lane in range(min(width, nx - start)):
                counts[unsafe_offset=row * nx + start + lane] = count[lane]
    return executed


@export
def mandelbrot_float32(
    x: Pointer[Float32, MutAnyOrigin],
    nx: Int,
    y: Pointer[Float32, MutAnyOrigin],
    ny: Int,
    horizon2: Float32,
    maxiter: Int,
    counts: Pointer[Int32, MutAnyOrigin],
) abi("C") -> Int:
    return rows[DType.float32](x, nx, y, ny, horizon2, maxiter, counts)


@export
def mandelbrot_float64(
    x: Pointer[Float64, MutAnyOrigin],
    nx: Int,
    y: Pointer[Float64, MutAnyOrigin],
    ny: Int,
    horizon2: Float64,
    maxiter: Int,
    counts: Pointer[Int32, MutAnyOrigin],
) abi("C") -> Int:
    return rows[DType.float64](x, nx, y, ny, horizon2, maxiter, counts)
