#include "cli/text_read.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int read_all(int descriptor, const char *name, struct hearth_buf *buf,
                    struct hearth_error *error)
{
    for (;;) {
        char piece[8192];
        ssize_t got = read(descriptor, piece, sizeof(piece));
        if (got == 0)
            return 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return hearth_error_set_errno(error, errno, "%s cannot be read", name);
        if (hearth_buf_append(buf, piece, (size_t)got))
            return hearth_error_set(error, HEARTH_ETOOLARGE, "%s is larger than %zu bytes", name,
                                    buf->max);
    }
}

int hearth_text_read(const char *path, struct hearth_buf *buf, struct hearth_error *error)
{
    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, "standard input", buf, error);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return hearth_error_set_errno(error, errno, "%s cannot be opened", path);
    int rc = read_all(descriptor, path, buf, error);
    close(descriptor);
    return rc;
}
