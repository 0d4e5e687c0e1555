// Request tokens of TransactWriteItems and ExecuteTransaction: a request that was carried out is
// remembered for ten minutes.
#pragma once

#include <string>

#include "async/turns.h"
#include "gen/dynamodb/shapes.h"
#include "protocol/context.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/errors.h"

namespace penstock::dynamodb {

// What makes two requests the same: everything but what they ask to have returned.
std::string fingerprint_of(const api::TransactWriteItemsInput& input);
std::string fingerprint_of(const api::ExecuteTransactionInput& input);
// A request's hold on its token: one request per token at a time, the next one waits.
struct TokenClaim {
  Turns::Turn turn;      // Keep it until the request is carried out.
  bool is_done = false;  // The same request was carried out before; nothing is to be written.
};
// IdempotentParameterMismatchException when another request had the token. What remembers the
// request is added to `batch`, to be written with what it does.
Reply<TokenClaim> claim_token(Service& service, const protocol::Context& context, std::string token,
                              std::string fingerprint, storage::Batch& batch);
// Erases tokens that are over. Blocks on the disk.
Status forget_tokens(Service& service);

}  // namespace penstock::dynamodb
