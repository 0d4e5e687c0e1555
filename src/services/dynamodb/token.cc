// Request tokens of TransactWriteItems and ExecuteTransaction.
#include "services/dynamodb/token.h"

#include "base/bytes.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

constexpr std::uint8_t kTokenVersion = 1;

class Fingerprint {
 public:
  void text(std::string_view value) { out_.text(value); }
  void map(const AttributeMap& value) {
    out_.text(first_problem(value) == nullptr ? encode_item(value) : "");
  }
  void statement(const api::ParameterizedStatement& statement) {
    text("statement");
    text(statement.statement);
    out_.boolean(statement.parameters.has_value());
    if (statement.parameters) {
      out_.u64(statement.parameters->size());
      for (const AttributeValue& value : *statement.parameters) {
        std::string bytes;
        if (value.is_valid()) encode_value(value, bytes);
        text(bytes);
      }
    }
    text(statement.return_values_on_condition_check_failure.value_or(""));
  }
  template <typename Action>
  void common(std::string_view kind, const Action& action) {
    text(kind);
    text(action.table_name);
    out_.boolean(action.expression_attribute_names.has_value());
    if (action.expression_attribute_names) {
      out_.u64(action.expression_attribute_names->size());
      for (const auto& [placeholder, name] : *action.expression_attribute_names) {
        text(placeholder);
        text(name);
      }
    }
    out_.boolean(action.expression_attribute_values.has_value());
    if (action.expression_attribute_values) map(*action.expression_attribute_values);
    text(action.return_values_on_condition_check_failure.value_or(""));
  }
  std::string take() { return sha256(out_.take()); }

 private:
  storage::ValueWriter out_{kTokenVersion};
};

enum class TokenState : std::uint8_t { kNew, kDone, kOther };

// Requires the token's turn.
ApiResult<TokenState> look_up_token(Service& service, const std::string& key,
                                    const std::string& fingerprint) {
  TRY(const auto stored, service.deps.store.latest(storage::Family::kMeta, key));
  if (!stored) return TokenState::kNew;
  storage::ValueReader in(*stored);
  const bool known = in.version() == kTokenVersion;
  const Timestamp done{in.i64()};
  const std::string_view remembered = in.text();
  if (!known || !in.done())
    return std::unexpected(ApiError(Error{ErrorKind::kCorrupt, "a stored token does not decode"}));
  if (service.deps.clock.now() - done > kTransactTokenLife) return TokenState::kNew;
  return remembered == fingerprint ? TokenState::kDone : TokenState::kOther;
}

void remember_token(Service& service, const std::string& key, const std::string& fingerprint,
                    storage::Batch& batch) {
  batch.put(storage::Family::kMeta, key,
            storage::ValueWriter(kTokenVersion)
                .i64(service.deps.clock.now().micros)
                .text(fingerprint)
                .take());
}

}  // namespace

std::string fingerprint_of(const api::TransactWriteItemsInput& input) {
  Fingerprint out;
  for (const api::TransactWriteItem& item : input.transact_items) {
    if (item.put) {
      out.common("put", *item.put);
      out.map(item.put->item);
      out.text(item.put->condition_expression.value_or(""));
    }
    if (item.delete_) {
      out.common("delete", *item.delete_);
      out.map(item.delete_->key);
      out.text(item.delete_->condition_expression.value_or(""));
    }
    if (item.update) {
      out.common("update", *item.update);
      out.map(item.update->key);
      out.text(item.update->update_expression);
      out.text(item.update->condition_expression.value_or(""));
    }
    if (item.condition_check) {
      out.common("check", *item.condition_check);
      out.map(item.condition_check->key);
      out.text(item.condition_check->condition_expression);
    }
  }
  return out.take();
}

std::string fingerprint_of(const api::ExecuteTransactionInput& input) {
  Fingerprint out;
  for (const api::ParameterizedStatement& statement : input.transact_statements) {
    out.statement(statement);
  }
  return out.take();
}

Reply<TokenClaim> claim_token(Service& service, const protocol::Context& context, std::string token,
                              std::string fingerprint, storage::Batch& batch) {
  const std::string key = token_key(context.place(), token);
  TokenClaim claim{.turn = co_await service.control_turns.enter(hash_bytes(key))};
  CO_TRY(const TokenState state, look_up_token(service, key, fingerprint));
  if (state == TokenState::kOther) {
    co_return protocol::refuse(
        "IdempotentParameterMismatchException",
        "Request parameters do not match the original parameters of this token");
  }
  claim.is_done = state == TokenState::kDone;
  if (!claim.is_done) remember_token(service, key, fingerprint, batch);
  co_return claim;
}

Status forget_tokens(Service& service) {
  const Timestamp horizon = service.deps.clock.now() - kTransactTokenLife;
  const std::string prefix = tokens_prefix();
  storage::Batch batch;
  std::size_t seen = 0;
  TRY_VOID(service.deps.store.scan(storage::Family::kMeta, prefix, storage::prefix_end(prefix),
                                   [&](std::string_view key, std::string_view value) {
                                     storage::ValueReader in(value);
                                     in.version();
                                     const Timestamp done{in.i64()};
                                     if (done < horizon)
                                       batch.erase(storage::Family::kMeta, std::string(key));
                                     return ++seen < kTransactTokensMax ? storage::Next::kContinue
                                                                        : storage::Next::kStop;
                                   }));
  if (batch.empty()) return {};
  return service.deps.store.commit_blocking(std::move(batch));
}

}  // namespace penstock::dynamodb
