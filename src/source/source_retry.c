/* Asking a server again: which outcomes are worth it, and how long to wait. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "source/source_parts.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    DELAY_MS = 500,
    DELAY_MAX_MS = 30000,
    SLICE_MS = 50,
    API_BODY_MAX = 32 << 20, /* a page of a listing has a thousand rows */
};
#define ASKED_DELAY_MAX_MS 300000 /* of Retry-After */

/* RFC 9110, 15: 408 and 429 ask for another try, the others are a server's or a gateway's own
 * trouble. */
bool hearth_source_is_transient(int rc, int status)
{
    if (rc)
        return rc == HEARTH_ENETWORK || rc == HEARTH_ETIMEOUT;
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
           status == 504;
}

/* RFC 9110, 10.2.3: seconds or a date. */
static int64_t asked_delay_ms(const struct hearth_http_answer *answer)
{
    char text[64];
    int64_t seconds;
    if (!answer || !hearth_http_answer_header(answer, "Retry-After", text, sizeof(text)))
        return 0;
    if (hearth_parse_int(text, 0, ASKED_DELAY_MAX_MS / 1000, &seconds) == 0)
        return seconds * 1000;
    struct tm date = {0};
    if (!strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &date))
        return 0;
    int64_t delay_ms = (int64_t)timegm(&date) * 1000 - hearth_clock_wall_ms();
    return delay_ms < 0 ? 0 : delay_ms > ASKED_DELAY_MAX_MS ? ASKED_DELAY_MAX_MS : delay_ms;
}

/* Doubles with each try; up to a quarter more at random, so that clients do not come together. */
static int64_t delay_ms(const struct hearth_source_options *options, unsigned attempt)
{
    int64_t delay = options->retry_delay_ms ? options->retry_delay_ms : DELAY_MS;
    while (attempt-- > 0 && delay < DELAY_MAX_MS)
        delay *= 2;
    if (delay > DELAY_MAX_MS)
        delay = DELAY_MAX_MS;
    uint8_t random;
    hearth_random_bytes(&random, sizeof(random));
    return delay + delay * random / 1024;
}

bool hearth_fetch_is_unwanted(struct hearth_fetch_progress *progress)
{
    return progress && progress->is_unwanted && progress->is_unwanted(progress);
}

bool hearth_source_is_canceled(void *progress)
{
    struct hearth_fetch_progress *asked = progress;
    return asked && asked->is_canceled && asked->is_canceled(asked);
}

bool hearth_source_pause(const struct hearth_source_options *options, unsigned attempt,
                         const struct hearth_http_answer *answer,
                         struct hearth_fetch_progress *progress)
{
    int64_t asked = asked_delay_ms(answer);
    int64_t own = delay_ms(options, attempt);
    /* The longer of the two: what the server asks for, and our own growing delay. In slices, so
     * that canceling is noticed soon. */
    uint64_t end_ms = hearth_clock_monotonic_ms() + (uint64_t)(asked > own ? asked : own);
    while (hearth_clock_monotonic_ms() < end_ms) {
        if (hearth_source_is_canceled(progress))
            return false;
        usleep(SLICE_MS * 1000);
    }
    return true;
}

int hearth_source_ask(struct hearth_http_client *client, const char *url, const char *bearer,
                      const struct hearth_source_options *options,
                      struct hearth_http_answer *ret_answer, struct hearth_error *error)
{
    const struct hearth_http_request request = {.url = url,
                                                .bearer = bearer,
                                                .idle_timeout_ms = options->idle_timeout_ms,
                                                .body_max = API_BODY_MAX,
                                                .is_canceled = hearth_source_is_canceled,
                                                .argument = options->progress};
    for (unsigned attempt = 0;; attempt++) {
        int rc = hearth_http_client_run(client, &request, ret_answer, error);
        if (attempt >= options->retries || !hearth_source_is_transient(rc, ret_answer->status)) {
            if (rc)
                hearth_http_answer_finish(ret_answer);
            return rc;
        }
        bool again = hearth_source_pause(options, attempt, ret_answer, options->progress);
        /* Only now: the pause has read Retry-After from it. */
        hearth_http_answer_finish(ret_answer);
        if (!again)
            return hearth_error_set(error, HEARTH_ECANCELED, "stopped while asking %.200s", url);
    }
}
