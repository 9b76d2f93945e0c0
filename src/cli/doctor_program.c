#include "base/error.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/doctor.h"
#include "cli/terminal.h"
#include "config/home.h"
#include "loop/loop.h"
#include "loop/stream.h"
#include "net/http_client.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char *const mend_install =
    "build hearth again (make build), or install all of it (make install)";

/* The file at `tail` of the folder that holds bin/: "…/bin/hearth" and "lib/x" give "…/lib/x". An
 * installation and a build tree have the same shape, so one rule finds both. */
static bool beside_program(const char *tail, char *ret_path, size_t size)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (length <= 0)
        return false;
    path[length] = '\0';
    /* Twice: the program's name, then "bin". */
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(path, '/');
        if (slash)
            *slash = '\0';
    }
    return snprintf(ret_path, size, "%s/%s", path, tail) < (int)size;
}

/* Models compute in a program of their own; without it nothing can be served. */
static void check_worker(struct hearth_doctor *doctor)
{
    char path[PATH_MAX + 64] = "";
    bool is_there = beside_program("libexec/hearth/hearth-worker", path, sizeof(path)) &&
                    access(path, X_OK) == 0;
    hearth_doctor_add(doctor, "worker", is_there ? HEARTH_GOOD : HEARTH_BAD, mend_install,
                      is_there ? "%s" : "%s is missing", path);
}

/* Looks at the names of files only: loading an engine could crash this program, which is why
 * workers do it. */
static void check_engines(struct hearth_doctor *doctor)
{
    char path[PATH_MAX + 64] = "", found[256] = "";
    const char *chosen = doctor->invocation->settings->engines;
    if (*chosen)
        snprintf(path, sizeof(path), "%s", chosen);
    else
        beside_program("lib/hearth/engines", path, sizeof(path));
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        size_t length = strlen(entry->d_name), used = strlen(found);
        if (length > 3 && strcmp(entry->d_name + length - 3, ".so") == 0)
            snprintf(found + used, sizeof(found) - used, "%s%.*s", used ? ", " : "",
                     (int)length - 3, entry->d_name);
    }
    if (folder)
        closedir(folder);
    if (*found)
        hearth_doctor_add(doctor, "engines", HEARTH_GOOD, NULL, "%s", found);
    else
        hearth_doctor_add(doctor, "engines", HEARTH_BAD, mend_install, "there are no engines in %s",
                          path);
}

/* Opens it as the server would, which also makes it when it is missing. */
static void check_home(struct hearth_doctor *doctor)
{
    struct hearth_error error = {.code = 0};
    struct hearth_home *home = NULL;
    struct statvfs disk;
    char free_text[16];
    const char *path = doctor->invocation->settings->home;
    if (hearth_home_open(doctor->invocation->settings, &home, &error)) {
        hearth_doctor_add(doctor, "home", HEARTH_BAD,
                          "make this user its owner, or choose another home with --home", "%.400s",
                          error.message);
        return;
    }
    hearth_home_close(home);
    hearth_doctor_add(doctor, "home", HEARTH_GOOD, NULL, "%s", path);
    /* A disk that cannot be asked is no finding. */
    if (statvfs(path, &disk))
        return;
    uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    hearth_size_text(free_bytes, free_text);
    hearth_doctor_add(doctor, "disk", free_bytes < (2ull << 30) ? HEARTH_WARNING : HEARTH_GOOD,
                      "delete what is not needed, or put the home on another disk with --home",
                      "%s free", free_text);
}

/* The port is only tried: whoever connects in that moment is closed at once. */
static void refuse(void *argument, struct hearth_stream *stream)
{
    (void)argument;
    hearth_stream_close(stream);
}

/* By listening on it for a moment, which is the only sure way. */
static void check_port(struct hearth_doctor *doctor)
{
    const struct hearth_settings *settings = doctor->invocation->settings;
    const char *host = strcmp(settings->host, "localhost") == 0 ? "127.0.0.1" : settings->host;
    struct hearth_error error = {.code = 0};
    struct hearth_client *client = NULL;
    if (!hearth_client_find(doctor->invocation, &client, &error) && client) {
        hearth_client_destroy(client);
        hearth_doctor_add(doctor, "server", HEARTH_GOOD, NULL, "a server runs on this home");
        return;
    }
    /* The server's own way of listening, so that whatever would stop it stops this too. */
    struct hearth_loop *loop = hearth_loop_create();
    struct hearth_listener *listener = NULL;
    if (hearth_listen_tcp(loop, host, (uint16_t)settings->port, refuse, NULL, &listener, &error))
        hearth_doctor_add(doctor, "port", HEARTH_WARNING, "choose another port with --port",
                          "%.400s", error.message);
    else
        hearth_doctor_add(doctor, "port", HEARTH_GOOD, NULL, "port %lld is free on %s",
                          (long long)settings->port, host);
    hearth_listener_destroy(listener);
    /* Closing is asynchronous: the loop runs until nothing is open. */
    hearth_loop_run(loop);
    hearth_loop_destroy(loop);
}

void hearth_doctor_program(struct hearth_doctor *doctor)
{
    check_worker(doctor);
    check_engines(doctor);
    check_home(doctor);
    check_port(doctor);
}

/* Any answer is good: that the hub can be reached is what was asked. */
void hearth_doctor_hub(struct hearth_doctor *doctor)
{
    const char *url = doctor->invocation->settings->hf_endpoint;
    /* The settings' address, not a fixed one: a mirror is what will be asked. */
    const struct hearth_http_request request = {
        .url = url, .connect_timeout_ms = 5000, .idle_timeout_ms = 5000};
    struct hearth_http_answer answer = {.status = 0};
    struct hearth_error error = {.code = 0};
    struct hearth_http_client *client = hearth_http_client_create();
    if (hearth_http_client_run(client, &request, &answer, &error))
        hearth_doctor_add(doctor, "hub", HEARTH_WARNING,
                          "check the network and its proxy, or set HF_ENDPOINT to a mirror",
                          "%.400s", error.message);
    else
        hearth_doctor_add(doctor, "hub", HEARTH_GOOD, NULL, "%s answers (%d)", url, answer.status);
    hearth_http_answer_finish(&answer);
    hearth_http_client_destroy(client);
}
