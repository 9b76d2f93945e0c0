#include "engine/llama/llama_adapters.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/memory.h"
#include "format/gguf.h"
#include "network/adapter_file.h"
#include "network/checkpoint.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ALIGNMENT = 32 }; /* GGUF's own, where a file says nothing */

/* Keys and tensors of all layers; values are written apart. */
#define HEAD_MAX (16u << 20)

/* Of a model in several GGUF files the first has all that a network is read from, while a
 * checkpoint would want the others' tensors too. */
static int network_of(const struct hearth_llama_load *load, struct hearth_network *ret_network,
                      struct hearth_error *error)
{
    struct hearth_gguf *gguf = NULL;
    struct hearth_checkpoint *folder = NULL;
    int rc = load->header->folder ? hearth_checkpoint_open(load->path, &folder, error)
                                  : hearth_gguf_open(load->path, &gguf, error);
    if (rc == 0)
        rc = load->header->folder ? hearth_checkpoint_network(folder, NULL, ret_network, error)
                                  : hearth_network_read(gguf, NULL, ret_network, error);
    hearth_gguf_destroy(gguf);
    hearth_checkpoint_close(folder);
    return rc;
}

static int read_network(const struct hearth_llama_load *load, struct hearth_network *ret_network,
                        struct hearth_error *error)
{
    struct hearth_error why = {0};
    int rc = network_of(load, ret_network, &why);
    return rc == 0 ? 0
                   : hearth_error_set(error, rc, "setting 'adapters': not for this model: %s",
                                      why.message);
}

static uint64_t values_of(const struct hearth_adapter_matrix *matrix)
{
    return (uint64_t)matrix->rows * matrix->columns;
}

/* Twice, because the file in memory and what libllama makes of it are there at the same time. */
static uint64_t bytes_of(const struct hearth_adapter_file *file)
{
    uint64_t values = 0;
    for (size_t i = 0; i < hearth_adapter_file_count(file); i++) {
        const struct hearth_adapter_pair *pair = hearth_adapter_file_at(file, i);
        values += values_of(&pair->a) + values_of(&pair->b);
    }
    return 2 * values * sizeof(float) + HEAD_MAX;
}

int hearth_llama_adapters_plan(const struct hearth_llama_load *load, uint64_t *ret_bytes,
                               struct hearth_error *error)
{
    struct hearth_network network;
    uint64_t bytes = 0;
    int rc = load->settings->adapter_count > 0 ? read_network(load, &network, error) : 0;
    for (uint32_t i = 0; rc == 0 && i < load->settings->adapter_count; i++) {
        struct hearth_adapter_file *file = NULL;
        rc = hearth_adapter_file_open(load->settings->adapters[i], &network, &file, error);
        if (rc == 0)
            bytes += bytes_of(file);
        hearth_adapter_file_close(file);
    }
    if (rc == 0)
        *ret_bytes = bytes;
    return rc;
}

/* GGUF's words are little-endian, as those of every machine that this engine is built for. */
static void put_word(struct hearth_buf *buf, uint32_t word)
{
    hearth_buf_append(buf, &word, sizeof(word));
}

static void put_long(struct hearth_buf *buf, uint64_t word)
{
    hearth_buf_append(buf, &word, sizeof(word));
}

static void put_text(struct hearth_buf *buf, const char *text)
{
    put_long(buf, strlen(text));
    hearth_buf_text(buf, text);
}

static void put_key(struct hearth_buf *buf, const char *key, const char *value)
{
    put_text(buf, key);
    put_word(buf, HEARTH_GGUF_STRING);
    put_text(buf, value);
}

static uint64_t aligned(uint64_t bytes)
{
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void put_tensor(struct hearth_buf *buf, const struct hearth_adapter_pair *pair,
                       const struct hearth_adapter_matrix *matrix, const char *tail,
                       uint64_t *offset)
{
    char part[64], name[96];
    hearth_part_name(pair->part, pair->layer, part, sizeof(part));
    snprintf(name, sizeof(name), "%s%s", part, tail);
    put_text(buf, name);
    put_word(buf, 2);
    put_long(buf, matrix->columns);
    put_long(buf, matrix->rows);
    put_word(buf, HEARTH_QUANT_F32);
    put_long(buf, *offset);
    *offset += aligned(values_of(matrix) * sizeof(float));
}

/* Without an alpha, since B has the scale in it. */
static void put_head(struct hearth_buf *buf, const struct hearth_adapter_file *file,
                     const char *architecture)
{
    uint64_t offset = 0;
    hearth_buf_text(buf, "GGUF");
    put_word(buf, 3);
    put_long(buf, 2 * hearth_adapter_file_count(file));
    put_long(buf, 3);
    put_key(buf, "general.type", "adapter");
    put_key(buf, "general.architecture", architecture);
    put_key(buf, "adapter.type", "lora");
    for (size_t i = 0; i < hearth_adapter_file_count(file); i++) {
        const struct hearth_adapter_pair *pair = hearth_adapter_file_at(file, i);
        put_tensor(buf, pair, &pair->a, ".lora_a", &offset);
        put_tensor(buf, pair, &pair->b, ".lora_b", &offset);
    }
    while (buf->length % ALIGNMENT != 0)
        hearth_buf_char(buf, 0);
}

typedef int read_rows(const struct hearth_adapter_file *file,
                      const struct hearth_adapter_pair *pair, uint32_t first, uint32_t count,
                      float *y, struct hearth_error *error);

static int put_values(FILE *to, const struct hearth_adapter_file *file,
                      const struct hearth_adapter_pair *pair,
                      const struct hearth_adapter_matrix *matrix, read_rows *read,
                      struct hearth_error *error)
{
    uint64_t count = values_of(matrix), padded = aligned(count * sizeof(float)) / sizeof(float);
    float *values = hearth_try_calloc(padded, sizeof(*values));
    if (values == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for an adapter");
    int rc = read(file, pair, 0, matrix->rows, values, error);
    if (rc == 0 && fwrite(values, sizeof(*values), padded, to) != padded)
        rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory for an adapter");
    hearth_free(values);
    return rc;
}

static int put_file(FILE *to, const struct hearth_adapter_file *file, const char *architecture,
                    struct hearth_error *error)
{
    struct hearth_buf head;
    hearth_buf_init(&head, HEAD_MAX);
    put_head(&head, file, architecture);
    int rc = head.failed != 0 || fwrite(head.bytes, 1, head.length, to) != head.length
                 ? hearth_error_set(error, HEARTH_ENOMEM, "no memory for an adapter")
                 : 0;
    hearth_buf_finish(&head);
    for (size_t i = 0; rc == 0 && i < hearth_adapter_file_count(file); i++) {
        const struct hearth_adapter_pair *pair = hearth_adapter_file_at(file, i);
        rc = put_values(to, file, pair, &pair->a, hearth_adapter_read_a, error);
        if (rc == 0)
            rc = put_values(to, file, pair, &pair->b, hearth_adapter_read_b, error);
    }
    if (rc == 0 && (fflush(to) != 0 || fseek(to, 0, SEEK_SET) != 0))
        rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory for an adapter");
    return rc;
}

/* A file that has no name and no folder: a worker's sandbox lets nobody make one that has. */
static FILE *open_memory(void)
{
    int descriptor = memfd_create("adapter", MFD_CLOEXEC);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w+b") : NULL;
    if (file == NULL && descriptor >= 0)
        close(descriptor);
    return file;
}

/* `file` is closed. */
static int load_file(struct hearth_adapter_file *file, const struct hearth_network *network,
                     struct llama_model *model, struct hearth_llama_adapter *ret_adapter,
                     struct hearth_error *error)
{
    int rc = 0;
    snprintf(ret_adapter->name, sizeof(ret_adapter->name), "%s", hearth_adapter_file_name(file));
    FILE *memory = open_memory();
    if (memory == NULL)
        rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory for an adapter");
    if (rc == 0)
        rc = put_file(memory, file, network->architecture->name, error);
    hearth_adapter_file_close(file);
    if (rc == 0) {
        ret_adapter->adapter = hearth_llama_adapter(model, memory, error);
        if (ret_adapter->adapter == NULL)
            rc = error->code != 0 ? error->code : HEARTH_EMODEL;
    }
    if (memory != NULL)
        fclose(memory);
    return rc;
}

static int load_one(const char *path, const struct hearth_network *network,
                    struct llama_model *model, struct hearth_llama_adapter *ret_adapter,
                    struct hearth_error *error)
{
    struct hearth_adapter_file *file = NULL;
    int rc = hearth_adapter_file_open(path, network, &file, error);
    return rc != 0 ? rc : load_file(file, network, model, ret_adapter, error);
}

int hearth_llama_adapters_load(const struct hearth_llama_load *load, struct llama_model *model,
                               struct hearth_llama_adapter *ret_adapters,
                               struct hearth_error *error)
{
    struct hearth_network network;
    int rc = load->settings->adapter_count > 0 ? read_network(load, &network, error) : 0;
    for (uint32_t i = 0; rc == 0 && i < load->settings->adapter_count; i++)
        rc = load_one(load->settings->adapters[i], &network, model, &ret_adapters[i], error);
    return rc;
}

struct hearth_llama_adapters_base {
    struct hearth_network network;
    struct llama_model *model;
};

int hearth_llama_adapters_base_make(const struct hearth_llama_load *load, struct llama_model *model,
                                    struct hearth_llama_adapters_base **ret_base)
{
    struct hearth_llama_adapters_base *base = hearth_calloc(1, sizeof(*base));
    int rc = network_of(load, &base->network, NULL);
    base->model = model;
    if (rc == 0)
        *ret_base = base;
    else
        hearth_free(base);
    return rc;
}

void hearth_llama_adapters_base_destroy(struct hearth_llama_adapters_base *base)
{
    hearth_free(base);
}

int hearth_llama_adapter_parse(const struct hearth_llama_adapters_base *base, const char *name,
                               const void *bytes, size_t length,
                               struct hearth_llama_adapter *ret_adapter, struct hearth_error *error)
{
    struct hearth_adapter_file *file = NULL;
    struct hearth_llama_adapter made = {.adapter = NULL};
    int rc = hearth_adapter_file_parse(name, bytes, length, &base->network, &file, error);
    if (rc == 0)
        rc = load_file(file, &base->network, base->model, &made, error);
    if (rc == 0)
        *ret_adapter = made;
    return rc;
}
