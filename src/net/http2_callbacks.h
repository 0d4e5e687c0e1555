// From nghttp2's callbacks to the connection's methods.
#pragma once

#include <nghttp2/nghttp2.h>

namespace penstock::net {

class Http2Connection;

// nullptr when memory is short. Free with nghttp2_session_del.
nghttp2_session* make_http2_session(Http2Connection& connection);

// Reads a response body out of the Http2Stream that source.ptr points to.
nghttp2_data_source_read_callback http2_output_reader();

}  // namespace penstock::net
