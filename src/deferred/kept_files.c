#include "deferred/kept_files.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/small_file.h"
#include "base/text.h"
#include "config/home.h"
#include "config/settings.h"
#include "deferred/kept_record.h"
#include "gateway/gateway_state.h"
#include "loop/pool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A writer that has this much waiting holds its source back; a piece that comes still may be as
 * large as the server reads at once. */
enum { WAITING_MAX = 512 << 10, BUFFER_MAX = 64 << 20 };

struct hearth_kept_files {
    struct hearth_gateway *gateway;
    hearth_kept_file_goes_fn *goes; /* or NULL */
};

/* Parts of uploads that the last server was ended under. Those of batches are named otherwise, and
 * go on. */
static void clear_parts(const char *folder)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory)))
        if (strncmp(entry->d_name, "file-", 5) == 0 && hearth_text_ends(entry->d_name, ".part"))
            unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory)
        closedir(directory);
}

struct hearth_kept_files *hearth_kept_files_create(struct hearth_gateway *gateway)
{
    struct hearth_kept_files *files = hearth_calloc(1, sizeof(*files));
    char path[PATH_MAX];
    files->gateway = gateway;
    if (gateway->home && !hearth_home_path(gateway->home, "files", path, sizeof(path))) {
        mkdir(path, 0700); /* that it is not there is told by whoever opens a file */
        clear_parts(path);
    }
    return files;
}

void hearth_kept_files_destroy(struct hearth_kept_files *files)
{
    hearth_free(files);
}

bool hearth_kept_files_path(const struct hearth_kept_files *files, const char *name, char *ret_path,
                            size_t size)
{
    char relative[96];
    int length = snprintf(relative, sizeof(relative), "files/%s", name);
    return length > 0 && (size_t)length < sizeof(relative) && files->gateway->home &&
           !hearth_home_path(files->gateway->home, relative, ret_path, size);
}

/* Ids are made by us and found in the store, so none leads elsewhere; O_NOFOLLOW for what somebody
 * may have put into the folder. */
int hearth_kept_file_open(const struct hearth_kept_files *files, const char *id,
                          int *ret_descriptor, struct hearth_error *error)
{
    char path[PATH_MAX];
    if (!hearth_kept_files_path(files, id, path, sizeof(path)))
        return hearth_error_set(error, HEARTH_EIO, "the folder of files cannot be used");
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0)
        return hearth_error_set(error, errno == ENOENT ? HEARTH_ENOTFOUND : HEARTH_EIO,
                                "the bytes of the file %.64s cannot be read", id);
    *ret_descriptor = descriptor;
    return 0;
}

void hearth_kept_file_remove_bytes(const struct hearth_kept_files *files, const char *id)
{
    char path[PATH_MAX];
    if (hearth_kept_files_path(files, id, path, sizeof(path)))
        unlink(path);
}

void hearth_kept_files_ask(struct hearth_kept_files *files, hearth_kept_file_goes_fn *goes)
{
    files->goes = goes;
}

/* The record first: bytes without one are nobody's, a record without bytes would be a promise. */
int hearth_kept_file_delete(const struct hearth_kept_files *files, struct hearth_store *store,
                            const char *id, struct hearth_arena *arena, struct hearth_error *error)
{
    int rc = files->goes ? files->goes(store, id, arena, error) : 0;
    if (!rc)
        rc = hearth_store_record_delete(store, HEARTH_KEPT_FILE, id, error);
    if (!rc)
        hearth_kept_file_remove_bytes(files, id);
    return rc;
}

/* Records */

struct hearth_record hearth_kept_file_record(const char *id, const char *principal,
                                             const char *purpose, const char *facts_json,
                                             int64_t bytes, int64_t now_ms, int64_t expires_ms)
{
    return (struct hearth_record){
        .kind = HEARTH_KEPT_FILE,
        .id = id,
        .principal = principal,
        .label = purpose,
        .facts_json = facts_json,
        .size = bytes,
        .created_ms = now_ms,
        .expires_ms = expires_ms,
        .revision = 1,
    };
}

const char *hearth_kept_file_facts(const char *filename, struct hearth_arena *arena)
{
    json_t *facts = json_object();
    json_t *name = json_string(filename);
    json_object_set_new(facts, "filename", name ? name : json_string("file"));
    const char *text = hearth_kept_record_facts_text(facts, arena);
    json_decref(facts);
    return text;
}

struct hearth_record_bounds hearth_kept_files_bounds(const struct hearth_gateway *gateway)
{
    return (struct hearth_record_bounds){
        .count_max = gateway->settings->files_max,
        .size_max = (int64_t)gateway->settings->files_bytes_max,
    };
}

json_t *hearth_kept_file_json(const struct hearth_record *record)
{
    json_t *facts = hearth_json_parse(record->facts_json, strlen(record->facts_json), NULL);
    json_t *shown = json_pack(
        "{s:s, s:s, s:I, s:I, s:o, s:s, s:s, s:s, s:n}", "id", record->id, "object", "file",
        "bytes", (json_int_t)record->size, "created_at", (json_int_t)(record->created_ms / 1000),
        "expires_at", record->expires_ms ? json_integer(record->expires_ms / 1000) : json_null(),
        "filename", hearth_json_text(facts, "filename", ""), "purpose", record->label, "status",
        "processed", "status_details");
    json_decref(facts);
    return shown;
}

/* Writing */

struct hearth_file_writer {
    struct hearth_kept_files *files;
    const struct hearth_file_writer_events *events; /* NULL: abandoned */
    void *argument;
    struct hearth_buf waiting; /* for the lane's next turn */
    struct hearth_buf writing; /* the lane's */
    int descriptor;            /* -1 before the lane has opened it */
    bool is_away;              /* the lane works on it */
    bool held_back, ends;
    int rc;
    struct hearth_error error;
    char id[40];
};

static bool part_path(const struct hearth_file_writer *writer, char *path, size_t size)
{
    char name[64];
    snprintf(name, sizeof(name), "%s.part", writer->id);
    return hearth_kept_files_path(writer->files, name, path, size);
}

static int open_part(struct hearth_file_writer *writer)
{
    char path[PATH_MAX];
    if (!part_path(writer, path, sizeof(path)))
        return hearth_error_set(&writer->error, HEARTH_EIO, "the folder of files cannot be used");
    writer->descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return writer->descriptor < 0
               ? hearth_error_set_errno(&writer->error, errno, "a file cannot be made")
               : 0;
}

static int write_all(struct hearth_file_writer *writer)
{
    const struct hearth_buf *buf = &writer->writing;
    if (buf->failed)
        return hearth_error_set(&writer->error, buf->failed, "no memory for the bytes of a file");
    int reason = hearth_descriptor_write(writer->descriptor, buf->bytes, buf->length);
    return reason ? hearth_error_set_errno(&writer->error, reason, "a file cannot be written") : 0;
}

/* On the disk before it has its name. */
static int put_in_place(struct hearth_file_writer *writer)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (fsync(writer->descriptor) || !part_path(writer, from, sizeof(from)) ||
        !hearth_kept_files_path(writer->files, writer->id, to, sizeof(to)) || rename(from, to))
        return hearth_error_set_errno(&writer->error, errno, "a file cannot be put in place");
    return 0;
}

static void on_lane(void *argument)
{
    struct hearth_file_writer *writer = argument;
    if (writer->descriptor < 0)
        writer->rc = open_part(writer);
    if (!writer->rc)
        writer->rc = write_all(writer);
    hearth_buf_clear(&writer->writing);
}

static void end_on_lane(void *argument)
{
    struct hearth_file_writer *writer = argument;
    on_lane(writer);
    if (!writer->rc)
        writer->rc = put_in_place(writer);
}

static void abandon_on_lane(void *argument)
{
    struct hearth_file_writer *writer = argument;
    char path[PATH_MAX];
    if (writer->descriptor < 0)
        return;
    if (part_path(writer, path, sizeof(path)))
        unlink(path);
    hearth_kept_file_remove_bytes(writer->files, writer->id); /* it may be in place already */
}

static void free_writer(struct hearth_file_writer *writer)
{
    if (writer->descriptor >= 0)
        close(writer->descriptor);
    hearth_buf_finish(&writer->waiting);
    hearth_buf_finish(&writer->writing);
    hearth_free(writer);
}

static void abandoned(void *argument, bool dropped)
{
    if (dropped)
        abandon_on_lane(argument);
    free_writer(argument);
}

/* When the lane is full it is done here: a single name that goes is quick enough. */
static void clear_away(struct hearth_file_writer *writer)
{
    if (!hearth_lane_submit(writer->files->gateway->lane, abandon_on_lane, abandoned, writer))
        return;
    abandoned(writer, true);
}

static void finish(struct hearth_file_writer *writer)
{
    const struct hearth_file_writer_events *events = writer->events;
    void *argument = writer->argument;
    struct hearth_error error = writer->error;
    int rc = writer->rc;
    if (rc)
        clear_away(writer);
    else
        free_writer(writer);
    events->on_end(argument, rc ? &error : NULL);
}

static void go_on(struct hearth_file_writer *writer);

static void on_written(void *argument, bool dropped)
{
    struct hearth_file_writer *writer = argument;
    writer->is_away = false;
    if (dropped && !writer->rc)
        writer->rc =
            hearth_error_set(&writer->error, HEARTH_EDRAINING, "the server is shutting down");
    if (!writer->events)
        clear_away(writer);
    else if (writer->rc)
        finish(writer);
    else
        go_on(writer);
}

static void on_ended(void *argument, bool dropped)
{
    struct hearth_file_writer *writer = argument;
    writer->is_away = false;
    if (dropped && !writer->rc)
        writer->rc =
            hearth_error_set(&writer->error, HEARTH_EDRAINING, "the server is shutting down");
    if (writer->events)
        finish(writer);
    else
        clear_away(writer);
}

/* One turn of the lane at a time keeps the order. False: the lane is full, and `rc` says so. Once
 * it is away, `rc` is the lane's until it has come back, so that callers ask this and not `rc`. */
static bool send_away(struct hearth_file_writer *writer)
{
    const struct hearth_buf waiting = writer->waiting;
    bool last = writer->ends;
    writer->waiting = writer->writing;
    writer->writing = waiting;
    writer->is_away = true;
    int rc = hearth_lane_submit(writer->files->gateway->lane, last ? end_on_lane : on_lane,
                                last ? on_ended : on_written, writer);
    if (!rc)
        return true;
    writer->is_away = false;
    writer->rc = hearth_error_set(&writer->error, rc, "too many files are written at once");
    return false;
}

static void go_on(struct hearth_file_writer *writer)
{
    if ((writer->ends || writer->waiting.length) && !send_away(writer)) {
        finish(writer);
        return;
    }
    if (writer->held_back && writer->waiting.length < WAITING_MAX) {
        writer->held_back = false;
        writer->events->on_room(writer->argument);
    }
}

struct hearth_file_writer *hearth_file_writer_create(struct hearth_kept_files *files,
                                                     const char *id,
                                                     const struct hearth_file_writer_events *events,
                                                     void *argument)
{
    struct hearth_file_writer *writer = hearth_calloc(1, sizeof(*writer));
    writer->files = files;
    writer->events = events;
    writer->argument = argument;
    writer->descriptor = -1;
    hearth_buf_init(&writer->waiting, BUFFER_MAX);
    hearth_buf_init(&writer->writing, BUFFER_MAX);
    snprintf(writer->id, sizeof(writer->id), "%s", id);
    return writer;
}

/* A fault of the lane's queue is told later, by on_end, never from within this. */
bool hearth_file_writer_write(struct hearth_file_writer *writer, const char *bytes, size_t length)
{
    hearth_buf_append(&writer->waiting, bytes, length); /* that it fails, write_all tells */
    if (!writer->is_away && !writer->rc)
        send_away(writer);
    writer->held_back = writer->waiting.length >= WAITING_MAX;
    return !writer->held_back;
}

void hearth_file_writer_end(struct hearth_file_writer *writer)
{
    writer->ends = true;
    if (writer->is_away)
        return;
    if (writer->rc || !send_away(writer))
        finish(writer);
}

void hearth_file_writer_abandon(struct hearth_file_writer *writer)
{
    if (!writer)
        return;
    writer->events = NULL;
    if (!writer->is_away)
        clear_away(writer);
}
