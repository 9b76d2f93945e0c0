/* The home: the folder in which Hearth keeps everything that it writes: the database, the files of
 * models (blobs and artifacts), run-time files and logs.
 *
 * Opening makes the folders that are missing and checks that they can be written; the lock lets one
 * program at a time write (the server, or a command while no server runs). Blocking; any thread, a
 * home at a time. Errors say in one line what is wrong and how to mend it. */
#ifndef HEARTH_CONFIG_HOME_H
#define HEARTH_CONFIG_HOME_H

#include "config/settings.h"
#include "hearth/error.h"

#include <stddef.h>

struct hearth_home;

/* Makes what is missing. HEARTH_EIO or HEARTH_EFORBIDDEN when a folder cannot be made or written,
 * HEARTH_ENOSPACE when the disk is full. The caller closes it. */
int hearth_home_open(const struct hearth_settings *settings, struct hearth_home **ret_home,
                     struct hearth_error *error);
/* Releases the lock too; NULL is allowed. */
void hearth_home_close(struct hearth_home *home);

/* Takes run/server.lock, which falls with the process. HEARTH_EINUSE tells who holds it. A second
 * call changes nothing. */
int hearth_home_lock(struct hearth_home *home, struct hearth_error *error);

/* The folder itself; absolute. */
const char *hearth_home_directory(const struct hearth_home *home);
/* Below the home: a folder for each version of a model, "name:1", of what was computed of prompts.
 */
#define HEARTH_HOME_PREFIXES "prefixes"
/* Writes the path of a file of the home ("run/x") into `ret_path`, which has `size` bytes;
 * HEARTH_ETOOLARGE when it does not fit. */
int hearth_home_path(const struct hearth_home *home, const char *relative, char *ret_path,
                     size_t size);
/* How a client is told the path of a file that Hearth keeps: what follows the home's folder; the
 * path itself where it lies elsewhere. Any thread; NULL for a home is allowed. */
const char *hearth_home_relative(const struct hearth_home *home, const char *path);
/* The folders of artifacts in use and of those put away: as the settings say, else within the home.
 * The texts belong to the home. */
const char *hearth_home_active(const struct hearth_home *home);
const char *hearth_home_archive(const struct hearth_home *home);
/* Where a message names a path within the home or the folders of artifacts, the rest of that path
 * is left: it goes to clients, who may not sit at this machine. */
void hearth_home_hide(const struct hearth_home *home, struct hearth_error *error);
/* What the store is opened with: a path, or NULL for the store in memory or on a server. */
const char *hearth_home_database(const struct hearth_home *home);
/* The URL of a PostgreSQL database, unchecked; it may hold a password. NULL: none was chosen. */
const char *hearth_home_database_server(const struct hearth_home *home);

#endif
