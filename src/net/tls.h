/* TLS 1.2 and later, on the server's side, over OpenSSL. Bytes in, bytes out: it takes ciphertext
 * and gives plain text, and the reverse, and never touches a socket. Loop thread only. */
#ifndef HEARTH_NET_TLS_H
#define HEARTH_NET_TLS_H

#include "base/buf.h"
#include "hearth/error.h"

#include <stdbool.h>

struct hearth_tls_context;
struct hearth_tls;

/* Reads the certificate chain and its key (PEM files; blocks, so only at the start of the server).
 * An error names the file and says what is wrong with it. */
int hearth_tls_context_create(const char *certificate_path, const char *key_path,
                              struct hearth_tls_context **ret_context, struct hearth_error *error);
void hearth_tls_context_destroy(struct hearth_tls_context *context); /* NULL is allowed */

/* Ciphertext for the peer is appended to `out`, which must outlive the session. */
struct hearth_tls *hearth_tls_create(struct hearth_tls_context *context, struct hearth_buf *out);
void hearth_tls_destroy(struct hearth_tls *tls); /* NULL is allowed */

/* Takes ciphertext; `on_plain` gets what it holds and returns false to have the rest dropped.
 * HEARTH_ENETWORK when the session is broken; 1 when the peer has ended it properly. */
int hearth_tls_receive(struct hearth_tls *tls, const char *bytes, size_t length,
                       bool (*on_plain)(void *argument, const char *bytes, size_t length),
                       void *argument, struct hearth_error *error);
/* Encrypts all of the bytes into `out`. Only once hearth_tls_ready says so. HEARTH_ENETWORK when
 * the session is broken. */
int hearth_tls_send(struct hearth_tls *tls, const char *bytes, size_t length);
/* Appends the closing alert (close_notify), by which the peer can tell a proper end from a cut
 * line. */
void hearth_tls_end(struct hearth_tls *tls);
/* Whether the handshake is over, so that plain text may be sent. */
bool hearth_tls_ready(const struct hearth_tls *tls);
/* Whether HTTP/2 was agreed on (ALPN). */
bool hearth_tls_h2(const struct hearth_tls *tls);

#endif
