/* A whole small file into a buffer, up to the buffer's cap. Blocking. */
#ifndef HEARTH_CLI_TEXT_READ_H
#define HEARTH_CLI_TEXT_READ_H

#include "base/buf.h"
#include "hearth/error.h"

/* HEARTH_ENOTFOUND, HEARTH_EIO, HEARTH_ETOOLARGE; appends. "-" is standard input. */
int hearth_text_read(const char *path, struct hearth_buf *buf, struct hearth_error *error);

#endif
