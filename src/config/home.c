#include "config/home.h"

#include "base/error.h"
#include "base/error_replace.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct hearth_home {
    char *directory, *active, *archive;
    char *database;      /* NULL: in memory, or on a server */
    char *server;        /* URL of its database, or NULL */
    int lock_descriptor; /* -1: not held */
};

/* Says what a person can do about it, for each of the usual reasons. */
static int folder_fault(const char *path, int errnum, struct hearth_error *error)
{
    if (errnum == EACCES || errnum == EPERM || errnum == EROFS)
        return hearth_error_set(
            error, HEARTH_EFORBIDDEN,
            "the folder %s cannot be written (%s); make this user its owner, or "
            "choose another with --home",
            path, strerror(errnum));
    /* mkdir says EEXIST for a file of that name, and ENOTDIR for one further up in the path. */
    if (errnum == EEXIST || errnum == ENOTDIR)
        return hearth_error_set(error, HEARTH_EIO,
                                "%s should be a folder, but a file stands there or in its path; "
                                "move it away, or choose another with --home",
                                path);
    return hearth_error_set_errno(error, errnum,
                                  "the folder %s cannot be made; choose another with --home", path);
}

/* A link to a folder counts as one: homes on other disks are often linked. */
static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Makes the folder and those above it, and checks that it can be written. */
static int make_folder(const char *path, struct hearth_error *error)
{
    char partial[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof(partial))
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the path %.80s… is too long", path);
    /* Ended at each slash in turn, so that every folder on the way is made from the top down. */
    memcpy(partial, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        partial[i] = '\0';
        /* Looked at first: a folder above may be one that may not be asked to be made again. */
        if (!is_folder(partial) && mkdir(partial, 0700) && !is_folder(partial))
            return folder_fault(partial, errno, error);
        partial[i] = path[i];
    }
    return access(path, W_OK | X_OK) ? folder_fault(path, errno, error) : 0;
}

/* An empty setting means the folder's usual place. An empty setting means the usual place. */
static char *chosen_path(const char *chosen, const char *root, const char *name)
{
    return *chosen ? hearth_strdup(chosen) : hearth_format("%s/%s", root, name);
}

/* sqlite:PATH, and SQLAlchemy's spelling of it: sqlite:///PATH is relative, sqlite:////PATH is
 * absolute. */
static int choose_database(struct hearth_home *home, const char *url, struct hearth_error *error)
{
    if (!*url) {
        home->database = hearth_format("%s/hearth.db", home->directory);
        return 0;
    }
    if (strcmp(url, "memory:") == 0)
        return 0;
    if (strncmp(url, "postgresql:", 11) == 0 || strncmp(url, "postgres:", 9) == 0) {
        home->server = hearth_strdup(url);
        return 0;
    }
    const char *path = strncmp(url, "sqlite:", 7) == 0 ? url + 7 : "";
    if (strncmp(path, "///", 3) == 0)
        path += 3;
    /* Only the scheme is said: what follows it may have a password. */
    if (!*path)
        return hearth_error_set(
            error, HEARTH_ENOTIMPL,
            "database_url must be sqlite:PATH, postgresql://… or memory:, but it begins with %.*s:",
            (int)(strchr(url, ':') ? strcspn(url, ":") : 0), url);
    home->database =
        *path == '/' ? hearth_strdup(path) : hearth_format("%s/%s", home->directory, path);
    return 0;
}

/* Only what every command needs; folders of models are made when they are installed. */
static int make_folders(const struct hearth_home *home, struct hearth_error *error)
{
    static const char *const inner[] = {"blobs", "run", "logs", HEARTH_HOME_PREFIXES};
    int rc = make_folder(home->directory, error);
    for (size_t i = 0; !rc && i < sizeof(inner) / sizeof(inner[0]); i++) {
        char path[PATH_MAX];
        rc = hearth_home_path(home, inner[i], path, sizeof(path));
        if (rc)
            return hearth_error_set(error, rc, "the path of the home is too long");
        rc = make_folder(path, error);
    }
    if (!rc)
        rc = make_folder(home->active, error);
    return rc ? rc : make_folder(home->archive, error);
}

/* Settings have made the path absolute; what is not can only come of a missing HOME. */
int hearth_home_open(const struct hearth_settings *settings, struct hearth_home **ret_home,
                     struct hearth_error *error)
{
    if (settings->home[0] != '/')
        return hearth_error_set(
            error, HEARTH_EINVAL,
            "there is no path for the home; set the variable HOME, or give --home");
    struct hearth_home *home = hearth_calloc(1, sizeof(*home));
    /* Set before anything can fail: closing a half-opened home must not close descriptor 0. Before
     * anything can fail, since closing looks at it. */
    home->lock_descriptor = -1;
    home->directory = hearth_strdup(settings->home);
    char *root = chosen_path(settings->artifact_root, home->directory, "artifacts");
    home->active = chosen_path(settings->storage_active_path, root, "active");
    home->archive = chosen_path(settings->storage_archive_path, root, "archive");
    hearth_free(root);
    int rc = choose_database(home, settings->database_url, error);
    if (!rc)
        rc = make_folders(home, error);
    if (rc) {
        hearth_home_close(home);
        return rc;
    }
    *ret_home = home;
    return 0;
}

/* Closing the descriptor gives the lock up. */
void hearth_home_close(struct hearth_home *home)
{
    if (!home)
        return;
    if (home->lock_descriptor >= 0)
        close(home->lock_descriptor);
    hearth_free(home->directory);
    hearth_free(home->active);
    hearth_free(home->archive);
    hearth_free(home->database);
    hearth_free(home->server);
    hearth_free(home);
}

/* The holder's number is what it wrote into the file. It may be missing for a moment, between its
 * locking and its writing. */
static int in_use(const struct hearth_home *home, int descriptor, struct hearth_error *error)
{
    char text[32] = "";
    ssize_t got = pread(descriptor, text, sizeof(text) - 1, 0);
    text[got > 0 ? strcspn(text, "\n") : 0] = '\0';
    int64_t pid;
    if (hearth_parse_int(text, 1, INT32_MAX, &pid))
        return hearth_error_set(error, HEARTH_EINUSE,
                                "the home %s is in use by another process; stop it, or choose "
                                "another home with --home",
                                home->directory);
    return hearth_error_set(error, HEARTH_EINUSE,
                            "the home %s is in use by process %lld; stop it, or choose another "
                            "home with --home",
                            home->directory, (long long)pid);
}

/* flock rather than the file's being there: the kernel gives it back when the process dies, however
 * it dies. */
static int take_lock(struct hearth_home *home, int descriptor, const char *path,
                     struct hearth_error *error)
{
    if (flock(descriptor, LOCK_EX | LOCK_NB))
        return errno == EWOULDBLOCK
                   ? in_use(home, descriptor, error)
                   : hearth_error_set_errno(error, errno, "%s cannot be locked", path);
    /* The number is only for people and for commands that look for the server; what counts is the
     * lock. */
    char text[32];
    int length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    if (ftruncate(descriptor, 0) || pwrite(descriptor, text, (size_t)length, 0) != length)
        return hearth_error_set_errno(error, errno, "%s cannot be written", path);
    return 0;
}

int hearth_home_lock(struct hearth_home *home, struct hearth_error *error)
{
    /* Taken once for each home: flock on a second descriptor of the same process would be refused
     * by the first. */
    if (home->lock_descriptor >= 0)
        return 0;
    char path[PATH_MAX];
    int rc = hearth_home_path(home, "run/server.lock", path, sizeof(path));
    if (rc)
        return hearth_error_set(error, rc, "the path of the home is too long");
    /* O_NOFOLLOW: a link that somebody has put here must not make us write into another file. The
     * file is never deleted: a process that waits for its lock would then hold one that nobody else
     * sees. */
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return hearth_error_set_errno(error, errno, "%s cannot be opened", path);
    rc = take_lock(home, descriptor, path, error);
    if (rc) {
        close(descriptor);
        return rc;
    }
    home->lock_descriptor = descriptor;
    return 0;
}

const char *hearth_home_directory(const struct hearth_home *home)
{
    return home->directory;
}

int hearth_home_path(const struct hearth_home *home, const char *relative, char *ret_path,
                     size_t size)
{
    int length = snprintf(ret_path, size, "%s/%s", home->directory, relative);
    return length < 0 || (size_t)length >= size ? HEARTH_ETOOLARGE : 0;
}

const char *hearth_home_relative(const struct hearth_home *home, const char *path)
{
    size_t length = home ? strlen(home->directory) : 0;
    bool is_within = length && strncmp(path, home->directory, length) == 0 && path[length] == '/';
    return is_within ? path + length + 1 : path;
}

const char *hearth_home_active(const struct hearth_home *home)
{
    return home->active;
}

const char *hearth_home_archive(const struct hearth_home *home)
{
    return home->archive;
}

const char *hearth_home_database_server(const struct hearth_home *home)
{
    return home->server;
}

const char *hearth_home_database(const struct hearth_home *home)
{
    return home->database;
}

void hearth_home_hide(const struct hearth_home *home, struct hearth_error *error)
{
    const char *const folders[] = {home->directory, home->active, home->archive};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        char *prefix = hearth_format("%s/", folders[i]);
        hearth_error_replace(error, prefix, "");
        hearth_free(prefix);
    }
}
