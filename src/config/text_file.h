/* Reads a small text file whole, up to a limit, and writes one so that a reader sees either the old
 * text or the new one. Blocking. */
#ifndef HEARTH_CONFIG_TEXT_FILE_H
#define HEARTH_CONFIG_TEXT_FILE_H

#include "base/arena.h"
#include "hearth/error.h"

#include <stddef.h>

/* NUL-terminated, in the arena. HEARTH_ENOTFOUND when there is none, HEARTH_ETOOLARGE past `max`,
 * HEARTH_EPARSE when it is not UTF-8 text. */
int hearth_text_file_read(const char *path, size_t max, struct hearth_arena *arena,
                          const char **ret_text, size_t *ret_length, struct hearth_error *error);
/* The file has the old content or the new one, also after a crash. */
int hearth_text_file_write(const char *path, const char *text, size_t length,
                           struct hearth_error *error);

#endif
