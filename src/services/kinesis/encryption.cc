// StartStreamEncryption and StopStreamEncryption. Records are really sealed, AES-256-GCM under a
// data key of the stream; the data keys are in the store beside them, as there is no KMS to wrap
// them. So customer keys do not exist, and are refused in the words of KMS.
#include "services/kinesis/encryption.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/cipher.h"
#include "base/limits.h"
#include "protocol/managed_key.h"
#include "services/kinesis/change.h"
#include "services/kinesis/errors.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/operations.h"
#include "services/kinesis/resolve.h"

namespace penstock::kinesis {
namespace {

using protocol::ApiResult;

constexpr std::string_view kManagedKey = "alias/aws/kinesis";

// 25 changes of a kind in a rolling 24-hour period: documented. The wording is deduced.
ApiResult<void> note_change(const StreamConfig& config, std::vector<Timestamp>& changes,
                            std::string_view operation, Timestamp now) {
  std::erase_if(changes, [&](Timestamp at) { return at <= now - std::chrono::hours(24); });
  if (changes.size() >= limits::kKinesisEncryptionChangesMax) {
    return protocol::refuse(
        "LimitExceededException",
        fmt::format("{} can be called {} times in a rolling 24-hour period for stream {} under "
                    "account {}.",
                    operation, limits::kKinesisEncryptionChangesMax, config.name,
                    config.place.account));
  }
  changes.push_back(now);
  return {};
}

ApiResult<void> check_type(const std::string& type) {
  if (type == "KMS") return {};
  return std::unexpected(
      invalid_argument(fmt::format("EncryptionType {} is not valid: it must be KMS.", type)));
}

}  // namespace

ApiResult<void> check_key_id(const std::string& key_id, const Place& place) {
  std::optional<std::string> problem = protocol::missing_key(key_id, kManagedKey, place);
  if (!problem) return {};
  return protocol::refuse("KMSNotFoundException", std::move(*problem));
}

ApiResult<StreamConfig> with_encryption(StreamConfig config, std::string key_id,
                                        std::string data_key, Timestamp now) {
  TRY_VOID(note_change(config, config.encryption_starts, "StartStreamEncryption", now));
  config.key_id = std::move(key_id);
  config.data_keys.push_back(std::move(data_key));
  return config;
}

ApiResult<StreamConfig> without_encryption(StreamConfig config, Timestamp now) {
  TRY_VOID(note_change(config, config.encryption_stops, "StopStreamEncryption", now));
  config.key_id.clear();
  return config;
}

Reply<api::StartStreamEncryptionOutput> start_stream_encryption(
    Service& service, const Context& context, api::StartStreamEncryptionInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  CO_TRY_VOID(check_type(input.encryption_type));
  CO_TRY_VOID(check_key_id(input.key_id, stream->place()));
  const Timestamp now = service.deps.clock.now();
  Decide decide = [key_id = std::move(input.key_id), now](StreamConfig config) {
    return with_encryption(std::move(config), key_id, new_data_key(), now);
  };
  CO_TRY_VOID(co_await change_stream(service, stream, Visible::kAsUpdating, std::move(decide)));
  co_return api::StartStreamEncryptionOutput{};
}

Reply<api::StopStreamEncryptionOutput> stop_stream_encryption(
    Service& service, const Context& context, api::StopStreamEncryptionInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  CO_TRY_VOID(check_type(input.encryption_type));
  CO_TRY_VOID(check_key_id(input.key_id, stream->place()));
  const Timestamp now = service.deps.clock.now();
  Decide decide = [now](StreamConfig config) { return without_encryption(std::move(config), now); };
  CO_TRY_VOID(co_await change_stream(service, stream, Visible::kAsUpdating, std::move(decide)));
  co_return api::StopStreamEncryptionOutput{};
}

}  // namespace penstock::kinesis
