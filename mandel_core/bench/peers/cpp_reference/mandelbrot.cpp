// Brute force over vectors of neighbouring pixels. One vector's iteration is a chain in which each
// step waits for the one before; CHAINS of them side by side keep the multiplier busy.

#include <algorithm>
#include <immintrin.h>

namespace {

constexpr int CHAINS = 4;

struct Single {
    using number = float;
    using vector = __m512;
    using counter = __m512i;
    using mask = __mmask16;
    static constexpr int lanes = 16;
    static vector load(const number* p, mask m) { return _mm512_maskz_loadu_ps(m, p); }
    static vector all(number a) { return _mm512_set1_ps(a); }
    static vector mul(vector a, vector b) { return _mm512_mul_ps(a, b); }
    static vector fma(vector a, vector b, vector c) { return _mm512_fmadd_ps(a, b, c); }
    static vector add(vector a, vector b) { return _mm512_add_ps(a, b); }
    static vector sub(vector a, vector b) { return _mm512_sub_ps(a, b); }
    static mask below(vector a, vector b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
    static counter none() { return _mm512_setzero_si512(); }
    static counter count(counter n, mask m) {
        return _mm512_mask_add_epi32(n, m, n, _mm512_set1_epi32(1));
    }
    static void store(int* p, mask m, counter n) { _mm512_mask_storeu_epi32(p, m, n); }
};

struct Double {
    using number = double;
    using vector = __m512d;
    using counter = __m512i;
    using mask = __mmask8;
    static constexpr int lanes = 8;
    static vector load(const number* p, mask m) { return _mm512_maskz_loadu_pd(m, p); }
    static vector all(number a) { return _mm512_set1_pd(a); }
    static vector mul(vector a, vector b) { return _mm512_mul_pd(a, b); }
    static vector fma(vector a, vector b, vector c) { return _mm512_fmadd_pd(a, b, c); }
    static vector add(vector a, vector b) { return _mm512_add_pd(a, b); }
    static vector sub(vector a, vector b) { return _mm512_sub_pd(a, b); }
    static mask below(vector a, vector b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
    static counter none() { return _mm512_setzero_si512(); }
    static counter count(counter n, mask m) {
        return _mm512_mask_add_epi64(n, m, n, _mm512_set1_epi64(1));
    }
    static void store(int* p, mask m, counter n) { _mm512_mask_cvtepi64_storeu_epi32(p, m, n); }
};

template <class V>
long long block(const typename V::number* x, int width, typename V::number y,
                typename V::number horizon2, int maxiter, int* counts) {
    using mask = typename V::mask;
    typename V::vector cx[CHAINS], re[CHAINS], im[CHAINS];
    typename V::counter n[CHAINS];
    mask inside[CHAINS], real[CHAINS];
    const auto cy = V::all(y), limit = V::all(horizon2);
    for (int k = 0; k < CHAINS; ++k) {
        const int here = std::clamp(width - k * V::lanes, 0, V::lanes);
        inside[k] = real[k] = static_cast<mask>((1u << here) - 1);
        cx[k] = V::load(x + k * V::lanes, real[k]);
        re[k] = im[k] = V::all(0);
        n[k] = V::none();
    }
    int step = 0;
    for (unsigned alive = 1; step < maxiter && alive; ++step) {
        alive = 0;
#pragma GCC unroll 8
        for (int k = 0; k < CHAINS; ++k) {
            const auto re2 = V::mul(re[k], re[k]), im2 = V::mul(im[k], im[k]);
            // What has left goes on to infinity or nan; `inside` never lets it in again.
            inside[k] &= V::below(V::add(re2, im2), limit);
            n[k] = V::count(n[k], inside[k]);
            im[k] = V::fma(V::add(re[k], re[k]), im[k], cy);
            re[k] = V::add(V::sub(re2, im2), cx[k]);
            alive |= inside[k];
        }
    }
    for (int k = 0; k < CHAINS; ++k) V::store(counts + k * V::lanes, real[k], n[k]);
    return static_cast<long long>(step) * CHAINS * V::lanes;
}

template <class V>
long long image(const typename V::number* x, int nx, const typename V::number* y, int ny,
                typename V::number horizon2, int maxiter, int threads, int* counts) {
    constexpr int width = CHAINS * V::lanes;
    long long executed = 0;
#pragma omp parallel for schedule(dynamic) num_threads(threads) reduction(+ : executed)
    for (int row = 0; row < ny; ++row)
        for (int column = 0; column < nx; column += width)
            executed += block<V>(x + column, std::min(width, nx - column), y[row], horizon2,
                                 maxiter, counts + static_cast<long long>(row) * nx + column);
    return executed;
}

}  // namespace

extern "C" long long mandelbrot_float32(const float* x, int nx, const float* y, int ny,
                                        float horizon2, int maxiter, int threads, int* counts) {
    return image<Single>(x, nx, y, ny, horizon2, maxiter, threads, counts);
}

extern "C" long long mandelbrot_float64(const double* x, int nx, const double* y, int ny,
                                        double horizon2, int maxiter, int threads, int* counts) {
    return image<Double>(x, nx, y, ny, horizon2, maxiter, threads, counts);
}
