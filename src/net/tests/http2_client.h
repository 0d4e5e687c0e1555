// An HTTP/2 client over a MemoryTransport: nghttp2's own, so that both sides are not ours.
#pragma once

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/tests/harness.h"

namespace penstock::net {

struct Http2Answer {
  std::map<std::string, std::string> headers;
  std::string body;
  bool continued = false;
  bool closed = false;
  std::uint32_t error_code = 0;
};

// A well-behaved client, and the frames it saw.
class Http2Client {
 public:
  explicit Http2Client(Harness& harness) : harness_(harness) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                      std::uint8_t, void* user) {
          Http2Answer& answer = static_cast<Http2Client*>(user)->answers[frame->hd.stream_id];
          const std::string key(reinterpret_cast<const char*>(name), name_size);
          const std::string text(reinterpret_cast<const char*>(value), value_size);
          if (key == ":status" && text == "100") answer.continued = true;
          answer.headers[key] = text;
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                      std::size_t size, void* user) {
          auto* self = static_cast<Http2Client*>(user);
          self->answers[id].body.append(reinterpret_cast<const char*>(data), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
          Http2Answer& answer = static_cast<Http2Client*>(user)->answers[id];
          answer.closed = true;
          answer.error_code = code;
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          if (frame->hd.type == NGHTTP2_GOAWAY) {
            static_cast<Http2Client*>(user)->goaway = frame->goaway.error_code;
          }
          return 0;
        });
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
    harness_.connect(wire);
    exchange();
  }
  ~Http2Client() {
    harness_.end_input(wire);
    nghttp2_session_del(session_);
    EXPECT_TRUE(harness_.all_done());
    EXPECT_EQ(harness_.shared.body_bytes, 0u);
  }
  nghttp2_session* session() { return session_; }

  // Moves bytes until neither side has any.
  void exchange() {
    while (true) {
      const std::uint8_t* data = nullptr;
      std::string out;
      for (ssize_t size; (size = nghttp2_session_mem_send(session_, &data)) > 0;) {
        out.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
      }
      if (out.empty() && wire.output.size() == seen_) return;
      harness_.send(wire, std::move(out));
      const std::string in = wire.output.substr(seen_);
      seen_ = wire.output.size();
      const auto used = nghttp2_session_mem_recv(
          session_, reinterpret_cast<const std::uint8_t*>(in.data()), in.size());
      ASSERT_GE(used, 0) << nghttp2_strerror(static_cast<int>(used));
    }
  }

  struct Ask {
    std::string method = "GET";
    std::string path = "/";
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string* body = nullptr;  // Sent as far as windows allow; ends when `body_ends`.
    bool body_ends = true;
  };
  std::int32_t submit(Ask ask) {
    std::vector<std::pair<std::string, std::string>> fields = {{":method", ask.method},
                                                               {":scheme", "http"},
                                                               {":authority", "host:1"},
                                                               {":path", ask.path}};
    fields.insert(fields.end(), ask.headers.begin(), ask.headers.end());
    std::vector<nghttp2_nv> nva;
    for (auto& [name, value] : fields) {
      nva.push_back({reinterpret_cast<std::uint8_t*>(name.data()),
                     reinterpret_cast<std::uint8_t*>(value.data()), name.size(), value.size(),
                     NGHTTP2_NV_FLAG_NONE});
    }
    nghttp2_data_provider provider{};
    provider.source.ptr = ask.body;
    provider.read_callback =
        ask.body_ends ? &Http2Client::send_all<true> : &Http2Client::send_all<false>;
    return nghttp2_submit_request(session_, nullptr, nva.data(), nva.size(),
                                  ask.body != nullptr ? &provider : nullptr, nullptr);
  }
  Http2Answer& ask(Ask what) {
    const std::int32_t id = submit(std::move(what));
    exchange();
    return answers[id];
  }

  MemoryTransport::Wire wire;
  std::map<std::int32_t, Http2Answer> answers;
  std::optional<std::uint32_t> goaway;

 private:
  template <bool kEnds>
  static ssize_t send_all(nghttp2_session*, std::int32_t, std::uint8_t* out, std::size_t size,
                          std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& body = *static_cast<std::string*>(source->ptr);
    const std::size_t take = std::min(size, body.size());
    if (take == 0 && !kEnds) return NGHTTP2_ERR_DEFERRED;
    body.copy(reinterpret_cast<char*>(out), take);
    body.erase(0, take);
    if (kEnds && body.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(take);
  }

  Harness& harness_;
  nghttp2_session* session_ = nullptr;
  std::size_t seen_ = 0;
};

}  // namespace penstock::net
