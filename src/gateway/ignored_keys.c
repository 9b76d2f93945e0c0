#include "gateway/ignored_keys.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "gateway/call.h"
#include "gateway/gateway_state.h"

#include <string.h>

enum {
    LOGGED_MAX = 2048, /* clients choose the keys: neither the set nor the log may grow for ever */
    SLOTS = 4096,      /* at most half full */
    HEADER_MAX = 2200, /* all the paths that a body may have, with commas */
};

/* Digests of a route's name and a key, by linear probing; 0 is a free slot. A digest that somebody
 * made to collide costs a line of the log. */
struct hearth_ignored_keys {
    uint64_t slots[SLOTS];
    unsigned count;
};

struct hearth_ignored_keys *hearth_ignored_keys_create(void)
{
    return hearth_calloc(1, sizeof(struct hearth_ignored_keys));
}

void hearth_ignored_keys_destroy(struct hearth_ignored_keys *keys)
{
    hearth_free(keys);
}

/* True the first time, while there is room. */
static bool is_new(struct hearth_ignored_keys *keys, const char *route, const char *path)
{
    uint64_t digest = hearth_hash64(HEARTH_HASH64_START, route, strlen(route) + 1);
    digest = hearth_hash64(digest, path, strlen(path)) | 1;
    size_t at = (size_t)(digest >> 32) % SLOTS;
    while (keys->slots[at] && keys->slots[at] != digest)
        at = (at + 1) % SLOTS;
    if (keys->slots[at] || keys->count == LOGGED_MAX)
        return false;
    keys->slots[at] = digest;
    keys->count++;
    return true;
}

void hearth_ignored_keys_tell(struct hearth_call *call, const struct hearth_schema_ignored *ignored)
{
    struct hearth_ignored_keys *keys = call->gateway->ignored_keys;
    struct hearth_buf header;
    if (!ignored->count)
        return;
    hearth_buf_init(&header, HEADER_MAX);
    for (uint32_t i = 0; i < ignored->count; i++) {
        hearth_buf_printf(&header, "%s%s", i ? ", " : "", ignored->paths[i]);
        if (is_new(keys, call->route->name, ignored->paths[i]))
            HEARTH_LOG(HEARTH_LOG_INFO, "request.key_ignored",
                       HEARTH_TEXT("route", call->route->path),
                       HEARTH_TEXT("key", ignored->paths[i]));
    }
    hearth_buf_text(&header, ignored->more ? ", ..." : "");
    hearth_exchange_set_header(call->exchange, "hearth-ignored", hearth_buf_cstr(&header));
    hearth_buf_finish(&header);
}
