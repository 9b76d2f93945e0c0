#include "format/gguf_parse.h"

#include "base/error.h"
#include "base/memory.h"
#include "format/file_kind.h"
#include "format/gguf_cursor.h"
#include "format/gguf_types.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Bounds of our own stand far above what any model has: a vocabulary is one key, a large model has
 * some thousand tensors. */
#define COUNT_MAX (1u << 20) /* of keys, and of tensors */
#define KEY_BYTES_MAX 65535u /* of the specification */
#define ENTRY_BYTES_MIN 13u  /* length of the key, one character, type */
#define TENSOR_BYTES_MIN 25u /* length of the name, a character, dimensions, type, offset */
#define ALIGNMENT_DEFAULT 32u
#define ALIGNMENT_MAX (1u << 20)

/* Sizes of the types of metadata values in the GGUF specification; a string has none of its own. */
static size_t value_bytes(enum hearth_gguf_type type)
{
    static const unsigned char sizes[] = {
        [HEARTH_GGUF_UINT8] = 1,   [HEARTH_GGUF_INT8] = 1,    [HEARTH_GGUF_UINT16] = 2,
        [HEARTH_GGUF_INT16] = 2,   [HEARTH_GGUF_UINT32] = 4,  [HEARTH_GGUF_INT32] = 4,
        [HEARTH_GGUF_FLOAT32] = 4, [HEARTH_GGUF_BOOL] = 1,    [HEARTH_GGUF_UINT64] = 8,
        [HEARTH_GGUF_INT64] = 8,   [HEARTH_GGUF_FLOAT64] = 8,
    };
    return sizes[type];
}

/* The entry keeps only where they begin; readers walk over them again. */
static int skip_strings(struct hearth_gguf_cursor *at, uint64_t count, const char *what)
{
    /* Each takes at least its length, so that the loop is bounded by the header. */
    if (count > (at->file_bytes - at->offset) / sizeof(uint64_t))
        return hearth_gguf_broken(at, what, "says it has more strings than the file has room for");
    for (uint64_t i = 0; i < count; i++) {
        struct hearth_gguf_text text;
        int rc = hearth_gguf_read_text(at, what, &text);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* The count is held against the file before it is multiplied, so the product cannot overflow. */
static int skip_values(struct hearth_gguf_cursor *at, const struct hearth_gguf_entry *entry,
                       const char *what)
{
    size_t size = value_bytes(entry->type);
    if (entry->count > (at->file_bytes - at->offset) / size)
        return hearth_gguf_broken(at, what, "says it has more elements than the file has room for");
    int rc = hearth_gguf_need(at, entry->count * size, what);
    if (rc != 0)
        return rc;
    /* The format allows 0 and 1 alone; other readers would take other values differently. */
    if (entry->type == HEARTH_GGUF_BOOL)
        for (uint64_t i = 0; i < entry->count; i++)
            if (entry->bytes[i] > 1)
                return hearth_gguf_broken(at, what, "is a truth value other than 0 and 1");
    at->offset += (size_t)(entry->count * size);
    return 0;
}

/* Values are not copied: an entry points at its bytes in the header. */
static int read_value(struct hearth_gguf_cursor *at, struct hearth_gguf_entry *entry,
                      const char *what)
{
    uint32_t type = 0;
    int rc = hearth_gguf_read_u32(at, what, &type);
    if (rc == 0 && type == HEARTH_GGUF_ARRAY) {
        entry->is_array = true;
        rc = hearth_gguf_read_u32(at, what, &type);
        if (rc == 0)
            rc = hearth_gguf_read_u64(at, what, &entry->count);
        if (rc == 0 && type == HEARTH_GGUF_ARRAY)
            return hearth_gguf_broken(at, what, "is an array of arrays, which no model has");
    } else {
        entry->count = 1;
    }
    if (rc != 0)
        return rc;
    if (type > HEARTH_GGUF_FLOAT64)
        return hearth_gguf_broken(at, what, "has a type that GGUF does not have");
    entry->type = (enum hearth_gguf_type)type;
    entry->bytes = at->bytes + at->offset;
    if (entry->type == HEARTH_GGUF_STRING)
        return skip_strings(at, entry->count, what);
    return skip_values(at, entry, what);
}

/* An entry is its key, the type of its value, and the value. */
static int read_entry(struct hearth_gguf_cursor *at, struct hearth_gguf_entry *entry)
{
    int rc = hearth_gguf_read_name(at, "a key", KEY_BYTES_MAX, &entry->key);
    if (rc != 0)
        return rc;
    /* "key 'NAME'", for errors: composed only out of what is safe to print. */
    char what[HEARTH_GGUF_SHOWN_MAX + 16] = "key '";
    struct hearth_gguf_shown key = hearth_gguf_show(entry->key);
    size_t length = strlen(key.text);
    memcpy(what + 5, key.text, length);
    memcpy(what + 5 + length, "'", 2);
    return read_value(at, entry, what);
}

/* The byte is the one that was read last: a tensor's entry is short. */
static int tensor_fault(struct hearth_gguf_cursor *at, const struct hearth_gguf_tensor *tensor,
                        int code, const char *fault)
{
    return hearth_error_set(at->error, code, "GGUF header, byte %zu: tensor '%s' %s", at->offset,
                            hearth_gguf_show(tensor->name).text, fault);
}

/* Dimensions that are not given are 1, so that their product is the number of elements whatever
 * their count. */
static int read_shape(struct hearth_gguf_cursor *at, struct hearth_gguf_tensor *tensor)
{
    int rc = hearth_gguf_read_u32(at, "a tensor's shape", &tensor->dimension_count);
    if (rc != 0)
        return rc;
    if (tensor->dimension_count > HEARTH_GGUF_DIMENSIONS_MAX)
        return tensor_fault(at, tensor, HEARTH_EMODEL, "has more than 4 dimensions");
    tensor->element_count = 1;
    for (uint32_t i = 0; i < HEARTH_GGUF_DIMENSIONS_MAX; i++) {
        tensor->dimensions[i] = 1;
        if (i < tensor->dimension_count)
            rc = hearth_gguf_read_u64(at, "a tensor's shape", &tensor->dimensions[i]);
        if (rc != 0)
            return rc;
        if (tensor->dimensions[i] == 0)
            return tensor_fault(at, tensor, HEARTH_EMODEL, "has a dimension of 0");
        if (__builtin_mul_overflow(tensor->element_count, tensor->dimensions[i],
                                   &tensor->element_count) ||
            tensor->element_count > INT64_MAX)
            return tensor_fault(at, tensor, HEARTH_EMODEL, "has more elements than can be counted");
    }
    return 0;
}

/* Quantized types are stored in blocks along the first dimension, and a row is whole blocks. */
static int read_size(struct hearth_gguf_cursor *at, struct hearth_gguf_tensor *tensor)
{
    int rc = hearth_gguf_read_u32(at, "a tensor's type", &tensor->type);
    if (rc != 0)
        return rc;
    const struct hearth_gguf_tensor_type *type = hearth_gguf_tensor_type(tensor->type);
    if (type == NULL)
        return hearth_error_set(at->error, HEARTH_ENOTIMPL,
                                "GGUF header, byte %zu: tensor '%s' has type %" PRIu32
                                ", which is not known here",
                                at->offset, hearth_gguf_show(tensor->name).text, tensor->type);
    if (tensor->dimensions[0] % type->block_elements != 0)
        return tensor_fault(at, tensor, HEARTH_EMODEL,
                            "has rows that are not whole blocks of its type");
    if (__builtin_mul_overflow(tensor->element_count / type->block_elements,
                               (uint64_t)type->block_bytes, &tensor->size_bytes))
        return tensor_fault(at, tensor, HEARTH_EMODEL, "has more bytes than can be counted");
    return 0;
}

/* A tensor's info is name, number of dimensions, dimensions, type, and its offset from the start of
 * the data. */
static int read_tensor(struct hearth_gguf_cursor *at, struct hearth_gguf_tensor *tensor)
{
    int rc =
        hearth_gguf_read_name(at, "a tensor's name", HEARTH_GGUF_TENSOR_NAME_MAX, &tensor->name);
    if (rc == 0)
        rc = read_shape(at, tensor);
    if (rc == 0)
        rc = read_size(at, tensor);
    if (rc == 0)
        rc = hearth_gguf_read_u64(at, "a tensor's offset", &tensor->offset);
    return rc;
}

int hearth_gguf_text_compare(struct hearth_gguf_text a, struct hearth_gguf_text b)
{
    int order = memcmp(a.bytes, b.bytes, a.length < b.length ? a.length : b.length);
    if (order != 0)
        return order;
    return (a.length > b.length) - (a.length < b.length);
}

static int compare_entries(const void *a, const void *b, void *gguf)
{
    const struct hearth_gguf_entry *entries = ((struct hearth_gguf *)gguf)->entries;
    return hearth_gguf_text_compare(entries[*(const size_t *)a].key,
                                    entries[*(const size_t *)b].key);
}

static int compare_tensors(const void *a, const void *b, void *gguf)
{
    const struct hearth_gguf_tensor *tensors = ((struct hearth_gguf *)gguf)->tensors;
    return hearth_gguf_text_compare(tensors[*(const size_t *)a].name,
                                    tensors[*(const size_t *)b].name);
}

static int compare_offsets(const void *a, const void *b, void *gguf)
{
    const struct hearth_gguf_tensor *tensors = ((struct hearth_gguf *)gguf)->tensors;
    uint64_t x = tensors[*(const size_t *)a].offset;
    uint64_t y = tensors[*(const size_t *)b].offset;
    return (x > y) - (x < y);
}

/* qsort_r's form, with the header as its argument. */
typedef int compare_fn(const void *a, const void *b, void *gguf);

/* Sorted numbers in place of sorted rows: entries keep the order of the file, which vocabularies
 * need. */
static int make_index(struct hearth_gguf *gguf, size_t count, compare_fn *compare,
                      size_t **ret_index, struct hearth_error *error)
{
    size_t *index = hearth_try_calloc(count + 1, sizeof(*index));
    if (index == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM,
                                "there is not enough memory for the GGUF header's index");
    for (size_t i = 0; i < count; i++)
        index[i] = i;
    qsort_r(index, count, sizeof(*index), compare, gguf);
    *ret_index = index;
    return 0;
}

/* After sorting, equal names are neighbours. Which of two would count differs between readers of
 * the format, so neither is taken. */
static int index_names(struct hearth_gguf_cursor *at, struct hearth_gguf *gguf)
{
    int rc = make_index(gguf, gguf->entry_count, compare_entries, &gguf->entries_by_key, at->error);
    if (rc == 0)
        rc = make_index(gguf, gguf->tensor_count, compare_tensors, &gguf->tensors_by_name,
                        at->error);
    if (rc != 0)
        return rc;
    for (size_t i = 1; i < gguf->entry_count; i++)
        if (compare_entries(&gguf->entries_by_key[i - 1], &gguf->entries_by_key[i], gguf) == 0)
            return hearth_error_set(
                at->error, HEARTH_EMODEL, "GGUF header: key '%s' stands there twice",
                hearth_gguf_show(gguf->entries[gguf->entries_by_key[i]].key).text);
    for (size_t i = 1; i < gguf->tensor_count; i++)
        if (compare_tensors(&gguf->tensors_by_name[i - 1], &gguf->tensors_by_name[i], gguf) == 0)
            return hearth_error_set(
                at->error, HEARTH_EMODEL, "GGUF header: tensor '%s' stands there twice",
                hearth_gguf_show(gguf->tensors[gguf->tensors_by_name[i]].name).text);
    return 0;
}

/* A key that is wrong is refused rather than replaced by the default: offsets depend on it. */
static int read_alignment(struct hearth_gguf_cursor *at, const struct hearth_gguf *gguf,
                          uint64_t *ret_value)
{
    /* As the specification has it for files that do not say. */
    *ret_value = ALIGNMENT_DEFAULT;
    const struct hearth_gguf_entry *entry = hearth_gguf_find(gguf, "general.alignment");
    if (entry == NULL)
        return 0;
    int64_t value = 0;
    if (!entry->is_array && entry->type == HEARTH_GGUF_UINT32)
        value = hearth_gguf_integer_at(entry, 0, 0);
    if (value < 1 || value > ALIGNMENT_MAX || (value & (value - 1)) != 0)
        return hearth_gguf_broken(at, "key 'general.alignment'",
                                  "is not a uint32 that is a power of two of at most 1048576");
    *ret_value = (uint64_t)value;
    return 0;
}

/* Makes the offsets absolute, and proves that each tensor lies inside the file. */
static int place_tensors(struct hearth_gguf_cursor *at, struct hearth_gguf *gguf,
                         uint64_t alignment)
{
    /* The data begin behind the header at the next multiple of the alignment, a power of two. */
    uint64_t start = (at->offset + alignment - 1) & ~(alignment - 1);
    for (size_t i = 0; i < gguf->tensor_count; i++) {
        struct hearth_gguf_tensor *tensor = &gguf->tensors[i];
        if (tensor->offset % alignment != 0)
            return tensor_fault(at, tensor, HEARTH_EMODEL, "begins at an unaligned offset");
        uint64_t end;
        if (__builtin_add_overflow(tensor->offset, start, &tensor->offset) ||
            __builtin_add_overflow(tensor->offset, tensor->size_bytes, &end) ||
            end > at->file_bytes)
            return hearth_error_set(
                at->error, HEARTH_EMODEL,
                "GGUF: tensor '%s' (%" PRIu64 " bytes) does not lie inside the file of %" PRIu64
                " bytes (is it cut off?)",
                hearth_gguf_show(tensor->name).text, tensor->size_bytes, at->file_bytes);
    }
    return 0;
}

/* Two names for the same bytes would let one tensor change another. */
static int check_overlap(struct hearth_gguf_cursor *at, struct hearth_gguf *gguf)
{
    size_t *order = NULL;
    int rc = make_index(gguf, gguf->tensor_count, compare_offsets, &order, at->error);
    for (size_t i = 1; rc == 0 && i < gguf->tensor_count; i++) {
        const struct hearth_gguf_tensor *before = &gguf->tensors[order[i - 1]];
        const struct hearth_gguf_tensor *tensor = &gguf->tensors[order[i]];
        if (before->offset + before->size_bytes > tensor->offset)
            rc = hearth_error_set(
                at->error, HEARTH_EMODEL, "GGUF: the bytes of tensors '%s' and '%s' overlap",
                hearth_gguf_show(before->name).text, hearth_gguf_show(tensor->name).text);
    }
    hearth_free(order);
    return rc;
}

/* Counts are held against the least that a row takes, before anything is allocated by them. */
static int read_head(struct hearth_gguf_cursor *at, struct hearth_gguf *gguf, uint64_t *ret_tensors,
                     uint64_t *ret_entries)
{
    if (at->length < 4 || memcmp(at->bytes, "GGUF", 4) != 0)
        return hearth_error_set(at->error, HEARTH_EMODEL, "this is %s, not a GGUF file",
                                hearth_file_kind(at->bytes, at->length));
    at->offset = 4;
    int rc = hearth_gguf_read_u32(at, "the version", &gguf->version);
    if (rc != 0)
        return rc;
    if (gguf->version != 2 && gguf->version != 3) {
        /* Read in the wrong order, a small version stands in the upper half of the number. */
        bool swapped = (gguf->version & 0xffff) == 0 && gguf->version != 0;
        return hearth_error_set(at->error, HEARTH_ENOTIMPL,
                                "GGUF version %" PRIu32 " is not known here (2 and 3 are)%s",
                                swapped ? __builtin_bswap32(gguf->version) : gguf->version,
                                swapped ? ": the file is big-endian" : "");
    }
    /* Tensors come first in the head, though their entries stand behind the keys. */
    rc = hearth_gguf_read_u64(at, "the number of tensors", ret_tensors);
    if (rc == 0)
        rc = hearth_gguf_read_u64(at, "the number of keys", ret_entries);
    if (rc != 0)
        return rc;
    /* Of the file and not of the window: the header may go on behind what has been read. */
    uint64_t rest = at->file_bytes - at->offset;
    if (*ret_tensors > COUNT_MAX || *ret_tensors > rest / TENSOR_BYTES_MIN)
        return hearth_gguf_broken(at, "the number of tensors",
                                  "is more than the file has room for");
    if (*ret_entries > COUNT_MAX || *ret_entries > rest / ENTRY_BYTES_MIN)
        return hearth_gguf_broken(at, "the number of keys", "is more than the file has room for");
    return 0;
}

/* One row more than needed, so that a count of 0 is no allocation of 0 bytes. */
static int read_tables(struct hearth_gguf_cursor *at, struct hearth_gguf *gguf)
{
    uint64_t tensors = 0, entries = 0;
    int rc = read_head(at, gguf, &tensors, &entries);
    if (rc != 0)
        return rc;
    gguf->entries = hearth_try_calloc((size_t)entries + 1, sizeof(*gguf->entries));
    gguf->tensors = hearth_try_calloc((size_t)tensors + 1, sizeof(*gguf->tensors));
    if (gguf->entries == NULL || gguf->tensors == NULL)
        return hearth_error_set(at->error, HEARTH_ENOMEM,
                                "there is not enough memory for the GGUF header");
    for (; rc == 0 && gguf->entry_count < entries; gguf->entry_count++)
        rc = read_entry(at, &gguf->entries[gguf->entry_count]);
    for (; rc == 0 && gguf->tensor_count < tensors; gguf->tensor_count++)
        rc = read_tensor(at, &gguf->tensors[gguf->tensor_count]);
    return rc;
}

/* Nothing is trusted before all of it was checked: the caller gets a header whose every tensor lies
 * within the file, or none. */
int hearth_gguf_parse_window(const void *bytes, size_t length, uint64_t file_bytes, bool *ret_more,
                             struct hearth_gguf **ret_gguf, struct hearth_error *error)
{
    struct hearth_gguf_cursor at = {
        .bytes = bytes, .length = length, .file_bytes = file_bytes, .error = error};
    struct hearth_gguf *gguf = hearth_calloc(1, sizeof(*gguf));
    gguf->file_bytes = file_bytes;
    uint64_t alignment = 0;
    int rc = read_tables(&at, gguf);
    if (rc == 0)
        rc = index_names(&at, gguf);
    if (rc == 0)
        rc = read_alignment(&at, gguf, &alignment);
    if (rc == 0)
        rc = place_tensors(&at, gguf, alignment);
    if (rc == 0)
        rc = check_overlap(&at, gguf);
    /* A fault that only comes of a window that is too short is none yet. */
    *ret_more = rc != 0 && at.more;
    if (rc == 0)
        *ret_gguf = gguf;
    else
        hearth_gguf_destroy(gguf);
    return rc;
}
