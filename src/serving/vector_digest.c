#include "serving/vector_digest.h"

#include "base/digest.h"

#include <string.h>

/* Nothing is kept beside the sum; the type keeps other digests from being mixed in. */
static struct hearth_sha256 *sum_of(struct hearth_digesting *digesting)
{
    return (struct hearth_sha256 *)digesting;
}

struct hearth_digesting *hearth_digesting_begin(void)
{
    return (struct hearth_digesting *)hearth_sha256_create();
}

void hearth_digesting_bytes(struct hearth_digesting *digesting, const void *bytes, size_t length)
{
    uint64_t size = bytes ? length : UINT64_MAX;
    hearth_sha256_update(sum_of(digesting), &size, sizeof(size));
    if (bytes && length)
        hearth_sha256_update(sum_of(digesting), bytes, length);
}

void hearth_digesting_text(struct hearth_digesting *digesting, const char *text)
{
    hearth_digesting_bytes(digesting, text, text ? strlen(text) : 0);
}

/* In the machine's own byte order: a digest never leaves this server but as an opaque tag. */
void hearth_digesting_number(struct hearth_digesting *digesting, uint64_t number)
{
    hearth_sha256_update(sum_of(digesting), &number, sizeof(number));
}

void hearth_digesting_end(struct hearth_digesting *digesting,
                          struct hearth_vector_digest *ret_digest)
{
    char hex[HEARTH_SHA256_HEX];
    hearth_sha256_hex(sum_of(digesting), hex);
    hearth_sha256_destroy(sum_of(digesting));
    memcpy(ret_digest->digits, hex, sizeof(ret_digest->digits));
}
