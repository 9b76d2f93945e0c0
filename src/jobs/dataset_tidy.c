#include "jobs/dataset_tidy.h"

#include "base/log.h"
#include "jobs/dataset_record.h"
#include "store/store_work.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct tidying {
    struct hearth_store_work work;
    const char *folder;
    int64_t deleted;
};

static bool is_upload(const char *name)
{
    return strncmp(name, HEARTH_DATASET_UPLOAD_PREFIX, strlen(HEARTH_DATASET_UPLOAD_PREFIX)) == 0;
}

/* By the file's name, which is drawn at random: the home may have been moved since. */
static bool is_named(const struct hearth_dataset *datasets, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        const char *slash = strrchr(datasets[i].path, '/');
        if (slash && strcmp(slash + 1, name) == 0)
            return true;
    }
    return false;
}

/* The folder is read first: then whoever has no uploads does not pay for the list. */
static int tidy(struct hearth_store *store, struct hearth_store_work *work)
{
    struct tidying *tidying = (struct tidying *)work;
    const struct hearth_dataset_filter all = {.limit = INT32_MAX};
    struct hearth_dataset *datasets = NULL;
    size_t count = 0;
    bool is_listed = false;
    int rc = 0;
    DIR *directory = opendir(tidying->folder);
    for (const struct dirent *entry; !rc && directory && (entry = readdir(directory));) {
        if (!is_upload(entry->d_name))
            continue;
        if (!is_listed)
            rc = hearth_dataset_list(store, &all, work->arena, &datasets, &count, &work->error);
        is_listed = true;
        if (!rc && !is_named(datasets, count, entry->d_name))
            tidying->deleted += unlinkat(dirfd(directory), entry->d_name, 0) == 0;
    }
    if (directory)
        closedir(directory);
    return rc;
}

static void after_tidy(struct hearth_store_work *work)
{
    const struct tidying *tidying = (struct tidying *)work;
    if (work->rc)
        HEARTH_LOG(HEARTH_LOG_WARNING, "datasets.not_tidied",
                   HEARTH_TEXT("reason", work->error.message));
    else if (tidying->deleted)
        HEARTH_LOG(HEARTH_LOG_INFO, "datasets.tidied", HEARTH_INT("uploads", tidying->deleted));
    hearth_store_work_free(work);
}

void hearth_dataset_tidy(struct hearth_store *store, const char *folder)
{
    struct tidying *tidying = hearth_store_work_create(sizeof(*tidying), tidy, after_tidy);
    tidying->folder = hearth_arena_strdup(tidying->work.arena, folder);
    hearth_store_work_start(store, &tidying->work);
}
