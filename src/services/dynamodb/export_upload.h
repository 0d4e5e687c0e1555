// ExportUpload: one object of an export, written in parts. Calls that fail in passing are made
// again.
#pragma once

#include <string>
#include <vector>

#include "gen/s3/shapes.h"
#include "services/dynamodb/transfers.h"

namespace penstock::dynamodb {

// A small object as a whole.
Task<JobResult<void>> put_export_object(Service& service, const ExportJob& job, std::string key,
                                        std::string body, std::string content_type);

class ExportUpload {
 public:
  ExportUpload(Service& service, const ExportJob& job, std::string key)
      : service_(service), job_(job), key_(std::move(key)) {}

  // Drops what an earlier run of the export left unfinished under this key, and begins.
  Task<JobResult<void>> begin();
  Task<JobResult<void>> add_part(std::string bytes);
  // The object's ETag, without quotes.
  Task<JobResult<std::string>> complete();
  // After a failure.
  Task<void> abort();

 private:
  Task<JobResult<void>> drop_leftovers();

  Service& service_;
  const ExportJob& job_;
  const std::string key_;
  std::string upload_id_;
  std::vector<s3::api::CompletedPart> parts_;
};

}  // namespace penstock::dynamodb
