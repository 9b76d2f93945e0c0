/* One buffer for the errors of the last call, under a lock, because libllama logs from its own
 * threads too. */
#include "chat/llama_log.h"

#include "base/error.h"
#include "base/text.h"
#include "chat/llama_words.h"

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
static void (*listener)(void *argument, const char *text);
static void *listener_argument;

/* Line ends become "; ". What does not fit is left out: the first error is the cause. */
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

/* A message may come in pieces; the later ones have the level CONT. */
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
    if (level == GGML_LOG_LEVEL_INFO && listener)
        listener(listener_argument, text);
    pthread_mutex_unlock(&lock);
}

/* In place of ggml's own, which starts a debugger for a stack trace. The process ends after it, and
 * its last line is told as the reason. */
static void on_abort(const char *text)
{
    fprintf(stderr, "the engine's library stopped: %s\n", hearth_message_sentence(text));
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

void hearth_llama_log_listen(void (*on_text)(void *argument, const char *text), void *argument)
{
    pthread_mutex_lock(&lock);
    listener = on_text;
    listener_argument = argument;
    pthread_mutex_unlock(&lock);
}

void hearth_llama_log_words(const char *words)
{
    fprintf(stderr, "llama: %.*s\n", (int)strcspn(words, "\n"), words);
}

int hearth_llama_log_error(struct hearth_error *error, int code, const char *text)
{
    char logged[KEPT_MAX + 1], words[KEPT_MAX];
    pthread_mutex_lock(&lock);
    snprintf(logged, sizeof(logged), "%.*s", (int)kept_length, kept);
    pthread_mutex_unlock(&lock);
    if (logged[0] != '\0')
        hearth_llama_log_words(logged);
    if (hearth_llama_words(logged, words, sizeof(words)))
        return hearth_error_set(error, code, "%s: %s", text, words);
    return hearth_error_set(error, code, "%s%s", text,
                            logged[0] != '\0' ? "; the server's log says more" : "");
}
