/* The states of one request and of its answer, as two small state machines. The tables of allowed
 * moves are in exchange_state.c: each move is checked against them, and ends with a check of what
 * must hold between any two moves. A failed check is a bug of ours, never a client's doing. Private
 * to src/net; loop thread only.
 *
 * The request, as it comes in:
 *
 *     BARE ───────────────────────────────▶ WHOLE
 *     EXPECTED ──▶ ARRIVING ───────────────▶ WHOLE
 *         │            ▲ │                     ▲
 *         └──────────▶ │ ▼                     │
 *                    PAUSED ──────────────────┘
 *
 * The answer, as the handler makes it:
 *
 *     DUE ──begin──▶ OPEN ──finish──▶ ENDED ──┐
 *      │             ▲  │                     │ the client takes nothing
 *      │             │  ▼                     ▼
 *      │           BLOCKED ──reset──────▶ BROKEN
 *      │                                      ▲
 *      └───────────────reset──────────────────┤
 *     OPEN, BLOCKED ──the server stops──▶ CUT ┘
 */
#ifndef HEARTH_NET_EXCHANGE_STATE_H
#define HEARTH_NET_EXCHANGE_STATE_H

#include <stdbool.h>

struct hearth_exchange;

enum hearth_request_state {
    HEARTH_REQUEST_BARE,     /* only a head; that it is whole has not been told yet */
    HEARTH_REQUEST_EXPECTED, /* the client waits for "100 Continue" before it sends the body */
    HEARTH_REQUEST_ARRIVING,
    HEARTH_REQUEST_PAUSED, /* the handler takes no more of the body for now */
    HEARTH_REQUEST_WHOLE,
};

enum hearth_answer_state {
    HEARTH_ANSWER_DUE,
    HEARTH_ANSWER_OPEN,    /* the head is sent */
    HEARTH_ANSWER_BLOCKED, /* too much is unread: the handler waits for on_writable */
    HEARTH_ANSWER_ENDED,   /* whole; what is left of it is the protocol's to send */
    HEARTH_ANSWER_CUT,     /* what is written is still sent, then the stream or connection breaks */
    HEARTH_ANSWER_BROKEN,  /* ends without a proper end, so that the client can tell */
};

/* How the client learns where the answer's body ends. */
enum hearth_framing {
    HEARTH_FRAMING_UNDECIDED, /* no head has been sent */
    HEARTH_FRAMING_NO_BODY,   /* by its status, or because HEAD asked for it */
    HEARTH_FRAMING_SIZED,     /* a content-length says so */
    HEARTH_FRAMING_PIECES,    /* chunks, frames, or the end of the connection */
    HEARTH_FRAMING_RAW,       /* the connection or stream was taken over */
};

void hearth_exchange_move_request(struct hearth_exchange *exchange, enum hearth_request_state to);
void hearth_exchange_move_answer(struct hearth_exchange *exchange, enum hearth_answer_state to);

/* A body, or more of it, may come. */
bool hearth_request_is_arriving(const struct hearth_exchange *exchange);
/* The handler may write: a head was sent, and no end. */
bool hearth_answer_is_open(const struct hearth_exchange *exchange);
/* Nothing more comes from a handler. */
bool hearth_answer_is_over(const struct hearth_exchange *exchange);

#endif
