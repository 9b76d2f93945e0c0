#include "engine/llama/llama_log.h"

#include "base/error.h"

#include <llama.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define KEPT_MAX 700

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char kept[KEPT_MAX];
static size_t kept_length;
static bool printing = true;
static enum ggml_log_level current; /* of the message that a continuation continues */

static void keep(const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
        length--;
    if (length == 0 || kept_length + length + 3 > sizeof(kept))
        return;
    if (kept_length > 0) {
        memcpy(kept + kept_length, "; ", 2);
        kept_length += 2;
    }
    memcpy(kept + kept_length, text, length);
    kept_length += length;
}

static void on_log(enum ggml_log_level level, const char *text, void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    if (level != GGML_LOG_LEVEL_CONT)
        current = level;
    if (current == GGML_LOG_LEVEL_ERROR)
        keep(text);
    if (current == GGML_LOG_LEVEL_WARN && printing)
        fputs(text, stderr);
    pthread_mutex_unlock(&lock);
}

/* In place of ggml's own, which starts a debugger for a stack trace. The process ends after it. */
static void on_abort(const char *text)
{
    fprintf(stderr, "ggml: %s\n", text);
}

void hearth_llama_log_start(void)
{
    llama_log_set(on_log, NULL);
    ggml_set_abort_callback(on_abort);
}

void hearth_llama_log_clear(bool print)
{
    pthread_mutex_lock(&lock);
    printing = print;
    kept_length = 0;
    pthread_mutex_unlock(&lock);
}

int hearth_llama_log_error(struct hearth_error *error, int code, const char *text)
{
    pthread_mutex_lock(&lock);
    int rc = hearth_error_set(error, code, "%s%s%.*s", text, kept_length > 0 ? ": " : "",
                              (int)kept_length, kept);
    pthread_mutex_unlock(&lock);
    return rc;
}
