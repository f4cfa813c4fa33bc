// libmicrohttpd, and some of its functions without the variable argument lists that Swift cannot
// call.
#ifndef ROOST_CMICROHTTPD_H
#define ROOST_CMICROHTTPD_H

#include <microhttpd.h>
#include <stdarg.h>
#include <sys/eventfd.h>

// What a daemon is started with.
struct cmicrohttpd_settings {
    int listen_socket;
    unsigned int connections;
    unsigned int connections_per_address;
    unsigned int idle_seconds;
    size_t connection_bytes;
    size_t stack_bytes;
    // Certificate chain and private key in PEM, both NULL for HTTP without TLS.
    const char *certificate;
    const char *private_key;
};

// Nobody listens to what the library says of single connections: strangers write it.
static inline void cmicrohttpd_ignore(void *closure, const char *format, va_list arguments) {
    (void)closure;
    (void)format;
    (void)arguments;
}

// One thread with epoll for all connections, which may be suspended while others work on their
// answers. TLS 1.2 and 1.3 only.
static inline struct MHD_Daemon *cmicrohttpd_start(
    const struct cmicrohttpd_settings *settings, MHD_AcceptPolicyCallback accept,
    MHD_AccessHandlerCallback handle, MHD_RequestCompletedCallback completed,
    MHD_NotifyConnectionCallback connected, void *closure) {
    unsigned int flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)settings->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)settings->private_key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0,
         (void *)"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"},
        {MHD_OPTION_END, 0, NULL},
    };
    if (settings->certificate != NULL)
        flags |= MHD_USE_TLS;
    else
        tls[0].option = MHD_OPTION_END;
    return MHD_start_daemon(
        flags, 0, accept, closure, handle, closure, MHD_OPTION_EXTERNAL_LOGGER, cmicrohttpd_ignore,
        (void *)NULL, MHD_OPTION_LISTEN_SOCKET, settings->listen_socket,
        MHD_OPTION_CONNECTION_LIMIT, settings->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        settings->connections_per_address, MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_bytes,
        MHD_OPTION_THREAD_STACK_SIZE, settings->stack_bytes, MHD_OPTION_NOTIFY_COMPLETED, completed,
        closure, MHD_OPTION_NOTIFY_CONNECTION, connected, closure, MHD_OPTION_ARRAY, tls,
        MHD_OPTION_END);
}

// A descriptor that a thread of a connection waits for beside its socket; eventfd(2) is hidden by
// the Glibc module of Swift. -1 when there is none to be had.
static inline int cmicrohttpd_bell(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

// Whether the library was built with GnuTLS.
static inline int cmicrohttpd_has_tls(void) {
    return MHD_is_feature_supported(MHD_FEATURE_TLS) == MHD_YES;
}

// Address of the client at the other end.
static inline const struct sockaddr *cmicrohttpd_client(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info == NULL ? NULL : info->client_addr;
}

// The socket of a connection, -1 when it has none.
static inline int cmicrohttpd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

// What the caller keeps for a connection; NULL before it is set.
static inline void *cmicrohttpd_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

#endif
