// From events to frames, one at a time, as the connection asks for bytes.
#include "protocol/event_reply.h"

#include "base/check.h"
#include "protocol/cbor_codec.h"
#include "protocol/cbor_writer.h"
#include "protocol/event_source.h"
#include "protocol/event_stream.h"
#include "protocol/json_codec.h"
#include "protocol/json_writer.h"

namespace penstock::protocol {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;

EventMessage headed(bool cbor, std::string_view message_type, std::string_view type_header,
                    std::string_view type) {
  EventMessage message;
  // A captured event of Kinesis says application/json of itself; the other follows from it.
  message.headers = {
      EventHeader::text(type_header, type),
      EventHeader::text(":content-type", cbor ? "application/cbor" : "application/json"),
      EventHeader::text(":message-type", message_type)};
  return message;
}

void encode_payload(bool cbor, const Shape& shape, const void* value, std::string& out) {
  if (cbor) {
    encode_cbor(shape, value, out);
  } else {
    encode_json(shape, value, out);
  }
}

class EventBody final : public net::BodySource {
 public:
  EventBody(std::shared_ptr<EventSource> source, const Shape& events, std::string first, bool cbor)
      : source_(std::move(source)), events_(events), cbor_(cbor), unsent_(std::move(first)) {}
  ~EventBody() override { source_->stop(); }

  Task<Result<std::string>> read() override {
    if (sent_ == unsent_.size() && !ended_) {
      sent_ = 0;
      CO_TRY(unsent_, co_await next_frame());
    }
    if (sent_ == 0 && unsent_.size() <= kPieceBytes) co_return std::exchange(unsent_, {});
    std::string piece = unsent_.substr(sent_, kPieceBytes);
    sent_ += piece.size();
    if (sent_ == unsent_.size()) {
      unsent_ = std::string();
      sent_ = 0;
    }
    co_return piece;
  }
  bool is_live() const override { return true; }
  void abandon() override { source_->stop(); }

 private:
  Task<Result<std::string>> next_frame() {
    ApiResult<AnyShape> event = co_await source_->next();
    if (!event) {
      ended_ = true;
      co_return encode_event(fault(event.error()));
    }
    if (!*event) {
      ended_ = true;
      co_return std::string();
    }
    co_return encode_event(message(*event));
  }

  EventMessage message(const AnyShape& event) const {
    for (const Member& member : events_.members) {
      const void* present =
          member.field->peek(static_cast<const char*>(event.get()) + member.offset);
      if (present == nullptr) continue;
      EventMessage message = headed(cbor_, "event", ":event-type", member.name);
      encode_payload(cbor_, *member.shape, present, message.payload);
      return message;
    }
    CHECK(false);  // A union has a member.
  }

  // Errors of the model are exceptions, which clients turn into their own; others only have a text.
  EventMessage fault(const ApiError& error) const {
    for (const Member& member : events_.members) {
      const std::string_view name = member.shape->name;
      if (member.shape->error_status == 0 ||
          (name != error.code && name != error.code + "Exception")) {
        continue;
      }
      EventMessage message = headed(cbor_, "exception", ":exception-type", member.name);
      if (cbor_) {
        CborWriter(message.payload).map(1).text("message").text(error.message);
      } else {
        JsonWriter(message.payload)
            .begin_object()
            .key("message")
            .string(error.message)
            .end_object();
      }
      return message;
    }
    EventMessage message;
    message.headers = {EventHeader::text(":error-code", error.code),
                       EventHeader::text(":error-message", error.message),
                       EventHeader::text(":message-type", "error")};
    return message;
  }

  const std::shared_ptr<EventSource> source_;
  const Shape& events_;
  const bool cbor_;
  std::string unsent_;
  std::size_t sent_ = 0;
  bool ended_ = false;
};

}  // namespace

const Member* events_of(const Shape& output) {
  for (const Member& member : output.members) {
    if (member.shape->kind == Kind::kEvents) return &member;
  }
  return nullptr;
}

net::Body event_body(AnyShape output, bool cbor) {
  const Member* member = events_of(output.shape());
  CHECK(member != nullptr);
  auto& stream = *static_cast<EventStream*>(
      member->field->make(static_cast<char*>(output.get()) + member->offset));
  EventMessage first = headed(cbor, "event", ":event-type", "initial-response");
  encode_payload(cbor, output.shape(), output.get(), first.payload);
  Result<std::string> frame = encode_event(first);
  CHECK(frame.has_value());  // Beside its stream an output holds a few words.
  return net::Body(std::make_shared<EventBody>(std::move(stream.source), *member->shape->element,
                                               std::move(*frame), cbor));
}

}  // namespace penstock::protocol
