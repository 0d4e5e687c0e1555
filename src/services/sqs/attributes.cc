// Attribute by attribute. Texts of refusals: recorded from AWS where the tests say so.
#include "services/sqs/attributes.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace penstock::sqs {
namespace {

struct NumberRule {
  std::string_view name;
  std::uint32_t QueueConfig::* field;
  std::uint32_t min, max;
};
constexpr NumberRule kNumbers[] = {
    {"DelaySeconds", &QueueConfig::delay_seconds, 0, 900},
    {"MaximumMessageSize", &QueueConfig::message_bytes_max, 1024, 1'048'576},
    {"MessageRetentionPeriod", &QueueConfig::retention_seconds, 60, 1'209'600},
    {"ReceiveMessageWaitTimeSeconds", &QueueConfig::wait_seconds, 0, 20},
    {"VisibilityTimeout", &QueueConfig::visibility_seconds, 0, 43'200},
    {"KmsDataKeyReusePeriodSeconds", &QueueConfig::kms_reuse_seconds, 60, 86'400},
};

constexpr std::string_view kReadOnly[] = {
    "All",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
};

constexpr std::string_view kFifoOnly[] = {"ContentBasedDeduplication", "DeduplicationScope",
                                          "FifoQueue", "FifoThroughputLimit"};

constexpr std::string_view kOthers[] = {"KmsMasterKeyId", "Policy", "RedriveAllowPolicy",
                                        "RedrivePolicy", "SqsManagedSseEnabled"};

constexpr std::size_t kAllowedSourcesMax = 10;

template <typename List>
bool has_name(const List& list, std::string_view name) {
  return std::ranges::find(list, name) != std::end(list);
}

const NumberRule* find_number(std::string_view name) {
  const auto found = std::ranges::find(kNumbers, name, &NumberRule::name);
  return found == std::end(kNumbers) ? nullptr : &*found;
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> parse_flag(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

std::string_view flag_text(bool flag) { return flag ? "true" : "false"; }

ApiResult<void> apply_redrive_policy(QueueConfig& config, const std::string& value) {
  const auto refused = [&](std::string_view reason) {
    return std::unexpected(invalid_value(value, "RedrivePolicy", reason));
  };
  config.redrive_policy.clear();
  config.dead_letter_arn.clear();
  config.receives_max = 0;
  if (value.empty()) return {};
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(value).get(object) != simdjson::SUCCESS) {
    return refused("Redrive policy is not a valid JSON map.");
  }
  std::string_view arn;
  for (const auto& [key, unused] : object) {
    if (key != "deadLetterTargetArn" && key != "maxReceiveCount") {
      return refused(
          "Only following attributes are supported: [deadLetterTargetArn, "
          "maxReceiveCount].");
    }
  }
  simdjson::dom::element count;
  if (object["deadLetterTargetArn"].get(arn) != simdjson::SUCCESS ||
      object["maxReceiveCount"].get(count) != simdjson::SUCCESS) {
    return refused("Redrive policy does not contain mandatory attribute: " +
                   std::string(arn.empty() ? "deadLetterTargetArn." : "maxReceiveCount."));
  }
  std::uint64_t receives = 0;
  std::string_view text;
  std::string shown;
  if (count.get(text) == simdjson::SUCCESS) {
    shown = text;
    receives = parse_number(text).value_or(0);
  } else if (count.get(receives) != simdjson::SUCCESS) {
    shown = simdjson::to_string(count);
    receives = 0;
  } else {
    shown = std::to_string(receives);
  }
  if (receives < 1 || receives > 1000) {
    return refused(
        fmt::format("Invalid value for maxReceiveCount: {}, valid values are from 1 to "
                    "1000 both inclusive.",
                    shown));
  }
  if (!parse_queue_arn(arn)) return refused("Invalid value for deadLetterTargetArn.");
  config.dead_letter_arn = arn;
  config.receives_max = static_cast<std::uint32_t>(receives);
  config.redrive_policy =
      fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":{}}})", arn, receives);
  return {};
}

// The sources that a redrive allow policy names; nullopt when it is not one.
struct AllowPolicy {
  std::string permission;
  std::vector<std::string> sources;
};
std::optional<AllowPolicy> parse_allow_policy(const std::string& value) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  AllowPolicy policy;
  std::string_view permission;
  if (parser.parse(value).get(object) != simdjson::SUCCESS ||
      object["redrivePermission"].get(permission) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  policy.permission = permission;
  for (const auto& [key, unused] : object) {
    if (key != "redrivePermission" && key != "sourceQueueArns") return std::nullopt;
  }
  simdjson::dom::array sources;
  const auto found = object["sourceQueueArns"].get(sources);
  if (found == simdjson::SUCCESS) {
    for (const simdjson::dom::element element : sources) {
      std::string_view arn;
      if (element.get(arn) != simdjson::SUCCESS || !parse_queue_arn(arn)) return std::nullopt;
      policy.sources.emplace_back(arn);
    }
  } else if (found != simdjson::NO_SUCH_FIELD) {
    return std::nullopt;
  }
  const bool by_queue = policy.permission == "byQueue";
  if (!by_queue && policy.permission != "allowAll" && policy.permission != "denyAll") {
    return std::nullopt;
  }
  if (by_queue == policy.sources.empty() || policy.sources.size() > kAllowedSourcesMax) {
    return std::nullopt;
  }
  return policy;
}

bool is_json_object(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  return parser.parse(text).get(object) == simdjson::SUCCESS;
}

ApiResult<void> apply_fifo(QueueConfig& config, std::string_view name, const std::string& value,
                           Purpose purpose) {
  if (!config.fifo) return std::unexpected(invalid_attribute_name(name));
  if (name == "FifoQueue") {
    if (parse_flag(value) == true) return {};
    return std::unexpected(invalid_attribute_value(
        name, purpose == Purpose::kSet ? "Modifying queue type is not supported." : ""));
  }
  if (name == "ContentBasedDeduplication") {
    const auto flag = parse_flag(value);
    if (!flag) return std::unexpected(invalid_attribute_value(name));
    config.content_deduplication = *flag;
    return {};
  }
  const bool scope = name == "DeduplicationScope";
  const std::string_view by_group = scope ? "messageGroup" : "perMessageGroupId";
  if (value != by_group && value != (scope ? "queue" : "perQueue")) {
    return std::unexpected(invalid_attribute_value(name));
  }
  (scope ? config.deduplicates_by_group : config.throughput_by_group) = value == by_group;
  return {};
}

ApiResult<void> apply_other(QueueConfig& config, std::string_view name, const std::string& value) {
  if (name == "RedrivePolicy") return apply_redrive_policy(config, value);
  if (name == "RedriveAllowPolicy") {
    if (!value.empty() && !parse_allow_policy(value)) {
      return std::unexpected(invalid_value(value, name, "Redrive allow policy is not valid."));
    }
    config.redrive_allow_policy = value;
  } else if (name == "Policy") {
    if (!value.empty() && !is_json_object(value)) {
      return std::unexpected(invalid_attribute_value(name));
    }
    config.policy = value;
  } else if (name == "KmsMasterKeyId") {
    config.kms_key = value;
  } else {
    const auto flag = parse_flag(value);
    if (!flag) return std::unexpected(invalid_attribute_value(name));
    config.managed_sse = *flag;
  }
  return {};
}

// Of two kinds of encryption the one that was asked for switches the other off.
ApiResult<void> settle_encryption(QueueConfig& config, const QueueConfig& before,
                                  const Attributes& attributes) {
  if (config.kms_key.empty() || !config.managed_sse) return {};
  const bool asks_managed = attributes.contains("SqsManagedSseEnabled");
  if (asks_managed || before.kms_key == config.kms_key) {
    if (!asks_managed) return {};
    return protocol::refuse("InvalidAttributeName",
                            "You can use one type of server-side encryption (SSE) at one time. You "
                            "can either enable KMS SSE or SQS SSE.");
  }
  config.managed_sse = false;
  return {};
}

std::optional<std::string> attribute_text(const QueueConfig& c, const MessageCounts& counts,
                                          std::string_view name) {
  const auto unless_empty = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  if (const NumberRule* number = find_number(name)) {
    if (name == "KmsDataKeyReusePeriodSeconds" && c.kms_key.empty()) return std::nullopt;
    return std::to_string(c.*number->field);
  }
  if (name == "QueueArn") return c.arn();
  if (name == "ApproximateNumberOfMessages") return std::to_string(counts.visible);
  if (name == "ApproximateNumberOfMessagesNotVisible") return std::to_string(counts.in_flight);
  if (name == "ApproximateNumberOfMessagesDelayed") return std::to_string(counts.delayed);
  if (name == "CreatedTimestamp") return std::to_string(c.created.seconds());
  if (name == "LastModifiedTimestamp") return std::to_string(c.modified.seconds());
  if (name == "Policy") return unless_empty(c.policy);
  if (name == "RedrivePolicy") return unless_empty(c.redrive_policy);
  if (name == "RedriveAllowPolicy") return unless_empty(c.redrive_allow_policy);
  if (name == "KmsMasterKeyId") return unless_empty(c.kms_key);
  if (name == "SqsManagedSseEnabled") return std::string(flag_text(c.managed_sse));
  if (!c.fifo) return std::nullopt;
  if (name == "FifoQueue") return "true";
  if (name == "ContentBasedDeduplication") return std::string(flag_text(c.content_deduplication));
  if (name == "DeduplicationScope") return c.deduplicates_by_group ? "messageGroup" : "queue";
  if (name == "FifoThroughputLimit") {
    return c.throughput_by_group ? "perMessageGroupId" : "perQueue";
  }
  return std::nullopt;
}

bool is_attribute(std::string_view name) {
  return find_number(name) != nullptr || has_name(kReadOnly, name) || has_name(kFifoOnly, name) ||
         has_name(kOthers, name);
}

}  // namespace

ApiResult<void> apply_attributes(QueueConfig& config, const Attributes& attributes,
                                 Purpose purpose) {
  const QueueConfig before = config;
  for (const auto& [name, value] : attributes) {
    if (const NumberRule* rule = find_number(name)) {
      const auto number = parse_number(value);
      if (!number || *number < rule->min || *number > rule->max) {
        return std::unexpected(invalid_attribute_value(name));
      }
      config.*rule->field = *number;
    } else if (has_name(kFifoOnly, name)) {
      TRY_VOID(apply_fifo(config, name, value, purpose));
    } else if (has_name(kOthers, name)) {
      TRY_VOID(apply_other(config, name, value));
    } else {
      return std::unexpected(invalid_attribute_name(name));
    }
  }
  if (config.throughput_by_group && !config.deduplicates_by_group) {
    return std::unexpected(invalid_attribute_value(
        "FifoThroughputLimit",
        "perMessageGroupId is allowed only when DeduplicationScope is messageGroup."));
  }
  return settle_encryption(config, before, attributes);
}

ApiResult<void> check_redrive_target(const QueueConfig& source, const QueueConfig* target) {
  if (source.dead_letter_arn.empty()) return {};
  const auto refused = [&](std::string_view reason) {
    return std::unexpected(invalid_value(source.redrive_policy, "RedrivePolicy", reason));
  };
  if (target == nullptr) return refused("Dead letter target does not exist.");
  if (target->fifo != source.fifo) {
    return refused("Dead-letter queue must be same type of queue as the source.");
  }
  if (!allows_source(*target, source.arn())) {
    return refused("Queue is not allowed by the redrive allow policy of the dead letter target.");
  }
  return {};
}

bool allows_source(const QueueConfig& target, std::string_view source_arn) {
  if (target.redrive_allow_policy.empty()) return true;
  const auto policy = parse_allow_policy(target.redrive_allow_policy);
  if (!policy || policy->permission == "allowAll") return true;
  return has_name(policy->sources, source_arn);
}

std::optional<std::string> first_difference(const QueueConfig& existing, const QueueConfig& wanted,
                                            const Attributes& given) {
  for (const auto& [name, unused] : given) {
    if (attribute_text(existing, {}, name) != attribute_text(wanted, {}, name)) return name;
  }
  return std::nullopt;
}

ApiResult<Attributes> show_attributes(const QueueConfig& config, const MessageCounts& counts,
                                      const std::vector<std::string>& names) {
  Attributes shown;
  const auto show = [&](std::string_view name) {
    if (auto text = attribute_text(config, counts, name)) shown.emplace(name, std::move(*text));
  };
  for (const std::string& name : names) {
    if (!is_attribute(name)) return std::unexpected(invalid_attribute_name(name));
    if (name != "All") {
      show(name);
      continue;
    }
    for (const NumberRule& rule : kNumbers) show(rule.name);
    for (const std::string_view each : kReadOnly) show(each);
    for (const std::string_view each : kFifoOnly) show(each);
    for (const std::string_view each : kOthers) show(each);
  }
  return shown;
}

}  // namespace penstock::sqs
