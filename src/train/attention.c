#include "train/attention.h"

#include <string.h>
#include <tgmath.h>

/* One head of one document: where its first row begins in rows of queries and in rows of keys. */
struct head {
    size_t query, key; /* offsets of the first number */
    size_t query_stride, key_stride;
    size_t tokens, size;
};

static struct head head_at(const struct hearth_attention *attention, uint32_t document,
                           uint32_t number)
{
    const struct hearth_network *network = attention->network;
    const uint32_t *starts = attention->batch->starts;
    struct head head = {.size = network->head_size,
                        .tokens = starts[document + 1] - starts[document]};
    head.query_stride = (size_t)network->heads * head.size;
    head.key_stride = (size_t)network->key_heads * head.size;
    head.query = starts[document] * head.query_stride + number * head.size;
    uint32_t group = network->heads / network->key_heads;
    head.key = starts[document] * head.key_stride + number / group * head.size;
    return head;
}

/* Softmax of a row over the tokens up to its own; zeros behind. */
static void soften(hearth_number *row, size_t seen, size_t count)
{
    hearth_number most = row[0], sum = 0;
    for (size_t i = 1; i < seen; i++)
        most = row[i] > most ? row[i] : most;
    for (size_t i = 0; i < seen; i++)
        sum += row[i] = exp(row[i] - most);
    for (size_t i = 0; i < seen; i++)
        row[i] /= sum;
    memset(row + seen, 0, (count - seen) * sizeof(*row));
}

static void probabilities(const struct hearth_attention *attention, const struct head *head,
                          const hearth_number *q, const hearth_number *k)
{
    size_t count = head->tokens;
    hearth_product(count, count, head->size, (hearth_number)attention->network->attention_scale,
                   (struct hearth_operand){q + head->query, head->query_stride, false},
                   (struct hearth_operand){k + head->key, head->key_stride, true}, 0,
                   attention->scores, count);
    for (size_t i = 0; i < count; i++)
        soften(attention->scores + i * count, i + 1, count);
}

void hearth_attention_forward(const struct hearth_attention *attention, const hearth_number *q,
                              const hearth_number *k, const hearth_number *v, hearth_number *out)
{
    for (uint32_t document = 0; document < attention->batch->documents; document++)
        for (uint32_t number = 0; number < attention->network->heads; number++) {
            struct head head = head_at(attention, document, number);
            probabilities(attention, &head, q, k);
            hearth_product(head.tokens, head.size, head.tokens, 1,
                           (struct hearth_operand){attention->scores, head.tokens, false},
                           (struct hearth_operand){v + head.key, head.key_stride, false}, 0,
                           out + head.query, head.query_stride);
        }
}

/* dS = P · (dP − Σ P · dP), row by row; dS comes in the place of dP. */
static void soften_back(const struct hearth_attention *attention, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const hearth_number *p = attention->scores + i * count;
        hearth_number *back = attention->scores_back + i * count, sum = 0;
        for (size_t j = 0; j <= i; j++)
            sum += p[j] * back[j];
        for (size_t j = 0; j < count; j++)
            back[j] = p[j] * (back[j] - sum);
    }
}

/* dV += Pᵀ · dO; dP = dO · Vᵀ; dQ += scale · dS · K; dK += scale · dSᵀ · Q. */
static void head_back(const struct hearth_attention *attention, const struct head *head,
                      const hearth_number *q, const hearth_number *k, const hearth_number *v,
                      const hearth_number *out_gradient, hearth_number *q_gradient,
                      hearth_number *k_gradient, hearth_number *v_gradient)
{
    size_t count = head->tokens, size = head->size;
    hearth_number scale = (hearth_number)attention->network->attention_scale;
    struct hearth_operand out_back = {out_gradient + head->query, head->query_stride, false};
    struct hearth_operand s_back = {attention->scores_back, count, false};
    struct hearth_operand s_back_turned = {attention->scores_back, count, true};
    probabilities(attention, head, q, k);
    hearth_product(count, size, count, 1, (struct hearth_operand){attention->scores, count, true},
                   out_back, 1, v_gradient + head->key, head->key_stride);
    hearth_product(count, count, size, 1, out_back,
                   (struct hearth_operand){v + head->key, head->key_stride, true}, 0,
                   attention->scores_back, count);
    soften_back(attention, count);
    hearth_product(count, size, count, scale, s_back,
                   (struct hearth_operand){k + head->key, head->key_stride, false}, 1,
                   q_gradient + head->query, head->query_stride);
    hearth_product(count, size, count, scale, s_back_turned,
                   (struct hearth_operand){q + head->query, head->query_stride, false}, 1,
                   k_gradient + head->key, head->key_stride);
}

void hearth_attention_backward(const struct hearth_attention *attention, const hearth_number *q,
                               const hearth_number *k, const hearth_number *v,
                               const hearth_number *out_gradient, hearth_number *q_gradient,
                               hearth_number *k_gradient, hearth_number *v_gradient)
{
    for (uint32_t document = 0; document < attention->batch->documents; document++)
        for (uint32_t number = 0; number < attention->network->heads; number++) {
            struct head head = head_at(attention, document, number);
            head_back(attention, &head, q, k, v, out_gradient, q_gradient, k_gradient, v_gradient);
        }
}
