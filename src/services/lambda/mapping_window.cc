// Docs: "Implementing stateful Kinesis Data Streams processing in Lambda", and the same of
// DynamoDB; members and their order are those of the event shown there.
#include "services/lambda/mapping_window.h"

#include <simdjson.h>

#include "base/ascii.h"
#include "protocol/json_writer.h"
#include "storage/key.h"

namespace penstock::lambda {
namespace {

constexpr std::uint8_t kWindowTag = 0x53;
constexpr std::uint8_t kWindowFormat = 1;

}  // namespace

OpenWindow window_at(Timestamp created, std::chrono::seconds length) {
  const std::int64_t micros = std::chrono::microseconds(length).count();
  OpenWindow window;
  window.start.micros = created.micros - created.micros % micros;
  window.end.micros = window.start.micros + micros;
  return window;
}

std::string window_payload(const std::vector<std::string_view>& events,
                           const WindowInvocation& invocation) {
  const OpenWindow& window = invocation.window;
  std::size_t bytes = 512 + window.state.size();
  for (const std::string_view event : events) bytes += event.size() + 1;
  std::string out;
  out.reserve(bytes);
  protocol::JsonWriter json(out);
  json.begin_object().key("Records").begin_array();
  for (const std::string_view event : events) json.raw(event);
  json.end_array();
  json.key("window").begin_object();
  json.key("start").string(format_iso8601(window.start));
  json.key("end").string(format_iso8601(window.end)).end_object();
  json.key("state").raw(window.state);
  json.key("shardId").string(invocation.shard);
  json.key("eventSourceARN").string(invocation.source_arn);
  json.key("isFinalInvokeForWindow").boolean(invocation.final);
  json.key("isWindowTerminatedEarly").boolean(window.ends_early).end_object();
  return out;
}

std::optional<std::string> state_of(std::string_view response) {
  const simdjson::padded_string text(response);
  simdjson::dom::parser whole;  // Reading on demand does not look at what it passes over.
  if (whole.parse(text).error() != simdjson::SUCCESS) return std::nullopt;
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object, state;
  std::string_view raw;
  if (parser.iterate(text).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS ||
      object.find_field_unordered("state").get_object().get(state) != simdjson::SUCCESS ||
      state.raw_json().get(raw) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return std::string(trim_blanks(raw));  // What lies before the next token comes with it.
}

stream::PositionSpace mapping_windows(std::string_view uuid) {
  return stream::PositionSpace(storage::KeyWriter(kWindowTag).text(uuid).take());
}

std::string encode_window(const OpenWindow& window) {
  storage::ValueWriter out(kWindowFormat);
  out.i64(window.start.micros).i64(window.end.micros).text(window.state).text(window.through);
  return out.boolean(window.ends_early).take();
}

Result<OpenWindow> decode_window(std::string_view value) {
  storage::ValueReader in(value);
  const bool known = in.version() == kWindowFormat;
  OpenWindow window;
  window.start.micros = in.i64();
  window.end.micros = in.i64();
  window.state = in.text();
  window.through = in.text();
  window.ends_early = in.boolean();
  if (!known || !in.done()) return fail(ErrorKind::kCorrupt, "a stored window cannot be read");
  return window;
}

}  // namespace penstock::lambda
