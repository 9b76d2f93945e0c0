#include "worker/prefix_file.h"

#include "base/error.h"

#include <string.h>

static const char magic[8] = "hearthP1";

/* Of the head up to its own digest, and the tokens. */
static void digest_head(const struct prefix_file_head *head, const int32_t *tokens,
                        char ret_hex[HEARTH_SHA256_HEX])
{
    struct hearth_sha256 *digest = hearth_sha256_create();
    hearth_sha256_update(digest, head, offsetof(struct prefix_file_head, head));
    hearth_sha256_update(digest, tokens, (size_t)head->token_count * sizeof(*tokens));
    hearth_sha256_hex(digest, ret_hex);
    hearth_sha256_destroy(digest);
}

void prefix_file_head_make(struct prefix_file_head *ret_head,
                           const char identity[HEARTH_SHA256_HEX], uint64_t key,
                           const int32_t *tokens, uint32_t token_count, const void *state,
                           uint64_t state_bytes)
{
    char hex[HEARTH_SHA256_HEX];
    *ret_head = (struct prefix_file_head){
        .key = key, .token_count = token_count, .state_bytes = state_bytes};
    memcpy(ret_head->magic, magic, sizeof(magic));
    memcpy(ret_head->identity, identity, PREFIX_FILE_DIGITS);
    hearth_sha256_of(state, (size_t)state_bytes, hex);
    memcpy(ret_head->state, hex, PREFIX_FILE_DIGITS);
    digest_head(ret_head, tokens, hex);
    memcpy(ret_head->head, hex, PREFIX_FILE_DIGITS);
}

int prefix_file_parse(const void *bytes, size_t length, uint64_t file_bytes,
                      const char identity[HEARTH_SHA256_HEX], struct prefix_file_head *ret_head,
                      const int32_t **ret_tokens)
{
    struct prefix_file_head head;
    char hex[HEARTH_SHA256_HEX];
    if (file_bytes > PREFIX_FILE_BYTES_MAX)
        return HEARTH_ETOOLARGE;
    if (length < sizeof(head) || file_bytes < sizeof(head))
        return HEARTH_EPARSE;
    memcpy(&head, bytes, sizeof(head));
    if (memcmp(head.magic, magic, sizeof(magic)) != 0 || head.token_count == 0 || head.key == 0 ||
        head.token_count > PREFIX_FILE_TOKENS_MAX || head.state_bytes > PREFIX_FILE_BYTES_MAX)
        return HEARTH_EPARSE;
    uint64_t tokens_bytes = head.token_count * sizeof(int32_t);
    if (sizeof(head) + tokens_bytes + head.state_bytes != file_bytes)
        return HEARTH_EPARSE;
    if (memcmp(head.identity, identity, PREFIX_FILE_DIGITS) != 0)
        return HEARTH_EMODEL;
    *ret_head = head;
    if (length - sizeof(head) < tokens_bytes)
        return HEARTH_ENOTFOUND;
    const int32_t *tokens = (const void *)((const char *)bytes + sizeof(head));
    digest_head(&head, tokens, hex);
    if (memcmp(head.head, hex, PREFIX_FILE_DIGITS) != 0)
        return HEARTH_EPARSE;
    *ret_tokens = tokens;
    return 0;
}
