/* What libllama and ggml log: warnings of a load go to standard error; errors are kept, so that a
 * failure can say why. One process has one model, so this is process-wide. Any thread. */
#ifndef HEARTH_LLAMA_LOG_H
#define HEARTH_LLAMA_LOG_H

#include "hearth/error.h"

#include <stdbool.h>

/* Takes over the logs and ggml's abort message; again is harmless. */
void hearth_llama_log_start(void);
/* Forgets what was kept. `print` says whether warnings are printed from now on: not while a step
 * runs, for an abort is not worth one. */
void hearth_llama_log_clear(bool print);
/* Sets "text: " and the errors that were kept. */
int hearth_llama_log_error(struct hearth_error *error, int code, const char *text);

#endif
