/* The decoders of Hugging Face folders, a row for each `model_type` of a config.json: which
 * architecture it is, what its tensors are called, what its config means where it is silent, and
 * what the files of its makers do otherwise than the converted ones that architecture.h describes.
 *
 * Sources: the models' configuration and modeling files of transformers. Pure data; any thread. */
#ifndef HEARTH_NETWORK_MODEL_TYPE_H
#define HEARTH_NETWORK_MODEL_TYPE_H

#include "network/architecture.h"

/* Which layers see a window only, where the config has no list of `layer_types`. */
enum hearth_window_rule {
    HEARTH_WINDOW_NONE, /* none, whatever the config says of windows */
    HEARTH_WINDOW_ALL,
    HEARTH_WINDOW_PATTERN, /* all but every so manieth */
    HEARTH_WINDOW_UPPER,   /* those from `max_window_layers` on */
};

/* A tensor by another name than the usual one. Names lie behind the folder's prefix ("model.");
 * "{layer}" and "{item}" (an expert, a head) stand for numbers, and '|' for another name that is
 * tried next. A name that begins with '/' does not lie behind the prefix. */
struct hearth_part_name {
    enum hearth_part part;
    const char *name;
};

/* Tensors that are there when a member of the config says so. */
struct hearth_part_switch {
    const char *key;
    bool otherwise; /* where the config does not say */
    uint64_t when_true, when_false;
};

/* What transformers takes where the config has no such member. 0: there is no such default. */
struct hearth_config_defaults {
    uint32_t vocabulary, width, feed, layers, heads;
    uint32_t key_heads; /* 0: as many as heads */
    uint32_t head_size; /* 0: width/heads */
    uint32_t context, window;
    uint32_t experts, experts_used, expert_feed;
    double epsilon, rotary_base, rotary_share;
    double query_scalar, attention_cap, logit_cap;
};

enum { HEARTH_PART_NAMES_MAX = 12, HEARTH_PART_SWITCHES_MAX = 3, HEARTH_TENSORS_BESIDE_MAX = 4 };

struct hearth_model_type {
    const char *name;
    const char *outer;        /* of a config that has this one as its `text_config`; or NULL */
    const char *architecture; /* its row in architecture.h */
    uint64_t always;          /* tensors that the architecture's row only permits */
    struct hearth_part_name names[HEARTH_PART_NAMES_MAX]; /* the unusual ones */
    struct hearth_part_switch switches[HEARTH_PART_SWITCHES_MAX];
    const char *beside[HEARTH_TENSORS_BESIDE_MAX]; /* beginnings of tensors of other networks */
    const char *epsilon_key;
    const char *activations[3]; /* names of the row's activation, the first is the default */
    const char *activation_key; /* NULL: hidden_act */
    bool has_experts;
    const char *expert_feed_key; /* NULL: as the dense one */
    const char *window_switch;   /* windows only where this member is true; or NULL */
    bool shares_brought_to_one;  /* of experts, whatever norm_topk_prob says */
    bool has_multipliers;        /* Granite's four factors */
    bool has_query_scalar;       /* scores are divided by √query_pre_attn_scalar */
    bool norms_add_one;          /* they multiply by 1 + w, where the rows' multiply by w */
    bool tied;                   /* where the config does not say */
    enum hearth_window_rule windows;
    uint32_t window_pattern;
    struct hearth_config_defaults defaults;
};

/* `outer` is the folder's own model_type where the config has a text_config, else NULL. NULL when
 * there is no such row. */
const struct hearth_model_type *hearth_model_type_find(const char *name, const char *outer);
/* In the order of the table; NULL behind the last. */
const struct hearth_model_type *hearth_model_type_at(size_t index);

/* The names of a tensor, as in struct hearth_part_name; NULL when such folders do not have it. */
const char *hearth_model_type_names(const struct hearth_model_type *type, enum hearth_part part);
/* Writes the first of `names` out and points behind it, or to NULL behind the last. `prefix` and
 * `root` come before names that begin without and with '/'. False when it has no room. */
bool hearth_part_name_write(const char **names, const char *prefix, const char *root,
                            uint32_t layer, uint32_t item, char *ret_name, size_t size);

#endif
