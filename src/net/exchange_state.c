#include "net/exchange_state.h"

#include "net/connection.h"

#include <assert.h>

#define TO(state) (1u << (state))

/* The states that each state may be left for. */
static const unsigned request_moves[] = {
    [HEARTH_REQUEST_BARE] = TO(HEARTH_REQUEST_WHOLE),
    [HEARTH_REQUEST_EXPECTED] =
        TO(HEARTH_REQUEST_ARRIVING) | TO(HEARTH_REQUEST_PAUSED) | TO(HEARTH_REQUEST_WHOLE),
    [HEARTH_REQUEST_ARRIVING] = TO(HEARTH_REQUEST_PAUSED) | TO(HEARTH_REQUEST_WHOLE),
    [HEARTH_REQUEST_PAUSED] = TO(HEARTH_REQUEST_ARRIVING) | TO(HEARTH_REQUEST_WHOLE),
    [HEARTH_REQUEST_WHOLE] = 0,
};

/* An answer given whole is OPEN for a moment too: its head begins it. */
static const unsigned answer_moves[] = {
    [HEARTH_ANSWER_DUE] = TO(HEARTH_ANSWER_OPEN) | TO(HEARTH_ANSWER_BROKEN),
    [HEARTH_ANSWER_OPEN] = TO(HEARTH_ANSWER_BLOCKED) | TO(HEARTH_ANSWER_ENDED) |
                           TO(HEARTH_ANSWER_CUT) | TO(HEARTH_ANSWER_BROKEN),
    [HEARTH_ANSWER_BLOCKED] = TO(HEARTH_ANSWER_OPEN) | TO(HEARTH_ANSWER_ENDED) |
                              TO(HEARTH_ANSWER_CUT) | TO(HEARTH_ANSWER_BROKEN),
    [HEARTH_ANSWER_ENDED] = TO(HEARTH_ANSWER_BROKEN),
    [HEARTH_ANSWER_CUT] = TO(HEARTH_ANSWER_BROKEN),
    [HEARTH_ANSWER_BROKEN] = 0,
};

bool hearth_request_is_arriving(const struct hearth_exchange *exchange)
{
    return exchange->request == HEARTH_REQUEST_EXPECTED ||
           exchange->request == HEARTH_REQUEST_ARRIVING;
}

bool hearth_answer_is_open(const struct hearth_exchange *exchange)
{
    return exchange->answer == HEARTH_ANSWER_OPEN || exchange->answer == HEARTH_ANSWER_BLOCKED;
}

bool hearth_answer_is_over(const struct hearth_exchange *exchange)
{
    return exchange->answer != HEARTH_ANSWER_DUE && !hearth_answer_is_open(exchange);
}

/* What holds between any two moves. */
static bool holds(const struct hearth_exchange *exchange)
{
    bool decided = exchange->framing != HEARTH_FRAMING_UNDECIDED;
    /* A head has a status and a framing, and neither is there without the other. */
    if (decided != (exchange->status != 0))
        return false;
    /* A handler is never called for an answer that is over; it may have freed its state. */
    if (hearth_answer_is_over(exchange) && exchange->handler)
        return false;
    /* A head has been sent, unless the answer is due or was broken before it began. */
    if (exchange->answer == HEARTH_ANSWER_DUE)
        return !decided;
    /* What is left to send belongs to an answer that was given whole. */
    if (exchange->rest.length && exchange->answer != HEARTH_ANSWER_ENDED &&
        exchange->answer != HEARTH_ANSWER_BROKEN)
        return false;
    return decided || exchange->answer == HEARTH_ANSWER_BROKEN;
}

void hearth_exchange_move_request(struct hearth_exchange *exchange, enum hearth_request_state to)
{
    assert(request_moves[exchange->request] & TO(to));
    exchange->request = to;
}

/* What was reserved for an answer to come is given back as soon as the answer is over: from there
 * on its real bytes are counted. */
void hearth_exchange_move_answer(struct hearth_exchange *exchange, enum hearth_answer_state to)
{
    assert(answer_moves[exchange->answer] & TO(to));
    exchange->answer = to;
    if (exchange->reserved && hearth_answer_is_over(exchange))
        hearth_exchange_unreserve(exchange);
    assert(holds(exchange));
}
