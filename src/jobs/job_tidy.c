#include "jobs/job_tidy.h"

#include "base/out_file.h"
#include "base/text.h"
#include "domain/job_state.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "ftjob-"
#define LOG ".events.jsonl"

static const struct hearth_record *find(const struct hearth_record *records, size_t count,
                                        const char *name, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(records[i].id) == length && memcmp(records[i].id, name, length) == 0)
            return &records[i];
    return NULL;
}

/* A failed one may be resumed. */
static bool is_over_for_good(const struct hearth_record *record)
{
    int state = hearth_job_state_parse(record->label);
    return state == HEARTH_JOB_COMPLETED || state == HEARTH_JOB_CANCELLED;
}

static void look_at(const char *directory, const char *name, const struct hearth_record *records,
                    size_t count)
{
    char path[4096];
    bool is_log = hearth_text_ends(name, LOG);
    size_t length = strlen(name) - (is_log ? sizeof(LOG) - 1 : 0);
    const struct hearth_record *record = find(records, count, name, length);
    int written = snprintf(path, sizeof(path), "%s/%s", directory, name);
    if (written < 0 || (size_t)written >= sizeof(path))
        return;
    if (is_log && !record)
        unlink(path);
    else if (!is_log && (!record || is_over_for_good(record)))
        hearth_folder_remove(path);
}

void hearth_job_tidy(const char *directory, const struct hearth_record *records, size_t count)
{
    DIR *folder = opendir(directory);
    struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        if (strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1) == 0)
            look_at(directory, entry->d_name, records, count);
    if (folder)
        closedir(folder);
}
