// libmicrohttpd, and two of its functions without the variable argument lists that Swift cannot
// call.
#ifndef ROOST_CMICROHTTPD_H
#define ROOST_CMICROHTTPD_H

#include <microhttpd.h>

// What a daemon is started with.
struct cmicrohttpd_settings {
    int listen_socket;
    unsigned int connections;
    unsigned int connections_per_address;
    unsigned int idle_seconds;
    size_t connection_bytes;
    size_t stack_bytes;
};

// One thread a connection: a command that takes long, or a client that reads slowly, holds up
// nobody.
static inline struct MHD_Daemon *cmicrohttpd_start(
    const struct cmicrohttpd_settings *settings, MHD_AcceptPolicyCallback accept,
    MHD_AccessHandlerCallback handle, MHD_RequestCompletedCallback completed,
    MHD_NotifyConnectionCallback connected, void *closure) {
    return MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ITC, 0, accept,
        closure, handle, closure, MHD_OPTION_LISTEN_SOCKET, settings->listen_socket,
        MHD_OPTION_CONNECTION_LIMIT, settings->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        settings->connections_per_address, MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_bytes,
        MHD_OPTION_THREAD_STACK_SIZE, settings->stack_bytes, MHD_OPTION_NOTIFY_COMPLETED, completed,
        closure, MHD_OPTION_NOTIFY_CONNECTION, connected, closure, MHD_OPTION_END);
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

#endif
