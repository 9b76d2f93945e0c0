/* Ends calls with an answer: bytes, JSON, or an error in the shape that the route's API has. Loop
 * thread only. */
#ifndef HEARTH_GATEWAY_ANSWERS_H
#define HEARTH_GATEWAY_ANSWERS_H

#include "base/buf.h"
#include "base/schema.h"
#include "gateway/call.h"
#include "hearth/error.h"

/* What an error answer says beside the error itself. */
struct hearth_error_detail {
    const char *param;                         /* the faulty parameter, or NULL */
    const char *openai_code;                   /* instead of the table's code, under /v1; or NULL */
    uint32_t retry_after_ms;                   /* 0: no advice */
    const struct hearth_schema_faults *faults; /* listed where the shape has room for them */
};

/* The status of an error; that of the table, unless the shape's API has another one for it. */
int hearth_error_status(enum hearth_error_shape shape, int code);
/* The body of an error answer. */
void hearth_error_write(struct hearth_buf *buf, enum hearth_error_shape shape,
                        const char *request_id, const struct hearth_error *error,
                        const struct hearth_error_detail *detail);

/* Some clients look for the request's id in a header of their own API, beside X-Request-Id. Errors
 * have it by themselves. */
void hearth_answer_name(struct hearth_exchange *exchange, enum hearth_error_shape shape);

/* For an exchange without a call. `detail` may be NULL. */
void hearth_answer_refuse(struct hearth_exchange *exchange, enum hearth_error_shape shape,
                          const struct hearth_error *error,
                          const struct hearth_error_detail *detail);

/* Every error goes through it before a client reads it, in an answer or within a stream: paths of
 * this machine are nothing for clients. Answers do it by themselves. */
void hearth_answer_hide(const struct hearth_call *call, struct hearth_error *error);

/* Each of these ends the call; afterwards it may be used only by who holds it. Texts that are given
 * are copied. */
void hearth_answer_error(struct hearth_call *call, const struct hearth_error *error,
                         const struct hearth_error_detail *detail);
void hearth_answer_message(struct hearth_call *call, int code, const char *param,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));
void hearth_answer_faults(struct hearth_call *call, const struct hearth_schema_faults *faults);
void hearth_answer_bytes(struct hearth_call *call, int status, const char *type, const void *bytes,
                         size_t length);
/* Bytes that live as long as the process; they are not copied. */
void hearth_answer_static(struct hearth_call *call, int status, const char *type, const void *bytes,
                          size_t length);
/* The buffer's memory is what is sent; the buffer is finished. JSON, or of a media type. */
void hearth_answer_buf(struct hearth_call *call, int status, struct hearth_buf *buf);
void hearth_answer_typed(struct hearth_call *call, int status, const char *type,
                         struct hearth_buf *buf);
/* Takes the reference. */
void hearth_answer_json(struct hearth_call *call, int status, json_t *value);

#endif
