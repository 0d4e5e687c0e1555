// Commands carried out: what the three operations of PartiQL have in common.
#pragma once

#include <optional>
#include <string>

#include "gen/dynamodb/shapes.h"
#include "protocol/context.h"
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/errors.h"
#include "services/dynamodb/partiql_compile.h"
#include "services/dynamodb/registry.h"
#include "services/dynamodb/write.h"

namespace penstock::dynamodb {

struct Service;

// The item as the columns of a SELECT show it.
AttributeMap partiql_columns(const PartiqlCommand& command, AttributeMap item);

// A write on its table. Points into the command.
struct PartiqlWrite {
  AttributeMap subject;  // The item of an INSERT, else the key.
  std::optional<Predicate> condition;
  const UpdateExpression* update = nullptr;
  WriteKind kind = WriteKind::kPut;

  WriteAction action(bool wants_item_when_refused, bool wants_before) const;
};
// `checks_types`: a key of the wrong type is refused in PartiQL's words, else left to the write.
Checked<PartiqlWrite> bind_partiql_write(const PartiqlCommand& command, const KeySchema& keys,
                                         bool checks_types);

// The write of ExecuteStatement and BatchExecuteStatement.
struct PartiqlWriteReply {
  TablePtr live;
  std::optional<AttributeMap> returned;  // By the RETURNING clause.
  Consumption consumption;
};
Reply<PartiqlWriteReply> run_partiql_write(Service& service, const protocol::Context& context,
                                           const PartiqlCommand& command, bool wants_item,
                                           bool wants_capacity);

}  // namespace penstock::dynamodb
