/* The loops of rows.h, in plain C that a compiler makes vectors of; included by one file for each
 * instruction set, which names the table TRAIN_ROWS. Those files are compiled with leave to add in
 * another order (CMakeLists.txt). */
#include "train/rows.h"

#include <math.h>
#include <string.h>

extern const struct hearth_train_rows TRAIN_ROWS;

enum {
    LANES = 16,
    CHUNK = 1024, /* numbers that are added up before their sum goes into a double */
};

#ifdef HEARTH_TRAIN_DOUBLE
#define exp_of exp
#define root_of sqrt
#else
#define root_of sqrtf
/* e^x = 2^n · e^r with |r| ≤ ln 2 / 2, and Taylor's polynomial of e^r: within 2 units in the last
 * place. Below −87 it is e^−87, above 88 e^88; what is not a number stays none. */
static inline float exp_of(float x)
{
    x = x < -87 ? -87 : x > 88 ? 88 : x;
    float n = rintf(x * 1.44269504f), scale;
    float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1;
    p = p * r + 1;
    uint32_t bits = ((uint32_t)(int32_t)(n == n ? n : 0) << 23) + 0x3f800000;
    memcpy(&scale, &bits, sizeof(scale));
    return p * scale;
}
#endif

static hearth_number mean_square(const hearth_number *x, size_t width)
{
    hearth_number sum = 0;
    for (size_t i = 0; i < width; i++)
        sum += x[i] * x[i];
    return sum / (hearth_number)width;
}

static void norm(const hearth_number *x, const hearth_number *weight, hearth_number epsilon,
                 size_t width, hearth_number *y)
{
    hearth_number inverse = 1 / root_of(mean_square(x, width) + epsilon);
    for (size_t i = 0; i < width; i++)
        y[i] = x[i] * inverse * weight[i];
}

/* With s = 1/√(mean(x²) + ε) and g = gradient · weight: dx = s · g − x · s³ · mean(g · x). */
static void norm_back(const hearth_number *x, const hearth_number *weight, hearth_number epsilon,
                      size_t width, const hearth_number *y_gradient, hearth_number *x_gradient,
                      hearth_number *weight_gradient)
{
    hearth_number inverse = 1 / root_of(mean_square(x, width) + epsilon), along = 0;
    for (size_t i = 0; i < width; i++)
        along += y_gradient[i] * weight[i] * x[i];
    along *= inverse * inverse * inverse / (hearth_number)width;
    for (size_t i = 0; i < width; i++)
        x_gradient[i] += inverse * y_gradient[i] * weight[i] - x[i] * along;
    for (size_t i = 0; weight_gradient != NULL && i < width; i++)
        weight_gradient[i] += y_gradient[i] * x[i] * inverse;
}

static void gate(struct hearth_gate_curve curve, const hearth_number *x, const hearth_number *up,
                 size_t width, hearth_number *y)
{
    for (size_t i = 0; i < width; i++) {
        hearth_number z = x[i] * (curve.slope + curve.cubic * x[i] * x[i]);
        y[i] = x[i] / (1 + exp_of(-z)) * up[i];
    }
}

/* (x · σ(z))' = s + x · s · (1 − s) · z' with s = σ(z). */
static void gate_back(struct hearth_gate_curve curve, const hearth_number *x,
                      const hearth_number *up, size_t width, hearth_number *gradient,
                      hearth_number *up_gradient)
{
    for (size_t i = 0; i < width; i++) {
        hearth_number square = curve.cubic * x[i] * x[i];
        hearth_number share = 1 / (1 + exp_of(-x[i] * (curve.slope + square)));
        hearth_number rise = curve.slope + 3 * square;
        up_gradient[i] = gradient[i] * x[i] * share;
        gradient[i] *= up[i] * share * (1 + x[i] * (1 - share) * rise);
    }
}

static hearth_number largest(const hearth_number *x, size_t count)
{
    hearth_number lanes[LANES], most = x[0];
    for (size_t l = 0; l < LANES; l++)
        lanes[l] = x[0];
    size_t whole = count / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];
    for (size_t l = 0; l < LANES; l++)
        most = lanes[l] > most ? lanes[l] : most;
    for (size_t i = whole; i < count; i++)
        most = x[i] > most ? x[i] : most;
    return most;
}

static double exponents(hearth_number *x, size_t count, double *ret_sum)
{
    hearth_number most = largest(x, count);
    double all = 0;
    for (size_t first = 0; first < count; first += CHUNK) {
        size_t end = count - first < CHUNK ? count : first + CHUNK;
        hearth_number sum = 0;
        for (size_t i = first; i < end; i++) {
            x[i] = exp_of(x[i] - most);
            sum += x[i];
        }
        all += (double)sum;
    }
    *ret_sum = all;
    return log(all) + (double)most;
}

static void soften(hearth_number *row, size_t count)
{
    hearth_number most = largest(row, count), sum = 0;
    for (size_t i = 0; i < count; i++) {
        row[i] = exp_of(row[i] - most);
        sum += row[i];
    }
    hearth_number share = 1 / sum;
    for (size_t i = 0; i < count; i++)
        row[i] *= share;
}

static void soften_back(const hearth_number *p, size_t count, hearth_number *gradient)
{
    hearth_number sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += p[i] * gradient[i];
    for (size_t i = 0; i < count; i++)
        gradient[i] = p[i] * (gradient[i] - sum);
}

/* tanh u = 1 − 2 / (e^2u + 1) */
static void cap(hearth_number *x, hearth_number limit, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] = limit - 2 * limit / (exp_of(2 * x[i] / limit) + 1);
}

static void cap_back(const hearth_number *y, hearth_number limit, size_t count,
                     hearth_number *gradient)
{
    for (size_t i = 0; i < count; i++)
        gradient[i] *= 1 - y[i] * y[i] / (limit * limit);
}

static void add(hearth_number keep, hearth_number *y, hearth_number scale, const hearth_number *x,
                size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = keep * y[i] + scale * x[i];
}

static double square_sum(const hearth_number *x, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

static void adam(const struct hearth_adam_step *step, size_t count, const hearth_number *gradient,
                 hearth_number *first, hearth_number *second, hearth_number *value)
{
    struct hearth_adam_step s = *step;
    for (size_t i = 0; i < count; i++) {
        hearth_number g = gradient[i] * s.shrink;
        hearth_number m = first[i] + (1 - s.beta_1) * (g - first[i]);
        hearth_number v = s.beta_2 * second[i] + (1 - s.beta_2) * g * g;
        hearth_number move = m * s.unbias_1 / (root_of(v * s.unbias_2) + s.epsilon);
        first[i] = m;
        second[i] = v;
        value[i] -= s.rate * (move + s.decay * value[i]);
    }
}

const struct hearth_train_rows TRAIN_ROWS = {
    .norm = norm,
    .norm_back = norm_back,
    .gate = gate,
    .gate_back = gate_back,
    .soften = soften,
    .soften_back = soften_back,
    .exponents = exponents,
    .cap = cap,
    .cap_back = cap_back,
    .add = add,
    .square_sum = square_sum,
    .adam = adam,
};
