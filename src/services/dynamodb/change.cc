// The stored form of a stream record. The images are copied as they are stored in the table, never
// decoded.
#include "services/dynamodb/change.h"

#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kChangeVersion = 1;

std::unexpected<Error> corrupt() {
  return fail(ErrorKind::kCorrupt, "a stored stream record does not decode");
}

Result<std::optional<AttributeMap>> decode_image(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  TRY(AttributeMap image, decode_item(bytes));
  return image;
}

}  // namespace

std::string_view event_name(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kInsert: return "INSERT";
    case ChangeKind::kModify: return "MODIFY";
    case ChangeKind::kRemove: return "REMOVE";
  }
  return {};
}

std::string encode_change(const ChangeDraft& draft) {
  ValueWriter out(kChangeVersion);
  out.i64(draft.created.micros)
      .u64(static_cast<std::uint64_t>(draft.kind))
      .boolean(draft.by_service);
  out.text(draft.keys).text(draft.new_image).text(draft.old_image);
  return out.take();
}

Result<Timestamp> change_time(std::string_view bytes) {
  ValueReader in(bytes);
  if (in.version() != kChangeVersion) return corrupt();
  const Timestamp time{in.i64()};
  if (!in.ok()) return corrupt();
  return time;
}

Result<ChangeDraft> view_change(std::string_view bytes) {
  ValueReader in(bytes);
  if (in.version() != kChangeVersion) return corrupt();
  ChangeDraft change;
  change.created = {in.i64()};
  const std::uint64_t kind = in.u64();
  change.kind = static_cast<ChangeKind>(kind);
  change.by_service = in.boolean();
  change.keys = in.text();
  change.new_image = in.text();
  change.old_image = in.text();
  if (!in.done() || kind > static_cast<std::uint64_t>(ChangeKind::kRemove)) return corrupt();
  return change;
}

Result<Change> decode_change(std::string_view bytes) {
  TRY(const ChangeDraft view, view_change(bytes));
  Change change{.kind = view.kind, .created = view.created, .by_service = view.by_service};
  TRY(change.keys, decode_item(view.keys));
  TRY(change.new_image, decode_image(view.new_image));
  TRY(change.old_image, decode_image(view.old_image));
  return change;
}

Result<std::string> restamp_change(std::string_view bytes, Timestamp created) {
  TRY(ChangeDraft change, view_change(bytes));
  change.created = created;
  return encode_change(change);
}

std::size_t change_size(const Change& change) {
  std::size_t size = item_size(change.keys);
  if (change.new_image) size += item_size(*change.new_image);
  if (change.old_image) size += item_size(*change.old_image);
  return size;
}

}  // namespace penstock::dynamodb
