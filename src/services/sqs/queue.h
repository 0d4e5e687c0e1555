// A queue as a value: what is configured, and the names under which it is known. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "protocol/place.h"

namespace penstock::sqs {

using protocol::Place;

// Everything about a queue that is stored in one piece.
struct QueueConfig {
  std::uint64_t id = 0;  // Of this incarnation: a queue made again under the name has another.
  Place place;
  std::string name;
  Timestamp created;
  Timestamp modified;
  std::uint32_t delay_seconds = 0;
  std::uint32_t message_bytes_max = 1'048'576;
  std::uint32_t retention_seconds = 345'600;
  std::uint32_t wait_seconds = 0;
  std::uint32_t visibility_seconds = 30;
  std::string policy;                     // JSON; empty: none.
  std::string redrive_policy;             // JSON in AWS's form; empty: none.
  std::string dead_letter_arn;            // Of the redrive policy.
  std::uint32_t receives_max = 0;         // Of the redrive policy.
  std::string redrive_allow_policy;       // JSON; empty: all may use it.
  std::string kms_key;                    // Empty: none.
  std::uint32_t kms_reuse_seconds = 300;  // Shown with a key only.
  bool managed_sse = true;
  std::string data_key;  // Of its own, made once: what messages are sealed under.
  bool fifo = false;
  bool content_deduplication = false;
  bool deduplicates_by_group = false;
  bool throughput_by_group = false;
  std::map<std::string, std::string> tags;

  std::string arn() const;
  // Whether messages that are sent now are sealed at rest.
  bool encrypts() const { return managed_sse || !kms_key.empty(); }
  friend bool operator==(const QueueConfig&, const QueueConfig&) = default;
};

std::string queue_arn(const Place& place, std::string_view name);

struct QueueName {
  Place place;
  std::string name;
  friend bool operator==(const QueueName&, const QueueName&) = default;
};
std::optional<QueueName> parse_queue_arn(std::string_view arn);

// http://<any host>/<account>/<name>; the region is the caller's. Also /<account>/<name> alone.
struct QueueAddress {
  std::string account;
  std::string name;
  friend bool operator==(const QueueAddress&, const QueueAddress&) = default;
};
std::optional<QueueAddress> parse_queue_url(std::string_view url);

// 1 to 80 letters, digits, hyphens and underscores; a FIFO queue's name ends with .fifo besides.
bool is_queue_name(std::string_view name, bool fifo);

}  // namespace penstock::sqs
