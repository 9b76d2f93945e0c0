/* Where keys and values lie in a page: between kv_page.c and paged_attention.c, for nobody else. */
#ifndef HEARTH_COMPUTE_KV_PAGE_H
#define HEARTH_COMPUTE_KV_PAGE_H

#include "compute/decoder_table.h"

enum hearth_form hearth_kv_key_form(enum hearth_kv_type type);
/* Of 16 tokens. */
size_t hearth_kv_key_panel_bytes(enum hearth_kv_type type, size_t width);
/* Of 16 components. */
size_t hearth_kv_value_panel_bytes(enum hearth_kv_type type);
const uint8_t *hearth_kv_keys(const struct hearth_kv_layout *layout, const void *page, size_t head);
const uint8_t *hearth_kv_values(const struct hearth_kv_layout *layout, const void *page,
                                size_t head);

#endif
