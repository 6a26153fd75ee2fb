#pragma once
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// What libssl and libcrypto offer as macros that take arguments, which Swift cannot import.

static const uint64_t martlet_SSL_OP_CIPHER_SERVER_PREFERENCE = SSL_OP_CIPHER_SERVER_PREFERENCE;
static const uint64_t martlet_SSL_OP_NO_COMPRESSION = SSL_OP_NO_COMPRESSION;
static const uint64_t martlet_SSL_OP_NO_RENEGOTIATION = SSL_OP_NO_RENEGOTIATION;
static const uint64_t martlet_SSL_OP_PRIORITIZE_CHACHA = SSL_OP_PRIORITIZE_CHACHA;

typedef int (*martlet_servername_callback)(SSL *session, int *alert, void *argument);

static inline int martlet_ssl_ctx_set_protocol_versions(SSL_CTX *context, int least, int most) {
    return SSL_CTX_set_min_proto_version(context, least)
        && SSL_CTX_set_max_proto_version(context, most);
}

static inline int martlet_ssl_ctx_set_groups(SSL_CTX *context, const char *names) {
    return SSL_CTX_set1_groups_list(context, (char *)names) == 1;
}

static inline void martlet_ssl_ctx_set_mode(SSL_CTX *context, long mode) {
    SSL_CTX_set_mode(context, mode);
}

static inline void martlet_ssl_ctx_set_read_ahead(SSL_CTX *context, int isOn) {
    SSL_CTX_set_read_ahead(context, isOn);
}

static inline void martlet_ssl_ctx_set_session_cache_mode(SSL_CTX *context, long mode) {
    SSL_CTX_set_session_cache_mode(context, mode);
}

static inline void martlet_ssl_ctx_set_servername_callback(
    SSL_CTX *context, martlet_servername_callback callback, void *argument) {
    SSL_CTX_set_tlsext_servername_callback(context, callback);
    SSL_CTX_set_tlsext_servername_arg(context, argument);
}

/// The certificates that are sent after the context's own; NULL if there are none.
static inline void martlet_ssl_ctx_get0_chain(SSL_CTX *context, OPENSSL_STACK **chain) {
    STACK_OF(X509) *certificates = NULL;
    SSL_CTX_get0_chain_certs(context, &certificates);
    *chain = (OPENSSL_STACK *)certificates;
}

/// Whether the store holds a certificate revocation list.
static inline int martlet_x509_store_has_crl(X509_STORE *store) {
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    for (int index = 0; index < sk_X509_OBJECT_num(objects); index++) {
        if (X509_OBJECT_get_type(sk_X509_OBJECT_value(objects, index)) == X509_LU_CRL) return 1;
    }
    return 0;
}

/// SHA-256 in memory of the caller's. EVP's way takes memory from the heap for each digest, also
/// (in OpenSSL 3.0) where a context is used again.
static inline void martlet_sha256(const unsigned char *text, size_t count, unsigned char *digest) {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, text, count);
    SHA256_Final(digest, &context);
#pragma clang diagnostic pop
    OPENSSL_cleanse(&context, sizeof context);
}

static inline void martlet_bio_set_retry(BIO *bio, int isReading) {
    if (isReading) {
        BIO_set_retry_read(bio);
    } else {
        BIO_set_retry_write(bio);
    }
}

static inline void martlet_bio_clear_retry(BIO *bio) {
    BIO_clear_retry_flags(bio);
}

/// The name of the server that a client asks for (SNI).
static inline int martlet_ssl_set_server_name(SSL *session, const char *name) {
    return SSL_set_tlsext_host_name(session, name) == 1;
}
