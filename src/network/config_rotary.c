#include "network/config_rotary.h"

#include <math.h>
#include <string.h>

/* One set of parameters: `object` is the dictionary of a scaling, or an empty one. `top` is the
 * config itself, whose members stand for those that the dictionary lacks. */
struct positions {
    struct hearth_config_reader object;
    struct hearth_config_reader *top;
    struct hearth_network *network;
    struct hearth_rotary_scaling *rotary;
    struct hearth_config_factors *factors; /* NULL: of layers with windows, which share none */
};

static void linear(struct positions *at, double factor)
{
    at->rotary->frequency_scale = (float)(1 / factor);
}

/* Bases that grow with the length (NTK). A decoder takes the length that it was opened for, see
 * rotary.h. */
static void dynamic(struct positions *at, double factor)
{
    at->rotary->dynamic_factor = (float)factor;
    at->rotary->original_context = at->network->trained_context;
}

static double magnitude_of(double factor, double weight)
{
    return factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1;
}

/* Peng et al., arXiv 2309.00071. `mscale` and `mscale_all_dim` are DeepSeek's. */
static void yarn(struct positions *at, double factor)
{
    struct hearth_config_reader *from = &at->object;
    double above = hearth_config_number(from, "mscale", 0);
    double below = hearth_config_number(from, "mscale_all_dim", 0);
    double magnitude = magnitude_of(factor, 1);
    if (above != 0 && below != 0)
        magnitude = magnitude_of(factor, above) / magnitude_of(factor, below);
    linear(at, factor);
    at->rotary->yarn = true;
    at->rotary->yarn_fast = (float)hearth_config_number(from, "beta_fast", 32);
    at->rotary->yarn_slow = (float)hearth_config_number(from, "beta_slow", 1);
    at->rotary->magnitude = (float)hearth_config_number(from, "attention_factor", magnitude);
    if (!hearth_config_truth(from, "truncate", true))
        hearth_config_unknown(at->top, "a scaling of positions", "yarn without truncate");
    if (!(at->rotary->yarn_fast > 0) || !(at->rotary->yarn_slow > 0))
        hearth_config_refuse(at->top, "beta_fast", "or beta_slow is not above 0");
}

/* By wavelength: what turns seldom within the original context is scaled, what turns often is not,
 * and between the two it is blended. */
static void llama3(struct positions *at, double factor)
{
    const double two_pi = 6.283185307179586;
    struct hearth_config_reader *from = &at->object;
    double low = hearth_config_number(from, "low_freq_factor", 0);
    double high = hearth_config_number(from, "high_freq_factor", 0);
    uint32_t size = at->network->rotary_size, original = at->rotary->original_context;
    if (!(low > 0) || !(high > low) || original == 0) {
        hearth_config_refuse(at->top, "rope_scaling", "has frequency factors that cannot be");
        return;
    }
    for (uint32_t i = 0; i < size / 2; i++) {
        double frequency = pow((double)at->rotary->base, -2.0 * i / size);
        double turns = original * frequency / two_pi;
        double share = (turns - low) / (high - low);
        share = share < 0 ? 0 : share > 1 ? 1 : share;
        at->factors->values[0][i] = (float)(1 / ((1 - share) / factor + share));
    }
    at->factors->count[0] = size / 2;
}

static void read_factors(struct positions *at, const char *key, size_t which)
{
    const json_t *list = hearth_config_find(&at->object, key);
    uint32_t count = at->network->rotary_size / 2;
    if (json_array_size(list) != count) {
        hearth_config_refuse(at->top, key, "is no list with a number for each frequency");
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        double value = json_number_value(json_array_get(list, i));
        if (!(value > 1e-6 && value < 1e6))
            hearth_config_refuse(at->top, key, "has a number that cannot be");
        at->factors->values[which][i] = (float)value;
    }
    at->factors->count[which] = count;
}

/* Ding et al., arXiv 2402.13753. */
static void longrope(struct positions *at, double factor)
{
    double original = at->rotary->original_context;
    if (!(original > 1)) {
        hearth_config_refuse(at->top, "original_max_position_embeddings", "is missing");
        return;
    }
    read_factors(at, "short_factor", 1);
    read_factors(at, "long_factor", 2);
    double magnitude = factor <= 1 ? 1 : sqrt(1 + log(factor) / log(original));
    at->rotary->magnitude = (float)hearth_config_number(&at->object, "attention_factor", magnitude);
}

static const struct {
    const char *name;
    void (*read)(struct positions *at, double factor);
    bool has_factors; /* for each frequency */
    bool lengthens;   /* the config's length is the original one */
    bool derives;     /* its factor follows from the two lengths where it is not said */
} kinds[] = {
    {"linear", linear, false, false, false},
    {"dynamic", dynamic, false, true, false},
    {"yarn", yarn, false, true, true},
    {"llama3", llama3, true, false, false},
    {"longrope", longrope, true, false, true},
    {"su", longrope, true, false, true}, /* longrope's old name */
};

static void read_scaling(struct positions *at, const char *name)
{
    struct hearth_config_reader *from = &at->object;
    uint32_t context = at->network->trained_context;
    size_t kind = 0;
    while (kind < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[kind].name, name) != 0)
        kind++;
    if (kind == sizeof(kinds) / sizeof(kinds[0]) || (kinds[kind].has_factors && !at->factors)) {
        hearth_config_unknown(at->top, "a scaling of positions", name);
        return;
    }
    uint32_t original =
        hearth_config_whole(at->top, "original_max_position_embeddings", context, INT32_MAX);
    original = hearth_config_whole(from, "original_max_position_embeddings", original, INT32_MAX);
    at->rotary->original_context = original;
    double derived = kinds[kind].derives && original > 0 ? (double)context / original : 0;
    double factor = hearth_config_number(from, "factor", derived);
    if (!(factor > 1e-3 && factor < 1e6)) {
        hearth_config_refuse(at->top, "rope_scaling", "has a factor that cannot be");
        return;
    }
    kinds[kind].read(at, factor);
    double longer = original * factor;
    if (kinds[kind].lengthens && at->factors && longer > context && longer < INT32_MAX)
        at->network->trained_context = (uint32_t)longer;
}

static void read_one(struct positions *at, double base, float other_base)
{
    struct hearth_config_reader *from = &at->object;
    *at->rotary = (struct hearth_rotary_scaling){
        .base = (float)hearth_config_number(from, "rope_theta", base),
        .frequency_scale = 1,
        .yarn_fast = 32,
        .yarn_slow = 1,
        .magnitude = 1,
        .original_context = at->network->trained_context,
    };
    if (other_base > 0)
        at->rotary->base = other_base;
    if (!(at->rotary->base > 1))
        hearth_config_refuse(at->top, "rope_theta", "is not above 1");
    const char *name = hearth_config_text(from, "rope_type", NULL);
    if (name == NULL)
        name = hearth_config_text(from, "type", "default");
    if (strcmp(name, "default") != 0 && at->top->rc == 0 && from->rc == 0)
        read_scaling(at, name);
    if (at->top->rc == 0)
        at->top->rc = from->rc;
}

/* In the old form a dictionary, or none, in the new one maybe one for each kind of layer. */
static const json_t *dictionary_of(struct hearth_config_reader *from, const char *kind)
{
    const json_t *old = hearth_config_find(from, "rope_scaling");
    const json_t *new = hearth_config_find(from, "rope_parameters");
    if ((old != NULL && !json_is_object(old)) || (new != NULL && !json_is_object(new)))
        hearth_config_refuse(from, old != NULL ? "rope_scaling" : "rope_parameters",
                             "is no object");
    const json_t *inner = json_object_get(new, kind);
    if (json_is_object(inner))
        return inner;
    return new != NULL ? new : old;
}

static bool has_own_windowed(const struct hearth_config_reader *from)
{
    const json_t *new = hearth_config_find(from, "rope_parameters");
    return json_is_object(json_object_get(new, "sliding_attention"));
}

/* The part of a head that turns, by a share of it. */
static void read_size(struct hearth_config_reader *from, const struct hearth_model_type *type,
                      const json_t *dictionary, struct hearth_network *network)
{
    struct hearth_config_reader inner = {.object = dictionary, .error = from->error};
    double share = type->defaults.rotary_share != 0 ? type->defaults.rotary_share : 1;
    share = hearth_config_number(from, "partial_rotary_factor", share);
    share = hearth_config_number(&inner, "partial_rotary_factor", share);
    if (!(share > 0 && share <= 1)) {
        hearth_config_refuse(from, "partial_rotary_factor", "is not above 0 and at most 1");
        return;
    }
    network->rotary_size = (uint32_t)((double)network->head_size * share);
    if (network->rotary_size % 2 != 0 || network->rotary_size == 0 ||
        network->rotary_size / 2 > HEARTH_CONFIG_FACTORS_MAX)
        hearth_config_refuse(from, "head_dim", "makes a rotation of an odd or too large size");
}

/* Layers with windows are turned like the others, or, where the row says so, without a scaling and
 * maybe with a base of their own. */
static void read_windowed(struct hearth_config_reader *from, struct positions *at)
{
    const struct hearth_architecture *row = at->network->architecture;
    struct positions windowed = *at;
    windowed.rotary = &at->network->windowed_rotary;
    windowed.factors = NULL;
    *windowed.rotary = *at->rotary;
    if (has_own_windowed(from))
        windowed.object.object = dictionary_of(from, "sliding_attention");
    else if (row->window_unscaled)
        windowed.object.object = NULL;
    else
        return;
    double local =
        row->window_rotary_base > 0 ? (double)row->window_rotary_base : (double)at->rotary->base;
    read_one(&windowed, hearth_config_number(from, "rope_local_base_freq", local), 0);
}

void hearth_config_read_rotary(struct hearth_config_reader *from,
                               const struct hearth_model_type *type,
                               const struct hearth_network_overrides *overrides,
                               struct hearth_network *network,
                               struct hearth_config_factors *factors)
{
    double base = type->defaults.rotary_base > 0 ? type->defaults.rotary_base : 10000;
    struct positions at = {
        .object = {.object = dictionary_of(from, "full_attention"), .error = from->error},
        .top = from,
        .network = network,
        .rotary = &network->rotary,
        .factors = factors,
    };
    memset(factors, 0, sizeof(*factors));
    if (from->rc == 0)
        read_size(from, type, at.object.object, network);
    base = hearth_config_number(from, "rope_theta", base);
    if (from->rc != 0)
        return;
    read_one(&at, base, overrides != NULL ? overrides->rotary_base : 0);
    if (overrides != NULL && overrides->rotary_scale > 0)
        network->rotary.frequency_scale = overrides->rotary_scale;
    if (from->rc == 0)
        read_windowed(from, &at);
}
