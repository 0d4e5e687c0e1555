// A Lambda function called with a batch: the elements as one JSON array. For targets and
// enrichments.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gen/lambda/client.h"
#include "services/pipes/target.h"

namespace penstock::pipes {

struct FunctionCall {
  std::string function;  // ARN
  bool waits = true;     // REQUEST_RESPONSE; else the function runs later, as an event.
  std::vector<const Outgoing*> elements;
};

struct FunctionReply {
  std::optional<CallFailure> failure;  // Of the call, or of the function.
  std::string payload;                 // What the function returned.
  std::string request, response;       // JSON, if they are wanted.
};

Task<FunctionReply> call_function(lambda::Client client, FunctionCall call,
                                  protocol::Context context, CallLimit limit, bool record_exchange);

// "[" elements "]"; what is not JSON (a template of plain text) becomes a JSON string.
std::string json_array(const std::vector<const Outgoing*>& elements);

}  // namespace penstock::pipes
