/* Shows which tokens of a file's rows a base learns, for test/e2e/test_datasets.py:
 * `learn_rows BASE DATA [all]` prints a line of JSON for each part of a row,
 * {"line","tokens","counts"} or
 * {"line","fault"}, and at the end the facts of the file. With `quiet` only the end. */
#include "base/error.h"
#include "base/memory.h"
#include "chat/base_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct showing {
    const struct hearth_words *words;
    bool all, quiet;
    uint64_t line, tokens, learnt, refused;
};

static void print_tokens(uint64_t line, const struct hearth_learnt *learnt)
{
    printf("{\"line\":%" PRIu64 ",\"tokens\":[", line);
    for (uint32_t i = 0; i < learnt->count; i++)
        printf("%s%" PRId32, i > 0 ? "," : "", learnt->tokens[i]);
    printf("],\"counts\":[");
    for (uint32_t i = 0; i < learnt->count; i++)
        printf("%s%d", i > 0 ? "," : "", learnt->counts[i]);
    printf("]}\n");
}

static void print_fault(uint64_t line, const char *message)
{
    struct hearth_buf text;
    hearth_buf_init(&text, 4096);
    hearth_json_write_text(&text, message);
    printf("{\"line\":%" PRIu64 ",\"fault\":%s}\n", line, hearth_buf_cstr(&text));
    hearth_buf_finish(&text);
}

static int take(void *argument, struct hearth_learnt *part, struct hearth_error *error)
{
    struct showing *showing = argument;
    (void)error;
    showing->tokens += part->count;
    showing->learnt += part->learnt;
    if (!showing->quiet)
        print_tokens(showing->line, part);
    return 0;
}

static int on_row(void *argument, const struct hearth_dataset_row *row, struct hearth_error *error)
{
    struct showing *showing = argument;
    const struct hearth_learnt_taker taker = {take, showing};
    struct hearth_error why = {.code = 0};
    (void)error;
    showing->line = row->line;
    if (hearth_learn_parts(showing->words, row, showing->all, &taker, &why) != 0) {
        showing->refused++;
        print_fault(row->line, why.message);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct hearth_base_words *base = NULL;
    struct hearth_dataset_facts facts;
    struct hearth_error error = {.code = 0};
    const char *how = argc > 3 ? argv[3] : "";
    if (argc < 3)
        return 2;
    int rc = hearth_base_words_open(argv[1], &base, &error);
    if (rc == 0) {
        struct showing showing = {.words = hearth_base_words(base),
                                  .all = strcmp(how, "all") == 0,
                                  .quiet = strcmp(how, "quiet") == 0};
        const struct hearth_dataset_reader reader = {.on_row = on_row, .argument = &showing};
        rc = hearth_dataset_read(argv[2], &reader, &facts, &error);
        for (size_t i = 0; rc == 0 && i < facts.fault_count; i++)
            print_fault(facts.faults[i].line, facts.faults[i].message);
        if (rc == 0)
            printf("{\"format\":\"%s\",\"shape\":\"%s\",\"rows\":%" PRIu64 ",\"faulty\":%" PRIu64
                   ",\"refused\":%" PRIu64 ",\"all_tokens\":%" PRIu64 ",\"learnt\":%" PRIu64
                   ",\"sha256\":\"%s\"}\n",
                   facts.format, facts.shape, facts.rows, facts.faulty, showing.refused,
                   showing.tokens, showing.learnt, facts.sha256);
    }
    hearth_base_words_close(base);
    if (rc != 0)
        fprintf(stderr, "%s\n", error.message);
    return rc != 0;
}
