#include "task/labels.h"

#include "base/json.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct scored {
    uint32_t index;
    double score;
};

struct hearth_labels *hearth_labels_read(const struct hearth_model_facts *facts,
                                         struct hearth_arena *arena)
{
    struct hearth_labels *labels = hearth_arena_alloc(arena, sizeof(*labels));
    json_t *list = *facts->labels_json
                       ? hearth_json_parse(facts->labels_json, strlen(facts->labels_json), NULL)
                       : NULL;
    size_t count = json_array_size(list);
    const char **names = count ? hearth_arena_alloc(arena, count * sizeof(*names)) : NULL;
    for (size_t i = 0; names && i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        names[i] = hearth_arena_strdup(arena, name ? name : "");
        if (!names[i])
            labels = NULL;
    }
    json_decref(list);
    if (!labels || (count && !names))
        return NULL;
    /* A single number is a probability of its own too. */
    *labels = (struct hearth_labels){names, (uint32_t)count,
                                     facts->labels_independent || facts->embedding_length == 1};
    return labels;
}

static int compare_scored(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void make_scores(const struct hearth_labels *labels, const float *numbers, uint32_t count,
                        struct scored *scored)
{
    double most = -INFINITY, sum = 0;
    for (uint32_t i = 0; i < count; i++)
        most = fmax(most, (double)numbers[i]);
    for (uint32_t i = 0; i < count; i++) {
        double number = (double)numbers[i];
        double score = labels->independent ? 1 / (1 + exp(-number)) : exp(number - most);
        scored[i] = (struct scored){i, score};
        sum += score;
    }
    for (uint32_t i = 0; !labels->independent && i < count; i++)
        scored[i].score /= sum;
}

void hearth_labels_write(const struct hearth_labels *labels, const float *numbers, uint32_t count,
                         struct hearth_buf *buf)
{
    struct scored *scored = hearth_calloc(count, sizeof(*scored));
    make_scores(labels, numbers, count, scored);
    qsort(scored, count, sizeof(*scored), compare_scored);
    hearth_buf_char(buf, '[');
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = scored[i].index;
        hearth_buf_text(buf, i ? ",{\"label\":" : "{\"label\":");
        if (labels->names && index < labels->count)
            hearth_json_write_string(buf, labels->names[index], strlen(labels->names[index]));
        else
            hearth_buf_printf(buf, "\"LABEL_%u\"", index);
        hearth_buf_text(buf, ",\"score\":");
        hearth_json_write_float(buf, (float)scored[i].score);
        hearth_buf_char(buf, '}');
    }
    hearth_buf_char(buf, ']');
    hearth_free(scored);
}
