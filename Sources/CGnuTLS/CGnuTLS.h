// A client's half of TLS over a socket that does not block: what roostctl needs of GnuTLS, whose
// constants are macros that Swift cannot see.
#ifndef ROOST_CGNUTLS_H
#define ROOST_CGNUTLS_H

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>

// One connection. The session keeps a pointer to the credentials and to the name, so all of them
// live and end together.
struct cgnutls_client {
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    char name[256];
};

// What a call has come to; a negative number is an error of GnuTLS.
enum cgnutls_outcome {
    CGNUTLS_DONE = 0,
    CGNUTLS_WANTS_READ = 1,
    CGNUTLS_WANTS_WRITE = 2,
};

static inline void cgnutls_free(struct cgnutls_client *client) {
    if (client->session != NULL)
        gnutls_deinit(client->session);
    if (client->credentials != NULL)
        gnutls_certificate_free_credentials(client->credentials);
    free(client);
}

// Prepares a client of the named host over a connected socket; NULL and an error on failure.
//
// authorities: a file of PEM certificates that are trusted, NULL for those of the system.
// verifies: 0 takes any certificate. The name is checked against the certificate, as an address
// too, and sent as the server's name (RFC 6066 3) unless it is an address.
static inline struct cgnutls_client *cgnutls_make(
    int socket, const char *host, const char *authorities, int verifies, int *error) {
    struct cgnutls_client *client = calloc(1, sizeof *client);
    unsigned char address[16];
    int is_address = inet_pton(AF_INET, host, address) == 1 ||
                     inet_pton(AF_INET6, host, address) == 1;
    if (client == NULL) {
        *error = GNUTLS_E_MEMORY_ERROR;
        return NULL;
    }
    int length = snprintf(client->name, sizeof client->name, "%s", host);
    *error = length < (int)sizeof client->name ? 0 : GNUTLS_E_INVALID_REQUEST;
    if (*error == 0)
        *error = gnutls_certificate_allocate_credentials(&client->credentials);
    if (*error == 0 && verifies) {
        // Both return how many certificates they found.
        int found = authorities == NULL
                        ? gnutls_certificate_set_x509_system_trust(client->credentials)
                        : gnutls_certificate_set_x509_trust_file(
                              client->credentials, authorities, GNUTLS_X509_FMT_PEM);
        if (found < 0)
            *error = found;
        else if (found == 0)
            *error = GNUTLS_E_NO_CERTIFICATE_FOUND;
    }
    if (*error == 0)
        *error = gnutls_init(
            &client->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
    if (*error == 0)
        *error = gnutls_set_default_priority_append(
            client->session, "-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", NULL, 0);
    if (*error == 0)
        *error = gnutls_credentials_set(
            client->session, GNUTLS_CRD_CERTIFICATE, client->credentials);
    if (*error == 0 && !is_address)
        *error = gnutls_server_name_set(
            client->session, GNUTLS_NAME_DNS, client->name, (size_t)length);
    if (*error != 0) {
        cgnutls_free(client);
        return NULL;
    }
    if (verifies)
        gnutls_session_set_verify_cert(client->session, client->name, 0);
    gnutls_transport_set_int(client->session, socket);
    return client;
}

// What an interrupted call waits for.
static inline long cgnutls_pending(struct cgnutls_client *client, long code) {
    if (code != GNUTLS_E_AGAIN && code != GNUTLS_E_INTERRUPTED)
        return code;
    return gnutls_record_get_direction(client->session) ? CGNUTLS_WANTS_WRITE : CGNUTLS_WANTS_READ;
}

// One step of the handshake: an outcome, or an error. Warnings of the other side end nothing.
static inline long cgnutls_handshake(struct cgnutls_client *client) {
    int code;
    do
        code = gnutls_handshake(client->session);
    while (code < 0 && code != GNUTLS_E_AGAIN && code != GNUTLS_E_INTERRUPTED &&
           !gnutls_error_is_fatal(code));
    return cgnutls_pending(client, code);
}

// Sends bytes; how many went is in *count. With an outcome other than done the same bytes are to be
// given again.
static inline long cgnutls_send(
    struct cgnutls_client *client, const void *bytes, size_t length, size_t *count) {
    ssize_t sent = gnutls_record_send(client->session, bytes, length);
    *count = sent > 0 ? (size_t)sent : 0;
    return sent >= 0 ? CGNUTLS_DONE : cgnutls_pending(client, sent);
}

// Takes bytes; none with done is the end that the other side has declared.
static inline long cgnutls_receive(
    struct cgnutls_client *client, void *bytes, size_t length, size_t *count) {
    ssize_t taken = gnutls_record_recv(client->session, bytes, length);
    *count = taken > 0 ? (size_t)taken : 0;
    // A request for a new handshake is refused by not answering it: TLS 1.2 lets a client do so.
    if (taken == GNUTLS_E_REHANDSHAKE)
        return CGNUTLS_WANTS_READ;
    return taken >= 0 ? CGNUTLS_DONE : cgnutls_pending(client, taken);
}

// Says goodbye without waiting for the answer.
static inline void cgnutls_goodbye(struct cgnutls_client *client) {
    gnutls_bye(client->session, GNUTLS_SHUT_WR);
}

// An error in words; of a certificate, why it is not trusted.
static inline void cgnutls_reason(
    struct cgnutls_client *client, long code, char *text, size_t room) {
    gnutls_datum_t words = {NULL, 0};
    if (client != NULL && code == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR &&
        gnutls_certificate_verification_status_print(
            gnutls_session_get_verify_cert_status(client->session), GNUTLS_CRT_X509, &words, 0) ==
            0) {
        snprintf(text, room, "%s", (const char *)words.data);
        gnutls_free(words.data);
        return;
    }
    snprintf(text, room, "%s", gnutls_strerror((int)code));
}

#endif
