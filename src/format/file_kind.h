/* Says what a file is by its first bytes, for errors that help somebody who gave the wrong file.
 * Any thread. */
#ifndef HEARTH_FORMAT_FILE_KIND_H
#define HEARTH_FORMAT_FILE_KIND_H

#include <stddef.h>

/* NULL when the bytes are a GGUF's, else words for a person ("a safetensors file", "a web page").
 * 16 bytes are enough to look at. */
const char *hearth_file_kind(const void *bytes, size_t length);

#endif
