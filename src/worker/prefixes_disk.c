/* Prefixes on their way to disk and back: whatever is slow is the disk's thread's, and what touches
 * the engine happens between two steps. A state is copied only while nothing is computed, or at the
 * end. */
#include "base/error.h"
#include "base/memory.h"
#include "worker/plugin.h"
#include "worker/prefix_disk.h"
#include "worker/prefix_file.h"
#include "worker/prefixes.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What is shorter is computed as fast. */
#define TOKENS_LEAST 64u
/* So long nothing may have been computed before a state is copied; and the longest that saving may
 * keep an end waiting, beside what the disk's thread takes for its last. */
#define QUIET_US 1000000u
#define END_US 2000000u

/* All that decides the bits of a state, and how it lies. */
static void identify(const struct worker *worker, char ret_hex[HEARTH_SHA256_HEX])
{
    const struct hearth_model_facts *facts = &worker->facts;
    char *text =
        hearth_format("%s\n%s %s\n%s\n%s\n%u %llu %u %s\n%s", worker->hello.prefix_identity,
                      worker->ops->name, worker->ops->version, facts->compute, facts->cache_type,
                      facts->cell_tokens, (unsigned long long)facts->cell_bytes,
                      facts->adapter_places, facts->adapters_digest, facts->adapters_json);
    hearth_sha256_of(text, strlen(text), ret_hex);
    hearth_free(text);
}

/* The disk's thread. */
static void wake(void *argument)
{
    struct worker *worker = argument;
    pthread_mutex_lock(&worker->lock);
    worker->prefix_news = true;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

/* Adapters that nothing vouches for may be others the next time. */
void prefixes_open_disk(struct prefixes *prefixes)
{
    struct worker *worker = prefixes->worker;
    const struct hearth_ipc_hello *hello = &worker->hello;
    char identity[HEARTH_SHA256_HEX];
    bool vouched = !worker->facts.adapters_json[0] || worker->facts.adapters_digest[0];
    if (!prefixes->tree || !hello->prefix_folder[0] || !hello->prefix_bytes || !vouched ||
        !PLUGIN_HAS(worker->ops, save) || !PLUGIN_HAS(worker->ops, restore))
        return;
    identify(worker, identity);
    prefixes->disk =
        prefix_disk_create(hello->prefix_folder, identity, hello->prefix_bytes, wake, worker);
}

/* HEARTH_ENOMEM: there is no room now; else what the engine has against it. */
static int restore(struct prefixes *prefixes, const struct prefix_loaded *loaded, uint32_t place)
{
    const struct worker *worker = prefixes->worker;
    struct hearth_error error = {0};
    const int32_t *tokens;
    int rc = worker->ops->restore(worker->engine, place, loaded->descriptor, &error);
    if (rc)
        return rc;
    bool same = worker->ops->held(worker->engine, place, &tokens) == loaded->count &&
                memcmp(tokens, loaded->tokens, loaded->count * sizeof(*tokens)) == 0;
    return same ? 0 : HEARTH_EPARSE;
}

void prefixes_take_loaded(struct prefixes *prefixes)
{
    struct prefix_loaded loaded;
    uint32_t place;
    while (prefixes->disk && prefix_disk_take(prefixes->disk, &loaded)) {
        prefixes->loads_done = loaded.ticket;
        if (loaded.tokens && hearth_prefix_tree_place(prefixes->tree, loaded.count, &place)) {
            int rc = restore(prefixes, &loaded, place);
            hearth_prefix_tree_adopt(prefixes->tree, loaded.key, loaded.tokens,
                                     rc ? 0 : loaded.count, place);
            if (rc && rc != HEARTH_ENOMEM)
                prefix_disk_refuse(prefixes->disk, &loaded);
        }
        hearth_free(loaded.tokens);
        if (loaded.descriptor >= 0)
            close(loaded.descriptor);
    }
}

void prefixes_ask_disk(struct prefixes *prefixes, const struct hearth_prefix_prompt *prompt,
                       struct stream *stream)
{
    stream->ticket = 0;
    if (prefixes->disk && prompt->key && !prompt->adapter)
        stream->ticket =
            prefix_disk_load(prefixes->disk, prompt->key, prompt->tokens, prompt->count - 1,
                             hearth_prefix_tree_known(prefixes->tree, prompt));
}

/* Of one place; false: not now. */
static bool save_one(struct prefixes *prefixes, uint32_t place, uint64_t key)
{
    const struct worker *worker = prefixes->worker;
    struct hearth_error error = {0};
    struct stat status;
    const int32_t *tokens;
    uint32_t count = worker->ops->held(worker->engine, place, &tokens);
    bool settled = count < TOKENS_LEAST;
    if (!settled && !prefix_disk_wants(prefixes->disk, key, tokens, count, &settled) && !settled)
        return false;
    hearth_prefix_tree_settle(prefixes->tree, place);
    uint64_t bytes = count * (worker->facts.cell_bytes / worker->facts.cell_tokens);
    if (settled || bytes > PREFIX_FILE_BYTES_MAX || bytes > worker->hello.prefix_bytes)
        return true;
    int descriptor = memfd_create("hearth-prefix", MFD_CLOEXEC);
    if (descriptor < 0)
        return true;
    if (worker->ops->save(worker->engine, place, descriptor, &error) == 0 &&
        fstat(descriptor, &status) == 0 && (uint64_t)status.st_size <= PREFIX_FILE_BYTES_MAX)
        prefix_disk_save(prefixes->disk, key, tokens, count, descriptor);
    else
        close(descriptor);
    return true;
}

uint64_t prefixes_save(struct prefixes *prefixes, uint64_t quiet_us)
{
    uint32_t place;
    uint64_t key;
    if (!prefixes->disk || !hearth_prefix_tree_unsettled(prefixes->tree, &place, &key))
        return 0;
    if (quiet_us < QUIET_US)
        return QUIET_US - quiet_us;
    return save_one(prefixes, place, key) ? 1 : QUIET_US;
}

/* What may not be written goes first, so that what it stands upon and may be is a leaf again. The
 * places stay as they are after that, so that what is being written meanwhile is not waited for
 * here. */
void prefixes_close_disk(struct prefixes *prefixes)
{
    uint32_t place;
    uint64_t key, began_us = worker_now_us();
    const struct timespec pause = {.tv_nsec = 2000000};
    if (prefixes->disk)
        hearth_prefix_tree_forget_off_disk(prefixes->tree);
    while (prefixes->disk && hearth_prefix_tree_unsettled(prefixes->tree, &place, &key) &&
           worker_now_us() - began_us < END_US)
        if (!save_one(prefixes, place, key))
            nanosleep(&pause, NULL);
    prefix_disk_destroy(prefixes->disk);
    prefixes->disk = NULL;
}

void prefixes_count_disk(const struct prefixes *prefixes, uint64_t counters[HEARTH_COUNTER_COUNT])
{
    if (!prefixes->disk)
        return;
    const struct prefix_disk_counts counts = prefix_disk_counts(prefixes->disk);
    counters[HEARTH_COUNT_PREFIX_DISK_LOADS] = counts.loads;
    counters[HEARTH_COUNT_PREFIX_DISK_SAVES] = counts.saves;
    counters[HEARTH_COUNT_PREFIX_DISK_FAILED] = counts.failed;
    counters[HEARTH_COUNT_PREFIX_DISK_DROPPED] = counts.dropped;
    counters[HEARTH_COUNT_PREFIX_DISK_BYTES] = counts.bytes;
}
