// Request tokens of TransactWriteItems and ExecuteTransaction: a request that was carried out is
// remembered for ten minutes.
#pragma once

#include <string>

#include "gen/dynamodb/shapes.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/errors.h"

namespace penstock::dynamodb {

enum class TokenState : std::uint8_t { kNew, kDone, kOther };

// What makes two requests the same: everything but what they ask to have returned.
std::string fingerprint_of(const api::TransactWriteItemsInput& input);
std::string fingerprint_of(const api::ExecuteTransactionInput& input);
// Requires the token's turn.
ApiResult<TokenState> look_up_token(Service& service, const std::string& key,
                                    const std::string& fingerprint);
void remember_token(Service& service, const std::string& key, const std::string& fingerprint,
                    storage::Batch& batch);
// Erases tokens that are over. Blocks on the disk.
Status forget_tokens(Service& service);

}  // namespace penstock::dynamodb
