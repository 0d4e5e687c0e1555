// Intake: takes the bytes of an object or part from a request, computing what S3 computes of them,
// and puts them down where they will be found: small bodies into the store's batch, larger ones
// into a file. Memory is constant whatever the size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/body.h"
#include "protocol/api_error.h"
#include "protocol/context.h"
#include "services/s3/checksum.h"
#include "services/s3/reclaimer.h"
#include "services/s3/store.h"

namespace penstock::s3 {

struct Service;

struct IntakeOptions {
  ChecksumAlgorithm algorithm = ChecksumAlgorithm::kCrc64Nvme;
  std::optional<ChecksumAlgorithm> other_algorithm;  // Computed beside it.
  std::optional<std::int64_t> content_length;        // What the client announced.
  std::uint64_t bytes_max = 0;
};

// What the client says about the bytes of an upload.
struct Promise {
  std::optional<std::string> content_md5;    // Base64, as sent.
  std::optional<std::string> md5;            // Raw.
  std::optional<DeclaredChecksum> checksum;  // Its value may stand behind the body.
};

struct Intake {
  explicit Intake(NewFiles files) : new_files(std::move(files)) {}

  std::uint64_t bytes = 0;
  std::string md5;               // Raw.
  std::string checksum_raw;      // Of `algorithm`.
  std::string other_raw;         // Of `other_algorithm`.
  std::vector<NewPiece> pieces;  // None when there are no bytes, else one.
  NewFiles new_files;            // Keeps the file from being thrown away: keep() when submitted.
};

protocol::Reply<Intake> take_in(Service& service, net::Body body, IntakeOptions options);

// Compares what came in with what was promised. `checksum_raw` is that of the promised algorithm.
protocol::ApiResult<void> verify_promise(const protocol::Context& context, const Promise& promise,
                                         const Intake& intake, std::string_view checksum_raw);

// An id that sorts by time, so that neighbours in time are neighbours in the store.
std::string make_piece_id(Service& service);

}  // namespace penstock::s3
