// ImportLog: the errors of an import in CloudWatch Logs, group /aws-dynamodb/imports.
#pragma once

#include <string>
#include <vector>

#include "services/dynamodb/transfers.h"

namespace penstock::dynamodb {

inline constexpr std::size_t kLoggedErrorsMax = 10'000;  // Of one import, as on AWS.

class ImportLog {
 public:
  ImportLog(Service& service, const ImportJob& job) : service_(service), job_(job) {}

  void add(std::string_view key, std::uint64_t record, std::string_view message);
  // Sends what was added. A log that cannot be written does not fail the import.
  Task<void> flush();

  static std::string group_arn(const Place& place);

 private:
  Service& service_;
  const ImportJob& job_;
  std::size_t logged_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace penstock::dynamodb
