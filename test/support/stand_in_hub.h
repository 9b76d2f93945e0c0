/* Starts test/stand_in/hub.py as a child with a spec, for C tests, and talks to it. */
#ifndef HEARTH_TEST_STAND_IN_HUB_H
#define HEARTH_TEST_STAND_IN_HUB_H

#include "net/http_client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct stand_in_hub {
    pid_t pid;
    int input; /* the child ends when this is closed */
    char address[64], storage[64];
};

/* False when it does not start. */
static inline bool stand_in_hub_start(struct stand_in_hub *hub, const char *spec)
{
    char path[] = "/tmp/hearth-hub-XXXXXX", line[256] = "";
    int input[2], output[2], file = mkstemp(path);
    if (file < 0 || write(file, spec, strlen(spec)) != (ssize_t)strlen(spec) || pipe(input) ||
        pipe(output))
        return false;
    close(file);
    hub->pid = fork();
    if (hub->pid == 0) {
        dup2(input[0], 0);
        dup2(output[1], 1);
        close(input[1]);
        close(output[0]);
        execlp("python3", "python3", HEARTH_SOURCE_DIR "/test/stand_in/hub.py", path, (char *)NULL);
        _exit(127);
    }
    close(input[0]);
    close(output[1]);
    hub->input = input[1];
    size_t used = 0;
    while (used < sizeof(line) - 1 && !strchr(line, '\n')) {
        ssize_t got = read(output[0], line + used, sizeof(line) - 1 - used);
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    close(output[0]);
    unlink(path);
    char *address = strchr(line, ' '), *storage = address ? strchr(address + 1, ' ') : NULL;
    if (!storage)
        return false;
    *storage = '\0';
    line[strcspn(line, "\n")] = '\0';
    storage[1 + strcspn(storage + 1, "\n")] = '\0';
    snprintf(hub->address, sizeof(hub->address), "%s", address + 1);
    snprintf(hub->storage, sizeof(hub->storage), "%s", storage + 1);
    return true;
}

static inline void stand_in_hub_stop(struct stand_in_hub *hub)
{
    close(hub->input);
    kill(hub->pid, SIGKILL);
    waitpid(hub->pid, NULL, 0);
}

/* Sends a control request; false when it fails. The answer's text goes to ret_text (or NULL). */
static inline bool stand_in_hub_control(struct stand_in_hub *hub, const char *method,
                                        const char *route, const char *body, char *ret_text,
                                        size_t size)
{
    char url[128];
    struct hearth_http_answer answer;
    struct hearth_http_client *client = hearth_http_client_create();
    snprintf(url, sizeof(url), "%s/_stand_in/%s", hub->address, route);
    const struct hearth_http_request request = {
        .method = method, .url = url, .body = body, .body_length = body ? strlen(body) : 0};
    bool good =
        hearth_http_client_run(client, &request, &answer, NULL) == 0 && answer.status == 200;
    if (good && ret_text)
        snprintf(ret_text, size, "%.*s", (int)answer.body.length, answer.body.bytes);
    hearth_http_answer_finish(&answer);
    hearth_http_client_destroy(client);
    return good;
}

/* How often a text occurs in the log of requests. */
static inline int stand_in_hub_count(struct stand_in_hub *hub, const char *text)
{
    static char log[1 << 20];
    int count = 0;
    if (!stand_in_hub_control(hub, "GET", "log", NULL, log, sizeof(log)))
        return -1;
    for (const char *at = log; (at = strstr(at, text)); at += strlen(text))
        count++;
    return count;
}

#endif
