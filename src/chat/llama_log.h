/* What libllama and ggml log. Warnings of a load go to standard error, which is the server's log;
 * errors are kept, so that a failure can be explained. The libraries have one log for the whole
 * process, and so has this; one process has one model. Any thread. */
#ifndef HEARTH_LLAMA_LOG_H
#define HEARTH_LLAMA_LOG_H

#include "hearth/error.h"

#include <stdbool.h>

/* Takes over the logs and ggml's abort message; again is harmless. */
void hearth_llama_log_start(void);
/* Forgets what was kept. `print` says whether warnings are printed from now on: not while a step
 * runs, for an abort is not worth one. */
void hearth_llama_log_clear(bool print);
/* What is logged for information goes to `on_text`, in the pieces in which it comes; NULL: to
 * nobody. It must not log. */
void hearth_llama_log_listen(void (*on_text)(void *argument, const char *text), void *argument);
/* Writes a library's own words to standard error: one line, never told to a client. */
void hearth_llama_log_words(const char *words);
/* Sets "text: " and what the errors that were kept mean in our words (llama_words.h); they
 * themselves go to standard error. */
int hearth_llama_log_error(struct hearth_error *error, int code, const char *text);

#endif
