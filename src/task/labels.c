#include "task/labels.h"

#include "base/json.h"
#include "base/memory.h"
#include "task/ranking.h"

#include <math.h>
#include <string.h>

static size_t names_size(const json_t *list)
{
    size_t size = 0, i;
    json_t *name;
    json_array_foreach(list, i, name) size += sizeof(char *) + json_string_length(name) + 1;
    return size;
}

/* Pointers first, their texts behind them. */
static const char *const *put_names(const json_t *list, const char **names)
{
    char *end = (char *)(names + json_array_size(list));
    size_t i;
    json_t *name;
    json_array_foreach(list, i, name)
    {
        size_t length = json_string_length(name);
        names[i] = end;
        if (length)
            memcpy(end, json_string_value(name), length);
        end[length] = '\0';
        end += length + 1;
    }
    return names;
}

struct hearth_labels *hearth_labels_create(const struct hearth_model_facts *facts)
{
    json_t *list = *facts->labels_json
                       ? hearth_json_parse(facts->labels_json, strlen(facts->labels_json), NULL)
                       : NULL;
    size_t count = json_array_size(list);
    struct hearth_labels *labels = hearth_try_alloc(sizeof(*labels) + names_size(list));
    if (labels)
        *labels = (struct hearth_labels){
            .names = count ? put_names(list, (const char **)(labels + 1)) : NULL,
            .count = (uint32_t)count,
            /* A single number is a probability of its own too. */
            .independent = facts->labels_independent || facts->embedding_length == 1,
        };
    json_decref(list);
    return labels;
}

void hearth_labels_destroy(struct hearth_labels *labels)
{
    hearth_free(labels);
}

/* Softmax is taken relative to the largest number, so that exp never overflows. */
static void make_scores(const struct hearth_labels *labels, const float *numbers, uint32_t count,
                        struct hearth_ranked *scored)
{
    double most = -INFINITY, sum = 0;
    for (uint32_t i = 0; i < count; i++)
        most = fmax(most, (double)numbers[i]);
    for (uint32_t i = 0; i < count; i++) {
        double number = (double)numbers[i];
        double score = labels->independent ? 1 / (1 + exp(-number)) : exp(number - most);
        scored[i] = (struct hearth_ranked){i, score};
        sum += score;
    }
    for (uint32_t i = 0; !labels->independent && i < count; i++)
        scored[i].score /= sum;
}

void hearth_labels_write(const struct hearth_labels *labels, const float *numbers, uint32_t count,
                         struct hearth_buf *buf)
{
    struct hearth_ranked *scored = hearth_calloc(count, sizeof(*scored));
    make_scores(labels, numbers, count, scored);
    hearth_rank(scored, count);
    hearth_buf_char(buf, '[');
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = scored[i].index;
        hearth_buf_text(buf, i ? ",{\"label\":" : "{\"label\":");
        if (labels->names && index < labels->count)
            hearth_json_write_text(buf, labels->names[index]);
        else
            hearth_buf_printf(buf, "\"LABEL_%u\"", index);
        hearth_buf_text(buf, ",\"score\":");
        hearth_json_write_float(buf, (float)scored[i].score);
        hearth_buf_char(buf, '}');
    }
    hearth_buf_char(buf, ']');
    hearth_free(scored);
}
