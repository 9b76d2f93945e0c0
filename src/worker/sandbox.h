/* What a worker gives up before it loads a plug-in or starts a thread: new privileges, all files
 * but its model's and those that programs need to run, the network, and starting or touching other
 * programs.
 *
 * Landlock bounds the files (and TCP and signals, where the kernel can do that); a seccomp filter
 * bounds the system calls. What is refused fails with EPERM or EACCES instead of ending the
 * process, so that a library which only tries goes on. Main thread only, before there are others.
 * Sources: landlock(7), seccomp(2). */
#ifndef HEARTH_WORKER_SANDBOX_H
#define HEARTH_WORKER_SANDBOX_H

#include "hearth/error.h"

#include <stdint.h>

struct sandbox_paths {
    const char *model;      /* a file or a folder; links inside it are followed once */
    const char *plugin_dir; /* read-only */
    const char *readable;   /* files and folders besides the model, one a line; or NULL */
    const char *writable;   /* a folder in which files may be made, changed and removed; or NULL */
    const char *device;     /* "cuda…" adds the nodes of that device, for reading and writing */
};

/* The bits HEARTH_SANDBOX_… of wire/ipc_event.h that were reached. Cannot be undone. */
uint32_t sandbox_enter(const struct sandbox_paths *paths);

/* The two halves, for sandbox_enter; each returns the bits that it reached. */
uint32_t sandbox_files(const struct sandbox_paths *paths);
uint32_t sandbox_system_calls(void);

#endif
