#include "domain/training_parameters.h"

#include "base/error.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { KEYS_MAX = 64 };

static const struct hearth_training_parameter *find(const char *key)
{
    for (const struct hearth_training_parameter *row = hearth_training_parameters_table; row->key;
         row++)
        if (strcmp(row->key, key) == 0)
            return row;
    return NULL;
}

/* What other trainers (PEFT, transformers, TRL, OpenAI, MLX) call the same. NULL: none does. */
static const char *ours(const char *key)
{
    static const char *const names[][2] = {
        {"lr", "learning_rate"},
        {"r", "rank"},
        {"lora_rank", "rank"},
        {"lora_alpha", "alpha"},
        {"lora_dropout", "dropout"},
        {"target_modules", "modules"},
        {"use_rslora", "rank_stabilized"},
        {"num_train_epochs", "epochs"},
        {"n_epochs", "epochs"},
        {"iters", "max_steps"},
        {"per_device_train_batch_size", "batch_size"},
        {"gradient_accumulation_steps", "gradient_accumulation"},
        {"max_length", "context"},
        {"max_seq_length", "context"},
        {"lr_scheduler_type", "schedule"},
        {"max_grad_norm", "clip"},
        {"gradient_checkpointing", "checkpointing"},
        {"early_stopping_patience", "patience"},
        {"eval_steps", "evaluation_steps"},
        {"save_steps", "checkpoint_steps"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i][0], key) == 0)
            return names[i][1];
    return NULL;
}

static int unknown_key(const char *key, struct hearth_error *error)
{
    const char *keys[KEYS_MAX] = {NULL};
    for (size_t i = 0; hearth_training_parameters_table[i].key && i + 1 < KEYS_MAX; i++)
        keys[i] = hearth_training_parameters_table[i].key;
    const char *near = ours(key);
    if (!near)
        near = hearth_nearest_word(key, keys);
    if (near)
        return hearth_error_set(error, HEARTH_EFIELDS,
                                "parameters: there is no '%.64s'; did you mean '%s'?", key, near);
    return hearth_error_set(error, HEARTH_EFIELDS, "parameters: there is no '%.64s'", key);
}

/* The place of a word in the choices; −1 when it is none of them. */
static int64_t choice_of(const struct hearth_training_parameter *row, const json_t *word)
{
    const char *text = json_string_value(word);
    for (int64_t i = 0; text && row->choices[i]; i++)
        if (strcmp(row->choices[i], text) == 0)
            return i;
    return -1;
}

/* At least one bit; 0 when an item is no choice, or the list is none or empty. */
static int64_t set_of(const struct hearth_training_parameter *row, const json_t *list)
{
    int64_t bits = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        int64_t choice = choice_of(row, json_array_get(list, i));
        if (choice < 0)
            return 0;
        bits |= (int64_t)1 << choice;
    }
    return bits;
}

/* Whether the value is right; it is stored then. */
static bool take(const struct hearth_training_parameter *row, const json_t *value,
                 struct hearth_training_parameters *ret)
{
    char *field = (char *)ret + row->offset;
    int64_t integer = 0;
    double number = json_number_value(value);
    switch (row->kind) {
    case HEARTH_PARAMETER_TRUTH:
        *(bool *)field = json_is_true(value);
        return json_is_boolean(value);
    case HEARTH_PARAMETER_NUMBER:
        *(double *)field = number;
        return json_is_number(value) && number >= row->low && number <= row->high;
    case HEARTH_PARAMETER_INTEGER:
        *(int64_t *)field = json_integer_value(value);
        return json_is_integer(value) && number >= row->low && number <= row->high;
    case HEARTH_PARAMETER_CHOICE:
        *(int64_t *)field = integer = choice_of(row, value);
        return integer >= 0;
    default:
        *(int64_t *)field = integer = set_of(row, value);
        return integer > 0;
    }
}

static int wrong_value(const struct hearth_training_parameter *row, struct hearth_error *error)
{
    char expected[320];
    size_t used = 0;
    if (row->kind == HEARTH_PARAMETER_TRUTH) {
        snprintf(expected, sizeof(expected), "true or false");
    } else if (row->choices) {
        used = (size_t)snprintf(expected, sizeof(expected), "%s",
                                row->kind == HEARTH_PARAMETER_SET ? "a list of " : "one of ");
        for (size_t i = 0; row->choices[i] && used < sizeof(expected); i++)
            used += (size_t)snprintf(expected + used, sizeof(expected) - used, "%s%s",
                                     i ? ", " : "", row->choices[i]);
    } else {
        snprintf(expected, sizeof(expected), "%s from %.9g to %.16g",
                 row->kind == HEARTH_PARAMETER_INTEGER ? "an integer" : "a number", row->low,
                 row->high);
    }
    return hearth_error_set(error, HEARTH_EFIELDS, "parameters.%s must be %s", row->key, expected);
}

static void preset(struct hearth_training_parameters *ret)
{
    *ret = (struct hearth_training_parameters){0};
    for (const struct hearth_training_parameter *row = hearth_training_parameters_table; row->key;
         row++) {
        char *field = (char *)ret + row->offset;
        if (row->kind == HEARTH_PARAMETER_NUMBER)
            *(double *)field = row->preset;
        else if (row->kind == HEARTH_PARAMETER_TRUTH)
            *(bool *)field = row->preset != 0;
        else
            *(int64_t *)field = (int64_t)row->preset;
    }
}

int hearth_training_parameters_read(const json_t *object, struct hearth_training_parameters *ret,
                                    struct hearth_error *error)
{
    preset(ret);
    if (object && !json_is_object(object))
        return hearth_error_set(error, HEARTH_EFIELDS, "parameters must be an object");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        const struct hearth_training_parameter *row = find(key);
        if (!row)
            return unknown_key(key, error);
        if (!take(row, value, ret))
            return wrong_value(row, error);
    }
    return 0;
}

static json_t *value_of(const struct hearth_training_parameter *row,
                        const struct hearth_training_parameters *parameters)
{
    const char *field = (const char *)parameters + row->offset;
    json_t *list;
    switch (row->kind) {
    case HEARTH_PARAMETER_TRUTH:
        return json_boolean(*(const bool *)field);
    case HEARTH_PARAMETER_NUMBER:
        return json_real(*(const double *)field);
    case HEARTH_PARAMETER_INTEGER:
        return json_integer(*(const int64_t *)field);
    case HEARTH_PARAMETER_CHOICE:
        return json_string(row->choices[*(const int64_t *)field]);
    default:
        list = json_array();
        for (size_t i = 0; row->choices[i]; i++)
            if (*(const int64_t *)field >> i & 1)
                json_array_append_new(list, json_string(row->choices[i]));
        return list;
    }
}

json_t *hearth_training_parameters_json(const struct hearth_training_parameters *parameters)
{
    json_t *object = json_object();
    for (const struct hearth_training_parameter *row = hearth_training_parameters_table;
         object && row->key; row++)
        if (json_object_set_new(object, row->key, value_of(row, parameters))) {
            json_decref(object);
            return NULL;
        }
    return object;
}
