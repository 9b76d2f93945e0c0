/* Folders in which workers keep what they computed of prompts (worker/prefix_disk.h), one for each
 * version of a model, by its id: those of versions that are no more, or whose settings say that
 * nothing is kept, are deleted, at the start and soon after a model was removed. Loop thread only;
 * the disk is a lane's. */
#ifndef HEARTH_SERVING_PREFIX_FOLDERS_H
#define HEARTH_SERVING_PREFIX_FOLDERS_H

struct hearth_catalog;
struct hearth_lane;
struct hearth_loop;
struct hearth_prefix_folders;
struct hearth_settings;

/* `path` may be NULL: there are none. Lane, catalogue and settings outlive it. */
struct hearth_prefix_folders *hearth_prefix_folders_create(struct hearth_loop *loop,
                                                           struct hearth_lane *lane,
                                                           struct hearth_catalog *catalog,
                                                           const struct hearth_settings *settings,
                                                           const char *path);
void hearth_prefix_folders_destroy(struct hearth_prefix_folders *folders); /* NULL is allowed */
/* A model may have been removed: looks a little later, when the catalogue knows it too. */
void hearth_prefix_folders_sweep_soon(struct hearth_prefix_folders *folders);

#endif
