/* TLS over OpenSSL, with a BIO of our own in place of a socket. */
#include "net/tls.h"

#include "base/error.h"
#include "base/memory.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

/* The most plain text that one TLS record holds (RFC 8446 5.1). */
enum { RECORD_MAX = 16384 };

struct hearth_tls_context {
    SSL_CTX *ssl;
    BIO_METHOD *method;
};

/* Our BIO reads straight from the bytes of the present call and writes straight to `out`, so that
 * an idle session holds no buffer of either kind. */
struct hearth_tls {
    SSL *ssl;
    struct hearth_buf *out;
    const char *in;
    size_t in_length;
    bool broken;
};

/* No bytes left is "try again later", not the end: OpenSSL keeps what it has of a record and asks
 * again in the next call. */
static int bio_read(BIO *bio, char *to, int size)
{
    struct hearth_tls *tls = BIO_get_data(bio);
    size_t length = tls->in_length < (size_t)size ? tls->in_length : (size_t)size;
    BIO_clear_retry_flags(bio);
    if (length == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(to, tls->in, length);
    tls->in += length;
    tls->in_length -= length;
    return (int)length;
}

static int bio_write(BIO *bio, const char *bytes, int length)
{
    struct hearth_tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    return hearth_buf_append(tls->out, bytes, (size_t)length) ? -1 : length;
}

/* OpenSSL flushes after each flight of the handshake and takes 0 for a failure. */
static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/* ALPN (RFC 7301): each name behind its length, ours in the order that we prefer. A client that
 * offers neither gets HTTP/1.1. */
static int choose_protocol(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_length,
                           const unsigned char *offered, unsigned offered_length, void *argument)
{
    static const unsigned char ours[] = "\x02h2\x08http/1.1";
    (void)ssl;
    (void)argument;
    if (SSL_select_next_proto((unsigned char **)ret_name, ret_length, ours, sizeof(ours) - 1,
                              offered, offered_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    return SSL_TLSEXT_ERR_OK;
}

/* OpenSSL keeps a queue of errors for each thread. It is emptied here, or a later call would find
 * this one. */
static int openssl_error(struct hearth_error *error, const char *what, const char *path)
{
    unsigned long number = ERR_peek_error(); /* the first is the cause */
    const char *reason = ERR_reason_error_string(number);
    char text[128];
    if (ERR_SYSTEM_ERROR(number))
        reason = strerror_r(ERR_GET_REASON(number), text, sizeof(text));
    hearth_error_set(error, HEARTH_EINVAL, "%s %s: %s", what, path, reason ? reason : "not usable");
    ERR_clear_error();
    return HEARTH_EINVAL;
}

/* OpenSSL says only that "values mismatch" for a key of another certificate; a person gets both
 * names. */
static int load_files(SSL_CTX *ssl, const char *certificate_path, const char *key_path,
                      struct hearth_error *error)
{
    if (!key_path || !*key_path)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "tls_key is missing: the certificate %s needs its key",
                                certificate_path);
    if (SSL_CTX_use_certificate_chain_file(ssl, certificate_path) != 1)
        return openssl_error(error, "TLS certificate", certificate_path);
    if (SSL_CTX_use_PrivateKey_file(ssl, key_path, SSL_FILETYPE_PEM) == 1)
        return 0;
    if (ERR_GET_REASON(ERR_peek_last_error()) != X509_R_KEY_VALUES_MISMATCH)
        return openssl_error(error, "TLS key", key_path);
    ERR_clear_error();
    return hearth_error_set(error, HEARTH_EINVAL,
                            "TLS key %s does not belong to the certificate %s", key_path,
                            certificate_path);
}

static BIO_METHOD *make_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "hearth");
    if (method) {
        BIO_meth_set_read(method, bio_read);
        BIO_meth_set_write(method, bio_write);
        BIO_meth_set_ctrl(method, bio_control);
    }
    return method;
}

int hearth_tls_context_create(const char *certificate_path, const char *key_path,
                              struct hearth_tls_context **ret_context, struct hearth_error *error)
{
    struct hearth_tls_context *context = hearth_calloc(1, sizeof(*context));
    int rc = 0;
    context->ssl = SSL_CTX_new(TLS_server_method());
    context->method = make_method();
    if (!context->ssl || !context->method) {
        rc = hearth_error_set(error, HEARTH_ENOMEM, "TLS cannot be set up");
        goto out;
    }
    /* Compression leaks secrets (CRIME), renegotiation lets a client burn our processor.
     * RELEASE_BUFFERS gives an idle
     * session's buffers back. */
    SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION);
    SSL_CTX_set_options(context->ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                          SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context->ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context->ssl, choose_protocol, NULL);
    rc = load_files(context->ssl, certificate_path, key_path, error);
out:
    if (rc)
        hearth_tls_context_destroy(context);
    else
        *ret_context = context;
    return rc;
}

void hearth_tls_context_destroy(struct hearth_tls_context *context)
{
    if (!context)
        return;
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->method);
    hearth_free(context);
}

struct hearth_tls *hearth_tls_create(struct hearth_tls_context *context, struct hearth_buf *out)
{
    struct hearth_tls *tls = hearth_calloc(1, sizeof(*tls));
    BIO *bio = BIO_new(context->method);
    tls->ssl = SSL_new(context->ssl);
    tls->out = out;
    if (!bio || !tls->ssl) {
        BIO_free(bio);
        hearth_tls_destroy(tls);
        return NULL;
    }
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    SSL_set_accept_state(tls->ssl);
    return tls;
}

void hearth_tls_destroy(struct hearth_tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    hearth_free(tls);
}

/* Maps what OpenSSL says after a call that did not succeed. */
static int outcome(struct hearth_tls *tls, int rc, struct hearth_error *error)
{
    switch (SSL_get_error(tls->ssl, rc)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        return 1;
    default: {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        hearth_error_set(error, HEARTH_ENETWORK, "TLS: %s", reason ? reason : "broken off");
        tls->broken = true;
        ERR_clear_error();
        return HEARTH_ENETWORK;
    }
    }
}

/* One call may hold many records, or part of one. SSL_read also does the handshake as its messages
 * come, so there is no state of ours for it. */
int hearth_tls_receive(struct hearth_tls *tls, const char *bytes, size_t length,
                       bool (*on_plain)(void *argument, const char *bytes, size_t length),
                       void *argument, struct hearth_error *error)
{
    static char plain[RECORD_MAX]; /* loop thread only; nothing stays in it between calls */
    int rc = 0;
    tls->in = bytes;
    tls->in_length = length;
    ERR_clear_error();
    for (;;) {
        int got = SSL_read(tls->ssl, plain, sizeof(plain));
        if (got <= 0) {
            rc = outcome(tls, got, error);
            break;
        }
        if (!on_plain(argument, plain, (size_t)got))
            break;
    }
    tls->in = NULL;
    tls->in_length = 0;
    return rc;
}

/* Our BIO takes everything, so SSL_write never has to be tried again. */
int hearth_tls_send(struct hearth_tls *tls, const char *bytes, size_t length)
{
    ERR_clear_error();
    for (size_t sent = 0; sent < length;) {
        size_t wrote = 0;
        if (tls->broken || SSL_write_ex(tls->ssl, bytes + sent, length - sent, &wrote) != 1)
            return HEARTH_ENETWORK;
        sent += wrote;
    }
    return 0;
}

/* Our side only: whether the peer answers with its own end is not waited for. */
void hearth_tls_end(struct hearth_tls *tls)
{
    if (!tls->broken && SSL_is_init_finished(tls->ssl))
        SSL_shutdown(tls->ssl);
    ERR_clear_error();
}

bool hearth_tls_ready(const struct hearth_tls *tls)
{
    return SSL_is_init_finished(tls->ssl);
}

bool hearth_tls_h2(const struct hearth_tls *tls)
{
    const unsigned char *name = NULL;
    unsigned length = 0;
    SSL_get0_alpn_selected(tls->ssl, &name, &length);
    return length == 2 && memcmp(name, "h2", 2) == 0;
}
