// Transport over a connected TCP socket. Asio stays in the .cc.
#pragma once

#include <memory>

#include "net/transport.h"

namespace penstock::net {

// Takes a connected stream socket (the descriptor is closed with the transport). `io_context` is
// the loop's (Runtime::native_loop); everything is then called on that loop.
std::unique_ptr<Transport> make_socket_transport(void* io_context, int descriptor);

}  // namespace penstock::net
