/* HTTP/2 over nghttp2, which keeps the state of streams, windows and HPACK; what is ours is the
 * head of a request, the limits against floods, and the two ways of holding back. */
#include "wire/h2.h"

#include "base/memory.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

/* NGHTTP2_CLIENT_MAGIC is a macro without its length as a constant of ours. */
const char hearth_h2_preface[HEARTH_H2_PREFACE_LENGTH + 1] = NGHTTP2_CLIENT_MAGIC;

enum {
    /* The most that may come of all bodies of a connection together before it is consumed. */
    CONNECTION_WINDOW = 1 << 20,
    ANSWER_HEADERS_MAX = 64,
    RESET_BURST = 200, /* streams reset by the client, or because of what it sent */
    RESETS_PER_S = 50,
    CONTROL_BURST = 1000, /* PING, SETTINGS, PRIORITY, empty DATA */
    CONTROLS_PER_S = 200,
};

/* Tokens that come back with time; spending one too many is a flood. */
struct allowance {
    uint64_t at_ms;
    int64_t milli_tokens;
    int32_t burst, per_s;
};

struct hearth_h2 {
    nghttp2_session *session;
    struct hearth_http_builder builder;
    struct hearth_error head_fault;
    const struct hearth_h2_events *events;
    void *argument;
    struct allowance resets, controls;
    uint64_t now_ms;
    bool in_head, flooded;
};

/* A token bucket: it fills by per_s tokens a second up to `burst`, and each frame takes one.
 * Counted in thousandths, so that a millisecond's share is a whole number. */
static void spend(struct hearth_h2 *h2, struct allowance *allowance)
{
    int64_t cap = (int64_t)allowance->burst * 1000;
    allowance->milli_tokens += (int64_t)(h2->now_ms - allowance->at_ms) * allowance->per_s;
    allowance->at_ms = h2->now_ms;
    if (allowance->milli_tokens > cap)
        allowance->milli_tokens = cap;
    allowance->milli_tokens -= 1000;
    if (allowance->milli_tokens < 0)
        h2->flooded = true;
}

/* Also the trailers of a request begin with this; they are skipped, so the builder is left
 * alone. */
static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    struct hearth_h2 *h2 = user_data;
    (void)session;
    h2->in_head = true;
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        hearth_http_builder_clear(&h2->builder);
        h2->head_fault.code = 0;
    }
    return 0;
}

/* The slot of a pseudo-header, or NULL for one that HTTP/2 does not know. */
static uint32_t *pseudo_slot(struct hearth_http_builder *builder, const char *name)
{
    if (strcmp(name, ":method") == 0)
        return &builder->method;
    if (strcmp(name, ":path") == 0)
        return &builder->target;
    if (strcmp(name, ":authority") == 0)
        return &builder->authority;
    if (strcmp(name, ":scheme") == 0)
        return &builder->scheme;
    return strcmp(name, ":protocol") == 0 ? &builder->protocol : NULL;
}

/* nghttp2 has checked the order and the names of pseudo-headers; unknown ones are taken and
 * forgotten. */
static int take_field(struct hearth_h2 *h2, const char *name, size_t name_length, const char *value,
                      size_t value_length)
{
    struct hearth_http_builder *builder = &h2->builder;
    struct hearth_error *fault = &h2->head_fault;
    uint32_t name_offset, value_offset;
    if (name[0] == ':') {
        uint32_t *slot = pseudo_slot(builder, name);
        if (slot == &builder->target && value_length > builder->target_max)
            return hearth_error_set(fault, HEARTH_EURILONG, "the request target is too long");
        int rc =
            hearth_http_builder_text(builder, value, value_length, slot ? slot : &value_offset);
        return rc ? hearth_error_set(fault, rc, "the header fields are too long") : 0;
    }
    if (memchr(value, '\0', value_length))
        return hearth_error_set(fault, HEARTH_EPARSE, "a header field holds a control character");
    if (hearth_http_builder_text(builder, name, name_length, &name_offset) ||
        hearth_http_builder_text(builder, value, value_length, &value_offset))
        return hearth_error_set(fault, HEARTH_EHEADERS, "the header fields are too long");
    return hearth_http_builder_field(builder, name_offset, value_offset, fault);
}

/* Once a head is faulty the rest of it is skipped; it must still be decoded, for HPACK's state. */
static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *user_data)
{
    struct hearth_h2 *h2 = user_data;
    (void)session;
    (void)flags;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST &&
        !h2->head_fault.code)
        take_field(h2, (const char *)name, name_length, (const char *)value, value_length);
    return 0;
}

/* An extended CONNECT has a path; the plain one, which asks for a proxy, has none. */
static int check_method(struct hearth_h2 *h2)
{
    const struct hearth_http_builder *builder = &h2->builder;
    if (builder->method != HEARTH_HTTP_ABSENT && builder->protocol == HEARTH_HTTP_ABSENT &&
        strcmp(builder->text.bytes + builder->method, "CONNECT") == 0)
        return hearth_error_set(&h2->head_fault, HEARTH_EMETHOD,
                                "CONNECT is not allowed here: this server is no proxy");
    return 0;
}

/* A faulty head still becomes a stream, so that it can be answered with a status and not only a
 * reset. */
static void finish_head(struct hearth_h2 *h2, const nghttp2_frame *frame)
{
    struct hearth_http_head head;
    int32_t stream = frame->hd.stream_id;
    bool end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    bool ok = !h2->head_fault.code && !check_method(h2) &&
              !hearth_http_builder_head(&h2->builder, true, &head, &h2->head_fault);
    if (ok) {
        head.major = 2;
        head.minor = 0;
        head.has_body = !end;
        head.keep_alive = true;
        head.expect_continue = head.expect_continue && !end;
    }
    void *state = h2->events->on_head(h2->argument, stream, ok ? &head : NULL, &h2->head_fault);
    nghttp2_session_set_stream_user_data(h2->session, stream, state);
    if (!state)
        hearth_h2_reset(h2, stream);
    hearth_http_builder_clear(&h2->builder);
}

static void message_end(struct hearth_h2 *h2, int32_t stream)
{
    void *state = nghttp2_session_get_stream_user_data(h2->session, stream);
    if (state)
        h2->events->on_end(h2->argument, state);
}

/* Frames that make us work or answer and bring the client's requests no further. An ACK answers one
 * of ours. */
static bool is_control(const nghttp2_frame *frame)
{
    switch (frame->hd.type) {
    case NGHTTP2_PING:
    case NGHTTP2_SETTINGS:
        return !(frame->hd.flags & NGHTTP2_FLAG_ACK);
    case NGHTTP2_PRIORITY:
        return true;
    case NGHTTP2_DATA:
        return frame->hd.length == 0 && !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
    default:
        return false;
    }
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    struct hearth_h2 *h2 = user_data;
    (void)session;
    if (frame->hd.type == NGHTTP2_RST_STREAM)
        spend(h2, &h2->resets);
    if (is_control(frame))
        spend(h2, &h2->controls);
    if (frame->hd.type == NGHTTP2_HEADERS) {
        h2->in_head = false;
        if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
            finish_head(h2, frame);
    }
    if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        message_end(h2, frame->hd.stream_id);
    return h2->flooded ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

/* nghttp2 resets the stream; counting it here ends a client that lives on such resets. */
static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int code,
                            void *user_data)
{
    struct hearth_h2 *h2 = user_data;
    (void)session;
    (void)code;
    if (frame->hd.type == NGHTTP2_HEADERS)
        h2->in_head = false;
    spend(h2, &h2->resets);
    return h2->flooded ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

/* Bytes of a stream that we have reset still count against the connection's window: they are given
 * back at once, or the window would shrink for good. */
static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t stream,
                         const uint8_t *bytes, size_t length, void *user_data)
{
    struct hearth_h2 *h2 = user_data;
    void *state = nghttp2_session_get_stream_user_data(session, stream);
    (void)flags;
    if (state)
        h2->events->on_body(h2->argument, state, (const char *)bytes, length);
    else
        hearth_h2_consume(h2, stream, length);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream, uint32_t code, void *user_data)
{
    struct hearth_h2 *h2 = user_data;
    void *state = nghttp2_session_get_stream_user_data(session, stream);
    (void)code;
    if (state)
        h2->events->on_close(h2->argument, state);
    return 0;
}

/* An answer that ended before the request did: tell the client to stop sending (RFC 9113 8.1). */
static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    int32_t stream = frame->hd.stream_id;
    (void)user_data;
    if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
        nghttp2_session_get_stream_remote_close(session, stream) == 0)
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_NO_ERROR);
    return 0;
}

/* Without NO_COPY flags nghttp2 copies names and values, so the caller's strings may go. */
static size_t to_nv(const struct hearth_header *headers, size_t count, nghttp2_nv *ret_nv)
{
    size_t length = 0;
    for (size_t i = 0; i < count && length < ANSWER_HEADERS_MAX; i++)
        ret_nv[length++] = (nghttp2_nv){.name = (uint8_t *)headers[i].name,
                                        .value = (uint8_t *)headers[i].value,
                                        .namelen = strlen(headers[i].name),
                                        .valuelen = strlen(headers[i].value),
                                        .flags = NGHTTP2_NV_FLAG_NONE};
    return length;
}

/* DEFERRED parks the stream until hearth_h2_resume. With trailers the last DATA frame must not end
 * the stream: the trailers' HEADERS frame does (RFC 9113 8.1). */
static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *to, size_t size,
                         uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
    struct hearth_h2 *h2 = user_data;
    struct hearth_h2_pulled pulled = {0};
    void *state = nghttp2_session_get_stream_user_data(session, stream);
    (void)source;
    if (!state)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    size_t length = h2->events->on_pull(h2->argument, state, (char *)to, size, &pulled);
    if (!pulled.end)
        return length ? (ssize_t)length : NGHTTP2_ERR_DEFERRED;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (pulled.trailer_count) {
        nghttp2_nv nv[ANSWER_HEADERS_MAX];
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_submit_trailer(session, stream, nv,
                               to_nv(pulled.trailers, pulled.trailer_count, nv));
    }
    return (ssize_t)length;
}

/* Automatic window updates are switched off: the window opens again only when a handler has taken
 * the bytes. */
static int make_session(struct hearth_h2 *h2)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    int rc = -1;
    if (nghttp2_session_callbacks_new(&callbacks) || nghttp2_option_new(&option))
        goto out;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
    nghttp2_option_set_no_auto_window_update(option, 1);
    rc = nghttp2_session_server_new2(&h2->session, callbacks, h2, option);
out:
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return rc;
}

/* The server's connection preface is a SETTINGS frame; it goes out with the first output. */
struct hearth_h2 *hearth_h2_create(const struct hearth_http_limits *limits, uint32_t streams_max,
                                   const struct hearth_h2_events *events, void *argument)
{
    struct hearth_h2 *h2 = hearth_calloc(1, sizeof(*h2));
    const nghttp2_settings_entry entries[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams_max},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HEARTH_H2_STREAM_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits->header_bytes_max},
        {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
    };
    h2->events = events;
    h2->argument = argument;
    h2->resets = (struct allowance){
        .milli_tokens = RESET_BURST * 1000, .burst = RESET_BURST, .per_s = RESETS_PER_S};
    h2->controls = (struct allowance){
        .milli_tokens = CONTROL_BURST * 1000, .burst = CONTROL_BURST, .per_s = CONTROLS_PER_S};
    hearth_http_builder_init(&h2->builder, limits);
    if (make_session(h2) ||
        nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, entries,
                                sizeof(entries) / sizeof(entries[0])) ||
        nghttp2_session_set_local_window_size(h2->session, NGHTTP2_FLAG_NONE, 0,
                                              CONNECTION_WINDOW)) {
        hearth_h2_destroy(h2);
        return NULL;
    }
    return h2;
}

void hearth_h2_destroy(struct hearth_h2 *h2)
{
    if (!h2)
        return;
    nghttp2_session_del(h2->session);
    hearth_http_builder_finish(&h2->builder);
    hearth_free(h2);
}

/* The caller still sends what output gives: the GOAWAY that says why the connection ends. */
int hearth_h2_feed(struct hearth_h2 *h2, const char *bytes, size_t length, uint64_t now_ms,
                   struct hearth_error *error)
{
    h2->now_ms = now_ms;
    ssize_t rc = nghttp2_session_mem_recv(h2->session, (const uint8_t *)bytes, length);
    if (h2->flooded || rc == NGHTTP2_ERR_FLOODED) {
        nghttp2_session_terminate_session(h2->session, NGHTTP2_ENHANCE_YOUR_CALM);
        return hearth_error_set(error, HEARTH_ERATE, "too many control frames or resets");
    }
    if (rc < 0)
        return hearth_error_set(error, HEARTH_EPARSE, "HTTP/2: %s", nghttp2_strerror((int)rc));
    return 0;
}

size_t hearth_h2_output(struct hearth_h2 *h2, const char **ret_bytes)
{
    const uint8_t *bytes = NULL;
    ssize_t length = nghttp2_session_mem_send(h2->session, &bytes);
    *ret_bytes = (const char *)bytes;
    return length > 0 ? (size_t)length : 0;
}

bool hearth_h2_done(const struct hearth_h2 *h2)
{
    return !nghttp2_session_want_read(h2->session) && !nghttp2_session_want_write(h2->session);
}

bool hearth_h2_in_head(const struct hearth_h2 *h2)
{
    return h2->in_head;
}

/* :status must be the first field. */
int hearth_h2_answer(struct hearth_h2 *h2, int32_t stream, int status,
                     const struct hearth_header *headers, size_t count, bool body)
{
    nghttp2_nv nv[ANSWER_HEADERS_MAX + 1];
    char digits[4] = {(char)('0' + status / 100 % 10), (char)('0' + status / 10 % 10),
                      (char)('0' + status % 10), '\0'};
    const struct hearth_header line = {.name = ":status", .value = digits};
    const nghttp2_data_provider provider = {.read_callback = read_body};
    to_nv(&line, 1, nv);
    count = to_nv(headers, count, nv + 1) + 1;
    return nghttp2_submit_response(h2->session, stream, nv, count, body ? &provider : NULL)
               ? HEARTH_EIO
               : 0;
}

/* An interim answer is a HEADERS frame without END_STREAM. */
int hearth_h2_continue(struct hearth_h2 *h2, int32_t stream)
{
    nghttp2_nv nv;
    const struct hearth_header line = {.name = ":status", .value = "100"};
    to_nv(&line, 1, &nv);
    return nghttp2_submit_headers(h2->session, NGHTTP2_FLAG_NONE, stream, NULL, &nv, 1, NULL)
               ? HEARTH_EIO
               : 0;
}

void hearth_h2_resume(struct hearth_h2 *h2, int32_t stream)
{
    nghttp2_session_resume_data(h2->session, stream);
}

void hearth_h2_consume(struct hearth_h2 *h2, int32_t stream, size_t length)
{
    nghttp2_session_consume(h2->session, stream, length);
}

void hearth_h2_reset(struct hearth_h2 *h2, int32_t stream)
{
    nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_INTERNAL_ERROR);
}

/* Streams up to the last one that we have seen are served to their end. */
void hearth_h2_go_away(struct hearth_h2 *h2)
{
    nghttp2_submit_goaway(h2->session, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(h2->session), NGHTTP2_NO_ERROR,
                          NULL, 0);
}
