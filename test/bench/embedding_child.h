/* The child's side of test/bench/embeddings.py: an engine that embeds files of texts.
 *
 * Prints "ready". Then reads lines "BATCH TEXTS VECTORS": embeds the texts of a file, one a line,
 * BATCH at a time, writes the vectors as f32 to another (or nowhere: "-"), and prints the seconds,
 * tokenising included. Ends with its standard input. */
#ifndef HEARTH_TEST_EMBEDDING_CHILD_H
#define HEARTH_TEST_EMBEDDING_CHILD_H

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS_MAX = 1 << 16, LINE_LENGTH_MAX = 1 << 16, BATCH_MAX = 1024 };

/* Embeds `count` texts and returns the seconds; `vectors` may be NULL. */
typedef double (*embed_verb)(void *engine, char **texts, size_t count, size_t batch, FILE *vectors);

static inline size_t read_lines(const char *path, char **lines)
{
    static char line[LINE_LENGTH_MAX];
    FILE *file = fopen(path, "re");
    size_t count = 0;
    while (file && count < TEXTS_MAX && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        lines[count++] = hearth_strdup(line);
    }
    if (file)
        fclose(file);
    return count;
}

static inline void serve_embeddings(embed_verb embed, void *engine)
{
    static char command[8192], *lines[TEXTS_MAX];
    puts("ready");
    fflush(stdout);
    while (fgets(command, sizeof(command), stdin)) {
        char *rest = command, *batch_text = strsep(&rest, " "), *texts = strsep(&rest, " "),
             *path = strsep(&rest, " \n");
        int64_t batch = 0;
        if (!path || hearth_parse_int(batch_text, 1, BATCH_MAX, &batch))
            exit(2);
        size_t count = read_lines(texts, lines);
        FILE *vectors = strcmp(path, "-") ? fopen(path, "we") : NULL;
        double seconds = embed(engine, lines, count, (size_t)batch, vectors);
        if (vectors)
            fclose(vectors);
        printf("%.6f\n", seconds);
        fflush(stdout);
        for (size_t i = 0; i < count; i++)
            hearth_free(lines[i]);
    }
}

#endif
