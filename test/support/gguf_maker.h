/* Writes GGUF files byte by byte, right and wrong ones, for tests. */
#ifndef HEARTH_TEST_GGUF_MAKER_H
#define HEARTH_TEST_GGUF_MAKER_H

#include "base/buf.h"

#include <endian.h>
#include <string.h>

static inline void put_u32(struct hearth_buf *buf, uint32_t value)
{
    value = htole32(value);
    hearth_buf_append(buf, &value, sizeof(value));
}

static inline void put_u64(struct hearth_buf *buf, uint64_t value)
{
    value = htole64(value);
    hearth_buf_append(buf, &value, sizeof(value));
}

static inline void put_text(struct hearth_buf *buf, const char *text)
{
    put_u64(buf, strlen(text));
    hearth_buf_text(buf, text);
}

static inline void put_head(struct hearth_buf *buf, uint32_t version, uint64_t tensors,
                            uint64_t entries)
{
    hearth_buf_text(buf, "GGUF");
    put_u32(buf, version);
    put_u64(buf, tensors);
    put_u64(buf, entries);
}

static inline void put_key_u32(struct hearth_buf *buf, const char *key, uint32_t value)
{
    put_text(buf, key);
    put_u32(buf, 4);
    put_u32(buf, value);
}

static inline void put_key_f32(struct hearth_buf *buf, const char *key, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    put_text(buf, key);
    put_u32(buf, 6);
    put_u32(buf, bits);
}

static inline void put_key_text(struct hearth_buf *buf, const char *key, const char *value)
{
    put_text(buf, key);
    put_u32(buf, 8);
    put_text(buf, value);
}

static inline void put_key_truth(struct hearth_buf *buf, const char *key, unsigned char value)
{
    put_text(buf, key);
    put_u32(buf, 7);
    hearth_buf_append(buf, &value, 1);
}

static inline void put_key_array(struct hearth_buf *buf, const char *key, uint32_t type,
                                 uint64_t count)
{
    put_text(buf, key);
    put_u32(buf, 9);
    put_u32(buf, type);
    put_u64(buf, count);
}

static inline void put_tensor(struct hearth_buf *buf, const char *name, uint32_t type,
                              uint64_t columns, uint64_t rows, uint64_t offset)
{
    put_text(buf, name);
    put_u32(buf, 2);
    put_u64(buf, columns);
    put_u64(buf, rows);
    put_u32(buf, type);
    put_u64(buf, offset);
}

static inline void put_zeros(struct hearth_buf *buf, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hearth_buf_char(buf, 0);
}

static inline void put_padding(struct hearth_buf *buf, size_t alignment)
{
    while (buf->length % alignment != 0)
        hearth_buf_char(buf, 0);
}

#endif
