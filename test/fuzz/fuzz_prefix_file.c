/* The reader of kept prefixes, and what the decoder's cache makes of a state. The digests are made
 * right where the first byte says so, since else nothing gets behind them. */
#include "base/memory.h"
#include "network/kv_cache.h"
#include "worker/prefix_file.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const char identity[HEARTH_SHA256_HEX] =
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static void restore(const char *state, size_t length)
{
    static const struct hearth_kv_shape shape = {.type = HEARTH_KV_F16,
                                                 .layers = 1,
                                                 .heads = 1,
                                                 .head_size = 32,
                                                 .sequences = 2,
                                                 .context = 96,
                                                 .pages = 4};
    static struct hearth_kv_cache cache; /* one for all, since making it takes the longest */
    struct hearth_error error = {0};
    assert(cache.pool || hearth_kv_cache_init(&cache, &shape, &error) == 0);
    int rc = hearth_kv_cache_restore(&cache, 0, state, length, &error);
    assert(hearth_kv_cache_length(&cache, 0) <= 96);
    if (rc == 0) {
        hearth_kv_cache_copy(&cache, 0, 1);
        if (hearth_kv_cache_reserve(&cache, 1, 1) == 0)
            hearth_kv_cache_extend(&cache, 1, 1);
        hearth_kv_cache_trim(&cache, 1, 0);
    }
    hearth_kv_cache_trim(&cache, 0, 0);
    assert(cache.free_count == cache.page_count);
}

/* As far as its lengths agree with the file's. */
static void sign(char *bytes, size_t length)
{
    struct prefix_file_head head;
    if (length < sizeof(head))
        return;
    memcpy(&head, bytes, sizeof(head));
    uint64_t rest = length - sizeof(head);
    if (head.token_count > rest / sizeof(int32_t))
        return;
    const char *tokens = bytes + sizeof(head), *state = tokens + head.token_count * sizeof(int32_t);
    prefix_file_head_make(&head, identity, head.key, (const void *)tokens,
                          (uint32_t)head.token_count, state, rest - head.token_count * 4);
    memcpy(bytes, &head, sizeof(head));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *bytes = hearth_alloc(size);
    size_t length = size - 1;
    memcpy(bytes, data + 1, length);
    if (data[0] & 1)
        sign(bytes, length);
    struct prefix_file_head head;
    const int32_t *tokens = NULL;
    int rc = prefix_file_parse(bytes, length, length, identity, &head, &tokens);
    if (rc == 0) {
        const char *state = (const char *)(tokens + head.token_count);
        assert(state + head.state_bytes == bytes + length);
        restore(state, (size_t)head.state_bytes);
    }
    hearth_free(bytes);
    return 0;
}
