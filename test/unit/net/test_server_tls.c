/* TLS: versions, ALPN, certificates that are no good, and clients that speak something else. */
#include "base/error.h"
#include "support/http_fixture.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>

static char certificate_path[64], key_path[64], other_key_path[64], junk_path[64];

static EVP_PKEY *write_key(char path[64], const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    snprintf(path, 64, "/tmp/hearth-test-%d-%s.pem", (int)getpid(), name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    return key;
}

static void write_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    snprintf(certificate_path, sizeof(certificate_path), "/tmp/hearth-test-%d-cert.pem",
             (int)getpid());
    FILE *file = fopen(certificate_path, "w");
    assert_non_null(file);
    PEM_write_X509(file, certificate);
    fclose(file);
    X509_free(certificate);
}

static int make_files(void **state)
{
    (void)state;
    EVP_PKEY *key = write_key(key_path, "key");
    write_certificate(key);
    EVP_PKEY_free(key);
    EVP_PKEY_free(write_key(other_key_path, "other"));
    snprintf(junk_path, sizeof(junk_path), "/tmp/hearth-test-%d-junk.pem", (int)getpid());
    FILE *file = fopen(junk_path, "w");
    assert_non_null(file);
    fputs("this is not a certificate\n", file);
    fclose(file);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    unlink(certificate_path);
    unlink(key_path);
    unlink(other_key_path);
    unlink(junk_path);
    return 0;
}

static int start(void **state)
{
    (void)state;
    struct hearth_server_options options = fixture_options();
    options.tls_certificate = certificate_path;
    options.tls_key = key_path;
    options.header_timeout_ms = 500;
    fixture_start(options, NULL);
    return 0;
}

struct tls_client {
    SSL_CTX *context;
    SSL *ssl;
    int descriptor;
};

static int tls_connect(struct tls_client *client, const char *alpn, int version_max)
{
    client->context = SSL_CTX_new(TLS_client_method());
    if (version_max) {
        SSL_CTX_set_security_level(client->context, 0);
        SSL_CTX_set_max_proto_version(client->context, version_max);
    }
    client->ssl = SSL_new(client->context);
    if (alpn)
        SSL_set_alpn_protos(client->ssl, (const unsigned char *)alpn, (unsigned)strlen(alpn));
    client->descriptor = client_connect();
    SSL_set_fd(client->ssl, client->descriptor);
    return SSL_connect(client->ssl);
}

static void tls_close(struct tls_client *client)
{
    SSL_free(client->ssl);
    SSL_CTX_free(client->context);
    close(client->descriptor);
}

static size_t tls_read_all(struct tls_client *client, char *to, size_t size)
{
    size_t got = 0;
    int rc;
    while (got + 1 < size && (rc = SSL_read(client->ssl, to + got, (int)(size - 1 - got))) > 0)
        got += (size_t)rc;
    to[got] = '\0';
    return got;
}

static void a_request_over_tls_is_answered_and_ended_properly(void **state)
{
    static char answer[BIG + 4096];
    static const char request[] = "GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    struct tls_client client;
    (void)state;
    assert_int_equal(tls_connect(&client, NULL, 0), 1);
    SSL_write(client.ssl, request, sizeof(request) - 1);
    assert_true(tls_read_all(&client, answer, sizeof(answer)) > BIG);
    assert_has(answer, "HTTP/1.1 200 OK\r\n");
    assert_true(SSL_get_shutdown(client.ssl) & SSL_RECEIVED_SHUTDOWN);
    tls_close(&client);
}

static void alpn_prefers_http2_and_takes_http1(void **state)
{
    const unsigned char *name;
    unsigned length;
    struct tls_client client;
    (void)state;
    assert_int_equal(tls_connect(&client, "\x08http/1.1\x02h2", 0), 1);
    SSL_get0_alpn_selected(client.ssl, &name, &length);
    assert_int_equal(length, 2);
    assert_memory_equal(name, "h2", 2);
    tls_close(&client);
    assert_int_equal(tls_connect(&client, "\x08http/1.1", 0), 1);
    SSL_get0_alpn_selected(client.ssl, &name, &length);
    assert_int_equal(length, 8);
    tls_close(&client);
}

static void http2_is_spoken_when_it_was_agreed_on(void **state)
{
    static const char bytes[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                "\0\0\0\4\0\0\0\0\0"
                                "\0\0\x0d\1\5\0\0\0\1\x82\x87\x04\x06/hello\x01\x01"
                                "a";
    char answer[4096];
    struct tls_client client;
    size_t got = 0;
    (void)state;
    assert_int_equal(tls_connect(&client, "\x02h2", 0), 1);
    SSL_write(client.ssl, bytes, sizeof(bytes) - 1);
    for (int rc; got < sizeof(answer) && !memmem(answer, got, "hello\n", 6); got += (size_t)rc) {
        rc = SSL_read(client.ssl, answer + got, (int)(sizeof(answer) - got));
        assert_true(rc > 0);
    }
    tls_close(&client);
}

static void old_tls_is_refused(void **state)
{
    struct tls_client client;
    (void)state;
    assert_int_not_equal(tls_connect(&client, NULL, TLS1_1_VERSION), 1);
    tls_close(&client);
    assert_int_equal(tls_connect(&client, NULL, TLS1_2_VERSION), 1);
    tls_close(&client);
}

static void plain_http_on_the_tls_port_is_told_so(void **state)
{
    (void)state;
    const char *answer = ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_has(answer, "HTTP/1.1 400 ");
    assert_has(answer, "this port speaks HTTPS");
}

static void a_handshake_that_does_not_end_is_cut(void **state)
{
    (void)state;
    assert_string_equal(ask_bytes("\x16\x03\x01", 3), "");
    assert_string_equal(ask(""), "");
}

static void garbage_instead_of_a_handshake_ends_the_connection(void **state)
{
    (void)state;
    ask_bytes("\x16\x03\x01\x00\x05garbage and more garbage", 28);
    ask_bytes("\x00\x01\x02\x03", 4);
    struct tls_client client;
    assert_int_equal(tls_connect(&client, NULL, 0), 1);
    tls_close(&client);
}

static void expect_fault(const char *certificate, const char *key, const char *named,
                         const char *said)
{
    struct hearth_loop *loop = hearth_loop_create();
    struct hearth_server *server = NULL;
    struct hearth_error error = {0};
    const struct hearth_server_options options = {
        .tls_certificate = certificate, .tls_key = key, .route = fixture_route};
    assert_int_equal(hearth_server_create(loop, &options, &server, &error), HEARTH_EINVAL);
    assert_null(server);
    assert_has(error.message, named);
    assert_has(error.message, said);
    hearth_loop_destroy(loop);
}

static void bad_files_are_named_with_their_fault(void **state)
{
    (void)state;
    expect_fault("/nonexistent/cert.pem", key_path, "/nonexistent/cert.pem", "No such file");
    expect_fault(junk_path, key_path, junk_path, "no start line");
    expect_fault(certificate_path, "/nonexistent/key.pem", "/nonexistent/key.pem", "No such file");
    expect_fault(certificate_path, junk_path, junk_path, "TLS key");
    expect_fault(certificate_path, other_key_path, other_key_path, "does not belong");
    expect_fault(certificate_path, NULL, certificate_path, "tls_key is missing");
}

#define WITH(name) cmocka_unit_test_setup_teardown(name, start, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_request_over_tls_is_answered_and_ended_properly),
        WITH(alpn_prefers_http2_and_takes_http1),
        WITH(http2_is_spoken_when_it_was_agreed_on),
        WITH(old_tls_is_refused),
        WITH(plain_http_on_the_tls_port_is_told_so),
        WITH(a_handshake_that_does_not_end_is_cut),
        WITH(garbage_instead_of_a_handshake_ends_the_connection),
        cmocka_unit_test(bad_files_are_named_with_their_fault),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
