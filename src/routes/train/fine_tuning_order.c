#include "routes/train/fine_tuning_order.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "domain/training_parameters.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { EPOCHS_AUTO = 3, SUFFIX_MAX = 64, TOGETHER_MAX = 4 /* rows */ };

/* From the first letter or digit on. What no name may have becomes a dash, one for all that stand
 * together; "": nothing is left. */
static void make_suffix(const char *text, char ret_suffix[SUFFIX_MAX + 1])
{
    size_t length = 0;
    for (; *text && length < SUFFIX_MAX; text++) {
        bool is_word = isalnum((unsigned char)*text) != 0;
        bool fits = is_word || strchr("._-", *text);
        if (is_word || (length && (fits || ret_suffix[length - 1] != '-')))
            ret_suffix[length++] = fits ? *text : '-';
    }
    while (length && ret_suffix[length - 1] == '-')
        length--;
    ret_suffix[length] = '\0';
}

/* "ft-base-suffix": jobs with the same suffix make versions of one model. A long base's name is cut
 * and not the suffix, which is the client's own. */
static int make_name(const json_t *body, const char *base_name,
                     struct hearth_fine_tuning_order *order, struct hearth_error *error)
{
    char suffix[SUFFIX_MAX + 1] = "";
    const char *asked = hearth_json_text(body, "suffix", NULL);
    if (asked)
        make_suffix(asked, suffix);
    if (asked && !*suffix)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the suffix must have a letter or a digit (of ASCII)");
    size_t behind = *suffix ? strlen(suffix) + 1 : 0;
    int room = (int)(HEARTH_NAME_MAX - sizeof("ft-") - behind);
    snprintf(order->model, sizeof(order->model), "ft-%.*s%s%s", room, base_name, *suffix ? "-" : "",
             suffix);
    return 0;
}

/* A step has as many rows as the client said. More than a few are computed one after the other,
 * which learns the same in less memory. */
static void set_batch(json_t *parameters, json_int_t rows)
{
    json_int_t together = TOGETHER_MAX;
    while (rows % together)
        together--;
    json_object_set_new(parameters, "batch_size", json_integer(together));
    json_object_set_new(parameters, "gradient_accumulation", json_integer(rows / together));
}

static json_int_t seed_of(const json_t *body)
{
    uint32_t random;
    hearth_random_bytes(&random, sizeof(random));
    return hearth_json_integer(body, "seed", random >> 1);
}

static const json_t *hyperparameters_of(const json_t *body)
{
    const json_t *supervised = json_object_get(json_object_get(body, "method"), "supervised");
    const json_t *newer = json_object_get(supervised, "hyperparameters");
    return json_is_object(newer) ? newer : json_object_get(body, "hyperparameters");
}

/* Words ("auto") are no numbers: the fallback. */
static json_t *parameters_of(const json_t *body)
{
    const json_t *asked = hyperparameters_of(body);
    struct hearth_training_parameters preset;
    json_t *parameters = json_object(), *own = json_object_get(body, "parameters");
    hearth_training_parameters_read(NULL, &preset, NULL);
    json_object_set_new(parameters, "epochs",
                        json_integer(hearth_json_integer(asked, "n_epochs", EPOCHS_AUTO)));
    json_int_t rows = hearth_json_integer(asked, "batch_size", 0);
    if (rows)
        set_batch(parameters, rows);
    double times = hearth_json_number(asked, "learning_rate_multiplier", 1);
    json_object_set_new(parameters, "learning_rate", json_real(times * preset.learning_rate));
    json_object_set_new(parameters, "seed", json_integer(seed_of(body)));
    json_object_update(parameters, own);
    return parameters;
}

static json_t *client_of(const json_t *body)
{
    static const char *const kept[] = {"training_file", "validation_file", "suffix", "metadata"};
    json_t *client = json_pack("{s:s}", "api", "openai");
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        json_t *value = json_object_get(body, kept[i]);
        if (value && !json_is_null(value))
            json_object_set(client, kept[i], value);
    }
    return client;
}

int hearth_fine_tuning_order_read(const json_t *body, const char *base_name,
                                  struct hearth_fine_tuning_order *ret_order,
                                  const char **ret_param, struct hearth_error *error)
{
    struct hearth_fine_tuning_order order = {
        .training_file = hearth_json_text(body, "training_file", ""),
        .validation_file = hearth_json_text(body, "validation_file", NULL),
    };
    struct hearth_training_parameters unused;
    *ret_param = "suffix";
    if (make_name(body, base_name, &order, error))
        return error->code;
    order.parameters = parameters_of(body);
    order.client = client_of(body);
    *ret_param = "parameters";
    if (hearth_training_parameters_read(order.parameters, &unused, error)) {
        error->code = HEARTH_EINVAL;
        hearth_fine_tuning_order_finish(&order);
        return error->code;
    }
    *ret_order = order;
    return 0;
}

void hearth_fine_tuning_order_finish(struct hearth_fine_tuning_order *order)
{
    json_decref(order->parameters);
    json_decref(order->client);
}
