#include "worker/prefix_disk.h"

#include "base/clock.h"
#include "base/memory.h"
#include "worker/prefix_file.h"
#include "worker/prefix_folder.h"

#include <dirent.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILES_MAX 512u
/* A file is worth reading where it spares at least so many tokens. */
#define WORTH_LOADING 32u
/* After a write that failed; and the longest wait for writes at the end. */
#define REST_MS 60000u
#define END_MS 2000u
#define LOOK_S 1

struct prefix_disk {
    struct prefix_folder folder; /* the thread's */
    uint64_t bytes_max;
    void (*wake)(void *argument);
    void *argument;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the members below */
    pthread_cond_t changed;
    struct prefix_entry *entries;
    uint32_t entry_count;
    uint64_t tickets;
    struct loaded {
        struct loaded *next;
        struct prefix_loaded what;
    } * loaded, **loaded_last;
    bool saves; /* `save` waits to be written, or is being written */
    struct prefix_save save;
    uint64_t rest_until_ms;
    bool looked; /* all files are known */
    bool ends, ended;
    struct prefix_disk_counts counts;
};

static uint64_t now_ms(void)
{
    return hearth_clock_monotonic_ns() / 1000000;
}

static int64_t now_s(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

/* Entries
 * ------- */
/* Under the lock; the file goes too. */
static void remove_entry(struct prefix_disk *disk, struct prefix_entry *entry)
{
    struct prefix_entry **link = &disk->entries;
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    disk->entry_count--;
    disk->counts.bytes -= entry->bytes;
    prefix_folder_remove(&disk->folder, entry->name);
    prefix_entry_free(entry);
}

/* Under the lock: within the bounds, the least used goes first; never one that is being loaded. */
static void keep_bounds(struct prefix_disk *disk)
{
    while (disk->counts.bytes > disk->bytes_max || disk->entry_count > FILES_MAX) {
        struct prefix_entry *oldest = NULL;
        for (struct prefix_entry *entry = disk->entries; entry; entry = entry->next)
            if (!entry->ticket && (!oldest || entry->used < oldest->used))
                oldest = entry;
        if (!oldest)
            return;
        remove_entry(disk, oldest);
    }
}

static uint32_t common(const int32_t *one, uint32_t one_count, const int32_t *other,
                       uint32_t other_count)
{
    uint32_t most = one_count < other_count ? one_count : other_count, same = 0;
    while (same < most && one[same] == other[same])
        same++;
    return same;
}

/* Under the lock. What the new one begins with is in it, and goes. */
static void add_entry(struct prefix_disk *disk, struct prefix_entry *entry)
{
    for (struct prefix_entry *one = disk->entries, *next; one; one = next) {
        next = one->next;
        if (!one->ticket && one->key == entry->key && one->count <= entry->count &&
            common(one->tokens, one->count, entry->tokens, entry->count) == one->count)
            remove_entry(disk, one);
    }
    entry->next = disk->entries;
    disk->entries = entry;
    disk->entry_count++;
    disk->counts.bytes += entry->bytes;
    keep_bounds(disk);
}

static void look_around(struct prefix_disk *disk)
{
    DIR *names = fdopendir(dup(disk->folder.directory));
    for (const struct dirent *name; names && (name = readdir(names));) {
        if (strcmp(name->d_name, ".") == 0 || strcmp(name->d_name, "..") == 0)
            continue;
        struct prefix_entry *entry = prefix_folder_look(&disk->folder, name->d_name);
        pthread_mutex_lock(&disk->lock);
        if (entry)
            add_entry(disk, entry);
        else if (prefix_folder_remove(&disk->folder, name->d_name))
            disk->counts.dropped++;
        bool ends = disk->ends;
        pthread_mutex_unlock(&disk->lock);
        if (ends)
            break;
    }
    if (names)
        closedir(names);
}

/* Under the lock, which is let go meanwhile. */
static void do_save(struct prefix_disk *disk)
{
    pthread_mutex_unlock(&disk->lock);
    struct prefix_entry *entry = prefix_folder_write(&disk->folder, &disk->save);
    pthread_mutex_lock(&disk->lock);
    if (entry) {
        disk->counts.saves++;
        add_entry(disk, entry);
    } else {
        disk->counts.failed++;
        disk->rest_until_ms = now_ms() + REST_MS;
    }
    close(disk->save.descriptor);
    hearth_free(disk->save.tokens);
    disk->saves = false;
}

/* Not under the lock: the entry stays, because of its ticket. */
static void do_load(struct prefix_disk *disk, struct prefix_entry *entry)
{
    struct loaded *loaded = hearth_calloc(1, sizeof(*loaded));
    loaded->what = (struct prefix_loaded){
        .ticket = entry->ticket, .key = entry->key, .count = entry->count, .descriptor = -1};
    pthread_mutex_unlock(&disk->lock);
    loaded->what.tokens = prefix_folder_load(&disk->folder, entry, &loaded->what.descriptor);
    pthread_mutex_lock(&disk->lock);
    entry->ticket = 0;
    entry->used = now_s();
    if (loaded->what.tokens) {
        disk->counts.loads++;
    } else {
        disk->counts.dropped++;
        remove_entry(disk, entry);
    }
    *disk->loaded_last = loaded;
    disk->loaded_last = &loaded->next;
}

/* Under the lock: the load that was asked for first. */
static struct prefix_entry *next_load(const struct prefix_disk *disk)
{
    struct prefix_entry *first = NULL;
    for (struct prefix_entry *entry = disk->entries; entry; entry = entry->next)
        if (entry->ticket && (!first || entry->ticket < first->ticket))
            first = entry;
    return first;
}

static void *run(void *argument)
{
    struct prefix_disk *disk = argument;
    pthread_setname_np(pthread_self(), "prefixes");
    look_around(disk);
    pthread_mutex_lock(&disk->lock);
    disk->looked = true;
    pthread_cond_broadcast(&disk->changed);
    for (;;) {
        struct prefix_entry *entry = next_load(disk);
        if (entry)
            do_load(disk, entry);
        else if (disk->saves)
            do_save(disk);
        else if (disk->ends)
            break;
        else {
            pthread_cond_wait(&disk->changed, &disk->lock);
            continue;
        }
        pthread_mutex_unlock(&disk->lock);
        disk->wake(disk->argument);
        pthread_mutex_lock(&disk->lock);
        pthread_cond_broadcast(&disk->changed);
    }
    disk->ended = true;
    pthread_cond_broadcast(&disk->changed);
    pthread_mutex_unlock(&disk->lock);
    return NULL;
}

/* Life
 * ---- */
struct prefix_disk *prefix_disk_create(const char *folder, const char identity[HEARTH_SHA256_HEX],
                                       uint64_t bytes_max, void (*wake)(void *), void *argument)
{
    struct prefix_disk *disk = hearth_calloc(1, sizeof(*disk));
    disk->bytes_max = bytes_max;
    disk->wake = wake;
    disk->argument = argument;
    disk->loaded_last = &disk->loaded;
    pthread_mutex_init(&disk->lock, NULL);
    pthread_cond_init(&disk->changed, NULL);
    if (prefix_folder_open(&disk->folder, folder, identity) &&
        pthread_create(&disk->thread, NULL, run, disk) == 0)
        return disk;
    prefix_folder_close(&disk->folder);
    hearth_free(disk);
    return NULL;
}

/* Whoever is still writing then is left alone with all of it: the process is about to end. */
void prefix_disk_destroy(struct prefix_disk *disk)
{
    struct prefix_loaded loaded;
    if (!disk)
        return;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += END_MS / 1000;
    pthread_mutex_lock(&disk->lock);
    disk->ends = true;
    pthread_cond_broadcast(&disk->changed);
    int rc = 0;
    while (!disk->ended && !rc)
        rc = pthread_cond_clockwait(&disk->changed, &disk->lock, CLOCK_MONOTONIC, &until);
    bool ended = disk->ended;
    pthread_mutex_unlock(&disk->lock);
    if (!ended)
        return;
    pthread_join(disk->thread, NULL);
    while (prefix_disk_take(disk, &loaded)) {
        hearth_free(loaded.tokens);
        if (loaded.descriptor >= 0)
            close(loaded.descriptor);
    }
    for (struct prefix_entry *entry = disk->entries, *next; entry; entry = next) {
        next = entry->next;
        prefix_entry_free(entry);
    }
    prefix_folder_close(&disk->folder);
    pthread_mutex_destroy(&disk->lock);
    pthread_cond_destroy(&disk->changed);
    hearth_free(disk);
}

/* Verbs
 * ----- */
/* Under the lock: the first requests come with the load, for which nobody has looked yet. */
static void wait_for_look(struct prefix_disk *disk)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LOOK_S;
    int rc = 0;
    while (!disk->looked && !rc)
        rc = pthread_cond_clockwait(&disk->changed, &disk->lock, CLOCK_MONOTONIC, &until);
}

uint64_t prefix_disk_load(struct prefix_disk *disk, uint64_t key, const int32_t *tokens,
                          uint32_t count, uint32_t known)
{
    struct prefix_entry *best = NULL;
    uint32_t most = known + WORTH_LOADING - 1;
    uint64_t ticket = 0;
    pthread_mutex_lock(&disk->lock);
    wait_for_look(disk);
    for (struct prefix_entry *entry = disk->entries; entry; entry = entry->next) {
        uint32_t same = entry->key == key ? common(entry->tokens, entry->count, tokens, count) : 0;
        if (same > most) {
            most = same;
            best = entry;
        }
    }
    if (best && !best->ticket)
        best->ticket = ++disk->tickets;
    if (best)
        ticket = best->ticket;
    pthread_cond_broadcast(&disk->changed);
    pthread_mutex_unlock(&disk->lock);
    return ticket;
}

bool prefix_disk_take(struct prefix_disk *disk, struct prefix_loaded *ret_loaded)
{
    pthread_mutex_lock(&disk->lock);
    struct loaded *loaded = disk->loaded;
    if (loaded && !(disk->loaded = loaded->next))
        disk->loaded_last = &disk->loaded;
    pthread_mutex_unlock(&disk->lock);
    if (!loaded)
        return false;
    *ret_loaded = loaded->what;
    hearth_free(loaded);
    return true;
}

void prefix_disk_refuse(struct prefix_disk *disk, const struct prefix_loaded *loaded)
{
    pthread_mutex_lock(&disk->lock);
    for (struct prefix_entry *entry = disk->entries, *next; entry; entry = next) {
        next = entry->next;
        if (!entry->ticket && entry->key == loaded->key && entry->count == loaded->count &&
            common(entry->tokens, entry->count, loaded->tokens, loaded->count) == loaded->count) {
            disk->counts.dropped++;
            remove_entry(disk, entry);
        }
    }
    pthread_mutex_unlock(&disk->lock);
}

bool prefix_disk_wants(struct prefix_disk *disk, uint64_t key, const int32_t *tokens,
                       uint32_t count, bool *ret_settled)
{
    bool settled = count > PREFIX_FILE_TOKENS_MAX;
    pthread_mutex_lock(&disk->lock);
    for (struct prefix_entry *entry = disk->entries; entry && !settled; entry = entry->next)
        settled = entry->key == key && entry->count >= count &&
                  common(entry->tokens, entry->count, tokens, count) == count;
    bool rests = disk->saves || now_ms() < disk->rest_until_ms;
    pthread_mutex_unlock(&disk->lock);
    *ret_settled = settled;
    return !settled && !rests;
}

void prefix_disk_save(struct prefix_disk *disk, uint64_t key, const int32_t *tokens, uint32_t count,
                      int descriptor)
{
    int32_t *copy = prefix_tokens_copy(tokens, count);
    if (!copy) {
        close(descriptor);
        return;
    }
    pthread_mutex_lock(&disk->lock);
    disk->save.key = key;
    disk->save.tokens = copy;
    disk->save.count = count;
    disk->save.descriptor = descriptor;
    disk->saves = true;
    pthread_cond_broadcast(&disk->changed);
    pthread_mutex_unlock(&disk->lock);
}

struct prefix_disk_counts prefix_disk_counts(struct prefix_disk *disk)
{
    pthread_mutex_lock(&disk->lock);
    struct prefix_disk_counts counts = disk->counts;
    pthread_mutex_unlock(&disk->lock);
    return counts;
}
