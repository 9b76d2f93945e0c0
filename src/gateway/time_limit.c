/* Both ways to say a limit end in one deadline on the loop's clock. */
#include "gateway/time_limit.h"

#include "base/text.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "loop/loop.h"

#include <math.h>

#define HEADER "X-Request-Timeout"
#define LONGEST_S 604800.0 /* a week */

static void take(struct hearth_call *call, uint64_t limit_ms)
{
    uint64_t deadline = hearth_loop_now_ms(call->gateway->loop) + limit_ms;
    if (!call->deadline_ms || deadline < call->deadline_ms)
        call->deadline_ms = deadline;
}

/* The body's number was checked by its schema, the header by nobody before. A long time in the body
 * is cut to a week, since it may come from a client's "no timeout". */
bool hearth_time_limit_read(struct hearth_call *call)
{
    const char *header = hearth_exchange_header(call->exchange, "x-request-timeout");
    uint64_t limit_ms;
    if (header && (hearth_parse_duration(header, &limit_ms) || limit_ms == 0 ||
                   (double)limit_ms > 1000 * LONGEST_S)) {
        hearth_answer_message(call, HEARTH_EINVAL, HEADER,
                              HEADER
                              " is \"%.40s\"; it takes seconds (30, 2.5), or a number with a "
                              "unit (250ms, 30s, 5m)",
                              header);
        return true;
    }
    if (header)
        take(call, limit_ms);
    double seconds = hearth_json_number(call->json, "timeout", 0);
    if (seconds > 0)
        take(call, (uint64_t)ceil(1000 * (seconds < LONGEST_S ? seconds : LONGEST_S)));
    return false;
}
