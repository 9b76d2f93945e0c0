#include "jobs/job_owner.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/out_file.h"
#include "base/small_file.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { OWNER_MAX = 8192 };

#define NAME "owner"

static char *make_owner(const char *home)
{
    char host[65] = "";
    uint64_t random;
    gethostname(host, sizeof(host) - 1);
    hearth_random_bytes(&random, sizeof(random));
    return hearth_format("%s:%s#%016llx", host, home, (unsigned long long)random);
}

static int write_owner(const char *folder, const char *owner)
{
    struct hearth_out_file *file = hearth_calloc(1, sizeof(*file));
    int rc = hearth_out_begin(file, folder, NAME, NULL);
    if (!rc) {
        hearth_out_write(file, owner, strlen(owner));
        rc = hearth_out_end(file, NULL);
        hearth_out_drop(file);
    }
    hearth_free(file);
    return rc;
}

char *hearth_job_owner_read(const char *folder, const char *home)
{
    struct hearth_buf text;
    hearth_buf_init(&text, OWNER_MAX);
    int rc = hearth_small_file_read_in(folder, NAME, &text, NULL);
    char *owner = !rc && text.length ? hearth_buf_take(&text) : make_owner(home);
    hearth_buf_finish(&text);
    if (rc && (rc != HEARTH_ENOTFOUND || write_owner(folder, owner)))
        *strrchr(owner, '#') = '\0';
    return owner;
}

bool hearth_job_owner_is(const char *owner, const char *home)
{
    size_t length = strlen(home);
    return length && strncmp(owner, home, length) == 0 &&
           (owner[length] == '\0' || owner[length] == '#');
}
