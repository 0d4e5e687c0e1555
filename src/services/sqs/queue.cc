// Names, ARNs and URLs of queues.
#include "services/sqs/queue.h"

#include <algorithm>

#include "base/ascii.h"
#include "protocol/arn.h"

namespace penstock::sqs {
namespace {

constexpr std::size_t kNameMax = 80;
constexpr std::string_view kFifoSuffix = ".fifo";

}  // namespace

std::string QueueConfig::arn() const { return queue_arn(place, name); }

std::string queue_arn(const Place& place, std::string_view name) {
  std::string arn = "arn:aws:sqs:";
  arn.append(place.region).append(":").append(place.account).append(":").append(name);
  return arn;
}

std::optional<QueueName> parse_queue_arn(std::string_view text) {
  auto arn = protocol::parse_arn(text);
  if (!arn || arn->service != "sqs" || arn->region.empty() || !is_account_id(arn->account) ||
      !is_queue_name(arn->resource, arn->resource.ends_with(kFifoSuffix))) {
    return std::nullopt;
  }
  return QueueName{{std::move(arn->account), std::move(arn->region)}, std::move(arn->resource)};
}

std::optional<QueueAddress> parse_queue_url(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
    const std::size_t path = url.find('/');
    if (path == std::string_view::npos) return std::nullopt;
    url.remove_prefix(path);
  }
  if (!url.starts_with('/')) return std::nullopt;
  if (url.ends_with('/')) url.remove_suffix(1);
  const std::size_t last = url.rfind('/');
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  const std::string_view name = url.substr(last + 1);
  std::string_view account = url.substr(0, last);
  account.remove_prefix(account.rfind('/') + 1);
  if (!is_account_id(account) || name.empty()) return std::nullopt;
  return QueueAddress{std::string(account), std::string(name)};
}

bool is_queue_name(std::string_view name, bool fifo) {
  if (name.empty() || name.size() > kNameMax) return false;
  if (fifo) {
    if (!name.ends_with(kFifoSuffix) || name.size() == kFifoSuffix.size()) return false;
    name.remove_suffix(kFifoSuffix.size());
  }
  return std::ranges::all_of(
      name, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

}  // namespace penstock::sqs
