#include "train/rows.h"

#include <tgmath.h>

static hearth_number inverse_root(const hearth_number *x, float epsilon, size_t width)
{
    hearth_number sum = 0;
    for (size_t i = 0; i < width; i++)
        sum += x[i] * x[i];
    return 1 / sqrt(sum / (hearth_number)width + (hearth_number)epsilon);
}

void hearth_norm_forward(const hearth_number *x, const hearth_number *weight, float epsilon,
                         size_t rows, size_t width, hearth_number *y)
{
    for (size_t row = 0; row < rows; row++, x += width, y += width) {
        hearth_number inverse = inverse_root(x, epsilon, width);
        for (size_t i = 0; i < width; i++)
            y[i] = x[i] * inverse * weight[i];
    }
}

/* With s = 1/√(mean(x²) + ε) and g = gradient · weight: dx = s · g − x · s³ · mean(g · x). */
void hearth_norm_backward(const hearth_number *x, const hearth_number *weight, float epsilon,
                          size_t rows, size_t width, const hearth_number *y_gradient,
                          hearth_number *x_gradient)
{
    for (size_t row = 0; row < rows; row++) {
        hearth_number inverse = inverse_root(x, epsilon, width), along = 0;
        for (size_t i = 0; i < width; i++)
            along += y_gradient[i] * weight[i] * x[i];
        along *= inverse * inverse * inverse / (hearth_number)width;
        for (size_t i = 0; i < width; i++)
            x_gradient[i] += inverse * y_gradient[i] * weight[i] - x[i] * along;
        x += width;
        y_gradient += width;
        x_gradient += width;
    }
}

void hearth_gate_forward(const hearth_number *gate, const hearth_number *up, size_t count,
                         hearth_number *y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = gate[i] / (1 + exp(-gate[i])) * up[i];
}

/* silu'(x) = s · (1 + x · (1 − s)) with s = 1 / (1 + e^−x). */
void hearth_gate_backward(const hearth_number *gate, const hearth_number *up, size_t count,
                          hearth_number *gradient, hearth_number *up_gradient)
{
    for (size_t i = 0; i < count; i++) {
        hearth_number share = 1 / (1 + exp(-gate[i]));
        up_gradient[i] = gradient[i] * gate[i] * share;
        gradient[i] *= up[i] * share * (1 + gate[i] * (1 - share));
    }
}

void hearth_turn_row(const struct hearth_turn *turn, hearth_number *row, size_t heads,
                     size_t head_size)
{
    size_t half = turn->size / 2;
    bool adjacent = turn->kind == HEARTH_ROTARY_ADJACENT;
    for (size_t head = 0; head < heads; head++, row += head_size)
        for (size_t i = 0; i < half; i++) {
            hearth_number *first = row + (adjacent ? 2 * i : i);
            hearth_number *second = adjacent ? first + 1 : first + half;
            hearth_number cosine = (hearth_number)turn->cosines[i];
            hearth_number sine = (hearth_number)turn->sines[i] * (hearth_number)turn->direction;
            hearth_number x = *first, y = *second;
            *first = x * cosine - y * sine;
            *second = x * sine + y * cosine;
        }
}
