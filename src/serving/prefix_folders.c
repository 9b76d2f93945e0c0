#include "serving/prefix_folders.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/out_file.h"
#include "catalog/catalog.h"
#include "loop/loop.h"
#include "loop/pool.h"

#include <dirent.h>
#include <string.h>

#define SOON_MS 1000u

struct hearth_prefix_folders {
    struct hearth_lane *lane;
    struct hearth_catalog *catalog;
    struct hearth_timer *timer;
    char *path;
};

/* One look: which ids there are. */
struct sweep {
    char *path;
    json_t *ids;
};

/* On the lane. */
static void sweep(void *argument)
{
    const struct sweep *sweep = argument;
    DIR *names = opendir(sweep->path);
    for (const struct dirent *name; names && (name = readdir(names));)
        if (strcmp(name->d_name, ".") != 0 && strcmp(name->d_name, "..") != 0 &&
            !json_object_get(sweep->ids, name->d_name)) {
            char *path = hearth_format("%s/%s", sweep->path, name->d_name);
            hearth_folder_remove(path);
            hearth_free(path);
        }
    if (names)
        closedir(names);
}

static void on_swept(void *argument, bool dropped)
{
    struct sweep *sweep = argument;
    (void)dropped;
    hearth_free(sweep->path);
    json_decref(sweep->ids);
    hearth_free(sweep);
}

static void add_id(void *argument, const struct hearth_catalog_entry *entry)
{
    json_object_set_new(argument, entry->id, json_true());
}

/* Without a whole catalogue everything would look as if it were no more. */
static void on_time(void *argument)
{
    struct hearth_prefix_folders *folders = argument;
    if (!hearth_catalog_ready(folders->catalog)) {
        hearth_prefix_folders_sweep_soon(folders);
        return;
    }
    struct sweep *one = hearth_calloc(1, sizeof(*one));
    one->path = hearth_strdup(folders->path);
    one->ids = json_object();
    hearth_catalog_each_version(folders->catalog, add_id, one->ids);
    if (hearth_lane_submit(folders->lane, sweep, on_swept, one))
        on_swept(one, true);
}

struct hearth_prefix_folders *hearth_prefix_folders_create(struct hearth_loop *loop,
                                                           struct hearth_lane *lane,
                                                           struct hearth_catalog *catalog,
                                                           const char *path)
{
    struct hearth_prefix_folders *folders = hearth_calloc(1, sizeof(*folders));
    folders->lane = lane;
    folders->catalog = catalog;
    folders->path = hearth_strdup(path);
    folders->timer = hearth_timer_create(loop, on_time, folders);
    hearth_prefix_folders_sweep_soon(folders);
    return folders;
}

void hearth_prefix_folders_destroy(struct hearth_prefix_folders *folders)
{
    if (!folders)
        return;
    hearth_timer_destroy(folders->timer);
    hearth_free(folders->path);
    hearth_free(folders);
}

void hearth_prefix_folders_sweep_soon(struct hearth_prefix_folders *folders)
{
    if (folders->path)
        hearth_timer_start(folders->timer, SOON_MS, 0);
}
