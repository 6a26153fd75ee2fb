#pragma once
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// libssl says much of its interface by macros that Swift does not see.

/// What every server context of ours has: TLS 1.2 at least, forward secrecy and AEAD only, no
/// compression, no renegotiation, the server's order of suites.
static inline int martlet_configure(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    // One system call for each flight instead of two for each record.
    SSL_CTX_set_read_ahead(context, 1);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
           SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1;
}

static inline void martlet_set_servername_callback(SSL_CTX *context,
                                                   int (*callback)(SSL *, int *, void *),
                                                   void *argument) {
    SSL_CTX_set_tlsext_servername_callback(context, callback);
    SSL_CTX_set_tlsext_servername_arg(context, argument);
}

/// Never asks a terminal for a key's pass phrase.
static inline int martlet_no_pass_phrase(char *buffer, int size, int forWriting, void *argument) {
    (void)buffer, (void)size, (void)forWriting, (void)argument;
    return -1;
}

static inline void martlet_refuse_pass_phrases(SSL_CTX *context) {
    SSL_CTX_set_default_passwd_cb(context, martlet_no_pass_phrase);
}
