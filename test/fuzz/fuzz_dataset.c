/* Any bytes as a file of training data: it is read to its end, each row has one of the forms and
 * becomes tokens, and what cannot be used is counted and told with a place that is in the file. The
 * chat template is a small one that is mutated along: it hides parts of earlier answers. */
#include "support/byte_words.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct looking {
    const struct hearth_words *words;
    uint64_t rows, last_line;
};

static int render(void *argument, const json_t *conversation, struct hearth_buf *text,
                  struct hearth_error *error)
{
    const json_t *messages = json_object_get(conversation, "messages");
    size_t count = json_array_size(messages);
    (void)argument, (void)error;
    assert(count > 0);
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(messages, i);
        const char *content = hearth_json_text(one, "content", "");
        if (i + 1 < count && *content == 'h')
            content++;
        hearth_buf_printf(text, "%s:%s<e>\n", hearth_json_text(one, "role", ""), content);
    }
    if (json_is_true(json_object_get(conversation, "add_generation_prompt")))
        hearth_buf_text(text, "assistant:");
    return 0;
}

static int take(void *argument, struct hearth_learnt *part, struct hearth_error *error)
{
    uint32_t learnt = 0;
    (void)error;
    for (uint32_t i = 0; i < part->count; i++)
        learnt += part->counts[i];
    assert(learnt == part->learnt && learnt > 0 && !part->counts[0]);
    ++*(unsigned *)argument;
    return 0;
}

static int on_row(void *argument, const struct hearth_dataset_row *row, struct hearth_error *error)
{
    struct looking *looking = argument;
    unsigned parts = 0;
    const struct hearth_learnt_taker taker = {take, &parts};
    struct hearth_error why = {.code = 0};
    (void)error;
    looking->rows++;
    assert(row->line >= looking->last_line && json_is_object(row->value));
    looking->last_line = row->line;
    if (row->form == HEARTH_FORM_TEXT)
        assert(json_string_length(json_object_get(row->value, "text")) > 0);
    int rc = hearth_learn_parts(looking->words, row, false, &taker, &why);
    assert(rc == 0 ? parts > 0 : why.code == rc && why.message[0]);
    return 0;
}

static uint64_t lines_of(const uint8_t *bytes, size_t length)
{
    uint64_t lines = 1;
    for (size_t i = 0; i < length; i++)
        lines += bytes[i] == '\n';
    return lines;
}

static void check_facts(const struct hearth_dataset_facts *facts, const uint8_t *bytes,
                        size_t length)
{
    char wanted[HEARTH_SHA256_HEX];
    hearth_sha256_of(bytes, length, wanted);
    assert(strcmp(facts->sha256, wanted) == 0 && facts->bytes == length);
    assert(facts->fault_count <= HEARTH_DATASET_FAULTS_MAX && facts->fault_count <= facts->faulty);
    assert((facts->rows == 0) == (*facts->shape == '\0'));
    for (size_t i = 0; i < facts->fault_count; i++)
        assert(facts->faults[i].line >= 1 && facts->faults[i].message[0] &&
               facts->faults[i].line <= lines_of(bytes, length));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const struct hearth_words words = {render, byte_words_tokenize, byte_words_spell,
                                       NULL,   BYTE_WORDS_END,      byte_words_ends};
    struct looking looking = {.words = &words};
    const struct hearth_dataset_reader reader = {.on_row = on_row, .argument = &looking};
    struct hearth_dataset_facts facts;
    struct hearth_error error = {.code = 0};
    int descriptor = memfd_create("dataset", MFD_CLOEXEC);
    assert(descriptor >= 0);
    ssize_t written = write(descriptor, bytes, length);
    assert(written == (ssize_t)length);
    off_t at = lseek(descriptor, 0, SEEK_SET);
    assert(at == 0);
    int rc = hearth_dataset_read_open(descriptor, &reader, &facts, &error);
    assert(rc == 0);
    assert(facts.rows == looking.rows);
    check_facts(&facts, bytes, length);
    close(descriptor);
    return 0;
}
