#include "serving/prefix_folders.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/out_file.h"
#include "catalog/catalog.h"
#include "config/model_settings.h"
#include "config/settings.h"
#include "loop/loop.h"
#include "loop/pool.h"

#include <dirent.h>
#include <string.h>

#define SOON_MS 1000u
#define SETTINGS_MAX ((size_t)4 << 20)

struct hearth_prefix_folders {
    struct hearth_lane *lane;
    struct hearth_catalog *catalog;
    const struct hearth_settings *settings;
    struct hearth_timer *timer;
    char *path;
};

/* One look: the ids whose folders stay. */
struct sweep {
    char *path;
    json_t *ids;
};
struct keeping {
    const struct hearth_settings *settings;
    json_t *ids;
};

/* "NAME:NUMBER": what has another name was not put there by a worker, and is not ours. `prefixes`
 * may be a link to a disk that has other things too. */
static bool is_version_id(const char *name)
{
    const char *number = strrchr(name, ':');
    return number && number != name && number[1] &&
           strspn(number + 1, "0123456789") == strlen(number + 1);
}

/* On the lane. */
static void sweep(void *argument)
{
    const struct sweep *sweep = argument;
    DIR *names = opendir(sweep->path);
    for (const struct dirent *name; names && (name = readdir(names));)
        if (is_version_id(name->d_name) && !json_object_get(sweep->ids, name->d_name)) {
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

/* A model whose setting says that nothing is kept keeps nothing of before either. */
static void add_id(void *argument, const struct hearth_catalog_entry *entry)
{
    const struct keeping *keeping = argument;
    struct hearth_arena *arena = hearth_arena_create(SETTINGS_MAX);
    struct hearth_model_settings settings;
    if (hearth_model_settings_read(entry->settings_json, keeping->settings, arena, &settings,
                                   NULL) < 0 ||
        settings.prefix_disk)
        json_object_set_new(keeping->ids, entry->id, json_true());
    hearth_arena_destroy(arena);
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
    struct keeping keeping = {.settings = folders->settings, .ids = one->ids};
    hearth_catalog_each_version(folders->catalog, add_id, &keeping);
    if (hearth_lane_submit(folders->lane, sweep, on_swept, one))
        on_swept(one, true);
}

struct hearth_prefix_folders *hearth_prefix_folders_create(struct hearth_loop *loop,
                                                           struct hearth_lane *lane,
                                                           struct hearth_catalog *catalog,
                                                           const struct hearth_settings *settings,
                                                           const char *path)
{
    struct hearth_prefix_folders *folders = hearth_calloc(1, sizeof(*folders));
    folders->lane = lane;
    folders->catalog = catalog;
    folders->settings = settings;
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
