// The table of nghttp2's callbacks. Nothing is decided here.
#include "net/http2_callbacks.h"

#include <nghttp2/nghttp2.h>

#include "net/http2_connection.h"

namespace penstock::net {
namespace {

std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

Http2Connection& self(void* user) { return *static_cast<Http2Connection*>(user); }

Http2Stream* stream_of(nghttp2_session* session, std::int32_t id) {
  return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session, id));
}

bool opens_request(const nghttp2_frame* frame) {
  return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

}  // namespace

struct Http2Callbacks {
  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return opens_request(frame) ? self(user).on_begin_request(frame->hd.stream_id) : 0;
  }
  static int header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) {
    Http2Stream* const stream = stream_of(session, frame->hd.stream_id);
    if (!opens_request(frame) || stream == nullptr) return 0;  // Trailers are dropped.
    return self(user).on_header(*stream, view(name, name_size), view(value, value_size));
  }
  static int frame_recv(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Http2Stream* const stream = stream_of(session, frame->hd.stream_id);
    const bool end_stream = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        if (stream == nullptr) break;
        if (opens_request(frame)) {
          self(user).on_request_head(*stream, end_stream);
        } else if (end_stream) {
          self(user).on_remote_end(*stream);
        }
        break;
      case NGHTTP2_DATA:
        if (frame->hd.length == 0 && !end_stream) self(user).count_control_frame(false);
        if (stream != nullptr && end_stream) self(user).on_remote_end(*stream);
        break;
      case NGHTTP2_WINDOW_UPDATE: break;  // Part of every download.
      default: self(user).count_control_frame(frame->hd.type == NGHTTP2_RST_STREAM); break;
    }
    return 0;
  }
  static int data_chunk(nghttp2_session* session, std::uint8_t, std::int32_t id,
                        const std::uint8_t* data, std::size_t size, void* user) {
    self(user).on_data(id, stream_of(session, id), view(data, size));
    return 0;
  }
  static int stream_close(nghttp2_session* session, std::int32_t id, std::uint32_t, void* user) {
    Http2Connection& connection = self(user);
    const auto found = connection.streams_.find(id);
    if (found == connection.streams_.end()) return 0;
    const std::shared_ptr<Http2Stream> stream = found->second;
    nghttp2_session_set_stream_user_data(session, id, nullptr);
    connection.streams_.erase(found);
    connection.on_closed(*stream);
    return 0;
  }
  static ssize_t read_output(nghttp2_session*, std::int32_t, std::uint8_t* out, std::size_t size,
                             std::uint32_t* flags, nghttp2_data_source* source, void* user) {
    return self(user).take_output(*static_cast<Http2Stream*>(source->ptr), out, size, *flags);
  }
};

nghttp2_data_source_read_callback http2_output_reader() { return &Http2Callbacks::read_output; }

nghttp2_session* make_http2_session(Http2Connection& connection) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* options = nullptr;
  nghttp2_session* session = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&options) == 0) {
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks,
                                                            &Http2Callbacks::begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &Http2Callbacks::header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Http2Callbacks::frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              &Http2Callbacks::data_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                           &Http2Callbacks::stream_close);
    // Windows open as handlers read, not as bytes arrive.
    nghttp2_option_set_no_auto_window_update(options, 1);
    // Closed streams are not kept: priorities, the only use for them, are not honoured.
    nghttp2_option_set_no_closed_streams(options, 1);
    if (nghttp2_session_server_new2(&session, callbacks, &connection, options) != 0) {
      session = nullptr;
    }
  }
  nghttp2_option_del(options);
  nghttp2_session_callbacks_del(callbacks);
  return session;
}

}  // namespace penstock::net
