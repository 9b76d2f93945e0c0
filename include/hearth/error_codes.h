/* Made by scripts/generate from api/errors.json; do not edit. */
#ifndef HEARTH_ERROR_CODES_H
#define HEARTH_ERROR_CODES_H

/* clang-format off */
/* 0 is success; every error is one of these. */
enum hearth_error_code {
    HEARTH_OK = 0,
    HEARTH_EINVAL = -1,
    HEARTH_EPARSE = -2,
    HEARTH_ECONTEXT = -3,
    HEARTH_EPATH = -4,
    HEARTH_EAUTH = -5,
    HEARTH_EFORBIDDEN = -6,
    HEARTH_ENOTFOUND = -7,
    HEARTH_ENOMODEL = -8,
    HEARTH_EMETHOD = -9,
    HEARTH_ESLOWHEAD = -10,
    HEARTH_ECONFLICT = -11,
    HEARTH_EINUSE = -12,
    HEARTH_ETOOLARGE = -13,
    HEARTH_EURILONG = -14,
    HEARTH_EMEDIA = -15,
    HEARTH_EFIELDS = -16,
    HEARTH_ERATE = -17,
    HEARTH_EHEADERS = -18,
    HEARTH_ECANCELED = -19,
    HEARTH_EINTERNAL = -20,
    HEARTH_EMODEL = -21,
    HEARTH_EDIGEST = -22,
    HEARTH_ENOMEM = -23,
    HEARTH_EIO = -24,
    HEARTH_ENOTIMPL = -25,
    HEARTH_ECRASHED = -26,
    HEARTH_ENETWORK = -27,
    HEARTH_EQUEUEFULL = -28,
    HEARTH_EDRAINING = -29,
    HEARTH_EBREAKER = -30,
    HEARTH_ETIMEOUT = -31,
    HEARTH_EHTTPVERSION = -32,
    HEARTH_EMEMORY = -33,
    HEARTH_ENOSPACE = -34,
    HEARTH_EDATABASE = -35,
    HEARTH_EUNTOLD = -36,
};

/* X(symbol, code, text, HTTP status, gRPC status, exit code, retry, OpenAI type) */
#define HEARTH_ERROR_TABLE(X) \
    X(HEARTH_EINVAL, "invalid_request", "the request is not valid", 400, 3, 2, false, "invalid_request_error") \
    X(HEARTH_EPARSE, "malformed", "the input cannot be parsed", 400, 3, 65, false, "invalid_request_error") \
    X(HEARTH_ECONTEXT, "context_length_exceeded", "the input is longer than the model's context", 400, 3, 65, false, "invalid_request_error") \
    X(HEARTH_EPATH, "unsafe_path", "the path or name is not allowed here", 400, 3, 2, false, "invalid_request_error") \
    X(HEARTH_EAUTH, "unauthorized", "the API key is missing or wrong", 401, 16, 77, false, "authentication_error") \
    X(HEARTH_EFORBIDDEN, "forbidden", "this is not allowed", 403, 7, 77, false, "permission_error") \
    X(HEARTH_ENOTFOUND, "not_found", "there is no such thing", 404, 5, 66, false, "invalid_request_error") \
    X(HEARTH_ENOMODEL, "model_not_found", "there is no such model", 404, 5, 66, false, "invalid_request_error") \
    X(HEARTH_EMETHOD, "method_not_allowed", "this path does not allow that method", 405, 12, 2, false, "invalid_request_error") \
    X(HEARTH_ESLOWHEAD, "request_timeout", "the request did not arrive in time", 408, 4, 75, true, "invalid_request_error") \
    X(HEARTH_ECONFLICT, "conflict", "this conflicts with what is there", 409, 6, 73, false, "conflict_error") \
    X(HEARTH_EINUSE, "in_use", "this is in use", 409, 9, 75, true, "conflict_error") \
    X(HEARTH_ETOOLARGE, "body_too_large", "the body is larger than the limit", 413, 8, 65, false, "invalid_request_error") \
    X(HEARTH_EURILONG, "uri_too_long", "the request target is too long", 414, 3, 65, false, "invalid_request_error") \
    X(HEARTH_EMEDIA, "unsupported_media_type", "this media type is not supported here", 415, 3, 65, false, "invalid_request_error") \
    X(HEARTH_EFIELDS, "invalid_fields", "some fields are not valid", 422, 3, 65, false, "invalid_request_error") \
    X(HEARTH_ERATE, "rate_limited", "too many requests from this client", 429, 8, 75, true, "rate_limit_error") \
    X(HEARTH_EHEADERS, "headers_too_large", "the header fields are larger than the limit", 431, 3, 65, false, "invalid_request_error") \
    X(HEARTH_ECANCELED, "canceled", "the client is gone", 499, 1, 130, false, "invalid_request_error") \
    X(HEARTH_EINTERNAL, "internal", "an internal error", 500, 13, 70, false, "server_error") \
    X(HEARTH_EMODEL, "model_broken", "the model's files are not valid", 500, 9, 65, false, "server_error") \
    X(HEARTH_EDIGEST, "digest_mismatch", "the bytes differ from what was recorded", 500, 15, 65, false, "server_error") \
    X(HEARTH_ENOMEM, "out_of_memory", "memory could not be allocated", 500, 8, 71, true, "server_error") \
    X(HEARTH_EIO, "io_error", "reading or writing failed", 500, 13, 74, false, "server_error") \
    X(HEARTH_ENOTIMPL, "not_implemented", "this is not available in this build", 501, 12, 69, false, "server_error") \
    X(HEARTH_ECRASHED, "worker_crashed", "the model's process ended while it worked on this", 502, 14, 70, true, "server_error") \
    X(HEARTH_ENETWORK, "network_error", "the other side could not be reached", 502, 14, 69, true, "server_error") \
    X(HEARTH_EQUEUEFULL, "queue_full", "the queue is full", 503, 14, 75, true, "server_error") \
    X(HEARTH_EDRAINING, "draining", "the server is shutting down", 503, 14, 75, true, "server_error") \
    X(HEARTH_EBREAKER, "breaker_open", "the model failed repeatedly and rests", 503, 14, 75, true, "server_error") \
    X(HEARTH_ETIMEOUT, "timeout", "the time limit ended first", 504, 4, 75, true, "server_error") \
    X(HEARTH_EHTTPVERSION, "http_version", "this HTTP version is not supported here", 505, 3, 65, false, "invalid_request_error") \
    X(HEARTH_EMEMORY, "insufficient_memory", "the model does not fit into memory", 507, 8, 71, true, "server_error") \
    X(HEARTH_ENOSPACE, "disk_full", "the disk is full", 507, 8, 74, false, "server_error") \
    X(HEARTH_EDATABASE, "database_unavailable", "the registry's database cannot be reached", 503, 14, 75, true, "server_error") \
    X(HEARTH_EUNTOLD, "tracking_pending", "done here, but the tracking server was not told yet", 503, 14, 75, false, "server_error")

#endif
