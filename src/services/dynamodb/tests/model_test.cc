// Random operations against DynamoDB here and against a simple one in memory (model.h): every
// answer and, at the end, everything that can be read agrees, across reopening and crashes; and the
// change stream, replayed onto nothing, gives the table. Expectations: documented semantics, as the
// model states them.
#include "services/dynamodb/tests/model.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <filesystem>

#include "services/dynamodb/operations.h"
#include "services/dynamodb/tests/harness.h"
#include "storage/tests/scratch.h"

namespace penstock::dynamodb {
namespace {

struct Command {
  enum Kind { kPut, kUpdate, kRemove, kBatch, kTransact, kReopen, kCrash, kKinds };
  int kind = kPut;
  // What a single write does; of several writes the first, and the rest is derived from it.
  std::string hash;
  int range = 0;
  int update = 0;
  int condition = 0;
  long value = 0;
};

std::ostream& operator<<(std::ostream& out, const Command& c) {
  return out << "{kind " << c.kind << " key " << c.hash << "/" << c.range << " update " << c.update
             << " condition " << c.condition << " value " << c.value << "}";
}

rc::Gen<Command> any_command() {
  return rc::gen::build<Command>(
      rc::gen::set(&Command::kind, rc::gen::weightedElement<int>({{8, Command::kPut},
                                                                  {14, Command::kUpdate},
                                                                  {4, Command::kRemove},
                                                                  {3, Command::kBatch},
                                                                  {4, Command::kTransact},
                                                                  {1, Command::kReopen},
                                                                  {1, Command::kCrash}})),
      rc::gen::set(&Command::hash, rc::gen::element<std::string>("a", "b", "c")),
      rc::gen::set(&Command::range, rc::gen::inRange(-2, 4)),
      rc::gen::set(&Command::update, rc::gen::inRange(0, kModelUpdates)),
      rc::gen::set(&Command::condition, rc::gen::inRange(0, kModelConditions)),
      rc::gen::set(&Command::value, rc::gen::inRange<long>(0, 12)));
}

constexpr std::string_view kCreate = R"({"TableName":"tbl","BillingMode":"PAY_PER_REQUEST",
  "KeySchema":[{"AttributeName":"h","KeyType":"HASH"},{"AttributeName":"r","KeyType":"RANGE"}],
  "AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"},
    {"AttributeName":"r","AttributeType":"N"},{"AttributeName":"g","AttributeType":"S"},
    {"AttributeName":"n","AttributeType":"N"}],
  "GlobalSecondaryIndexes":[{"IndexName":"by_group","Projection":{"ProjectionType":"ALL"},
    "KeySchema":[{"AttributeName":"g","KeyType":"HASH"},{"AttributeName":"n","KeyType":"RANGE"}]}],
  "LocalSecondaryIndexes":[{"IndexName":"by_n","Projection":{"ProjectionType":"KEYS_ONLY"},
    "KeySchema":[{"AttributeName":"h","KeyType":"HASH"},{"AttributeName":"n","KeyType":"RANGE"}]}],
  "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}})";

std::string json(const AttributeMap& map) { return json_of(map); }

AttributeMap key_item(const ModelKey& key) {
  AttributeMap out;
  out.set("h", AttributeValue::s(key.first));
  out.set("r", AttributeValue::n(std::to_string(key.second)));
  return out;
}

ModelKey key_in(const AttributeMap& item) {
  return {item.find("h")->scalar(), std::stoi(item.find("r")->scalar())};
}

// The item that a put with this value writes.
ModelItem item_for(long value) {
  ModelItem item;
  if (value % 2 == 0) item.n = value;
  if (value % 3 != 0) item.group = "g" + std::to_string(value % 3);
  if (value % 5 == 0) item.words = {"w0", "w1"};
  if (value % 7 == 0) item.inner = value;
  return item;
}

// One write as a request's members, and its effect on a model.
struct Write {
  int kind;
  ModelKey key;
  ModelUpdate update;
  ModelCondition condition;
  long value;

  explicit Write(const Command& c)
      : kind(c.kind),
        key(c.hash, c.range),
        update(update_of(c.update, c.value)),
        condition(condition_of(c.condition, c.value)),
        value(c.value) {}

  std::string members() const {
    std::string out = R"("TableName":"tbl",)";
    if (kind == Command::kPut) {
      out += R"("Item":)" + json(to_item(key, item_for(value)));
    } else {
      out += R"("Key":)" + json(key_item(key));
    }
    std::string values;
    if (kind == Command::kUpdate) {
      out += R"(,"UpdateExpression":")" + update.expression + "\"";
      values = update.values;
    }
    if (!condition.expression.empty()) {
      out += R"(,"ConditionExpression":")" + condition.expression + "\"";
      if (!condition.values.empty()) values += (values.empty() ? "" : ",") + condition.values;
    }
    if (!values.empty()) out += R"(,"ExpressionAttributeValues":{)" + values + "}";
    return out;
  }
  bool shares_placeholder() const {  // :w means two things in DELETE words and contains().
    return kind == Command::kUpdate && update.values.contains(":w") &&
           condition.values.contains(":w");
  }
  ModelVerdict apply(Model& model) const {
    switch (kind) {
      case Command::kPut: return model.put(key, item_for(value), condition, value);
      case Command::kUpdate: return model.update(key, update, condition, value);
      default: return model.remove(key, condition, value);
    }
  }
};

ModelVerdict verdict_of(const std::string& reply) {
  if (reply.starts_with("ConditionalCheckFailedException")) return ModelVerdict::kConditionFailed;
  if (reply.starts_with("ValidationException")) return ModelVerdict::kInvalid;
  RC_ASSERT(reply.starts_with("{"));
  return ModelVerdict::kDone;
}

class Comparison {
 public:
  Comparison() { RC_ASSERT(harness_.call("CreateTable", std::string(kCreate)).starts_with("{")); }

  void run(const Command& command) {
    switch (command.kind) {
      case Command::kReopen: return harness_.reopen();
      case Command::kCrash: return crash();
      case Command::kBatch: return batch(command);
      case Command::kTransact: return transact(command);
      default: return single(Write(command));
    }
  }

  void compare() {
    RC_ASSERT(scan(1, 0) == expected([](const ModelItem&) { return true; }));
    std::vector<AttributeMap> segments;
    for (int segment = 0; segment < 3; ++segment) {
      for (AttributeMap& item : scan(3, segment)) segments.push_back(std::move(item));
    }
    RC_ASSERT(sorted(std::move(segments)) == scan(1, 0));
    for (const char* hash : {"a", "b", "c"}) compare_query(hash);
    for (const char* group : {"g0", "g1", "g2"}) compare_index(group);
    compare_stream();
  }

 private:
  void single(const Write& write) {
    if (write.shares_placeholder()) return;
    const char* operation = write.kind == Command::kPut      ? "PutItem"
                            : write.kind == Command::kUpdate ? "UpdateItem"
                                                             : "DeleteItem";
    const ModelVerdict verdict = write.apply(model_);
    const std::string reply = harness_.call(operation, "{" + write.members() + "}");
    RC_LOG(reply);
    RC_ASSERT(verdict_of(reply) == verdict);
  }

  // Three puts and deletes of neighbouring keys.
  void batch(const Command& command) {
    std::string requests;
    for (int i = 0; i < 3; ++i) {
      const ModelKey key{command.hash, command.range + i};
      const ModelItem item = item_for(command.value + i);
      if (i > 0) requests += ",";
      if ((command.update + i) % 3 == 0) {
        requests += R"({"DeleteRequest":{"Key":)" + json(key_item(key)) + "}}";
        model_.remove(key, {}, 0);
      } else {
        requests += R"({"PutRequest":{"Item":)" + json(to_item(key, item)) + "}}";
        model_.put(key, item, {}, 0);
      }
    }
    const std::string reply =
        harness_.call("BatchWriteItem", R"({"RequestItems":{"tbl":[)" + requests + "]}}");
    RC_ASSERT(reply == R"({"UnprocessedItems":{}})");
  }

  void transact(const Command& command) {
    std::string items;
    Model after = model_;
    bool done = true;
    for (int i = 0; i < 3; ++i) {
      Command one = command;
      one.kind = (command.update + i) % 3;  // Put, update or delete.
      one.range += i;
      one.update = (command.update + 5 * i) % kModelUpdates;
      one.condition = (command.condition + 3 * i) % kModelConditions;
      const Write write(one);
      if (write.shares_placeholder()) return;
      const char* name = one.kind == Command::kPut      ? "Put"
                         : one.kind == Command::kUpdate ? "Update"
                                                        : "Delete";
      items += (i > 0 ? ",{\"" : "{\"") + std::string(name) + "\":{" + write.members() + "}}";
      done = write.apply(after) == ModelVerdict::kDone && done;
    }
    const std::string reply =
        harness_.call("TransactWriteItems", R"({"TransactItems":[)" + items + "]}");
    RC_LOG(reply);
    RC_ASSERT(reply.starts_with(done ? "{}" : "TransactionCanceledException"));
    if (done) model_ = std::move(after);
  }

  // What is on the disk at this moment is what a kill -9 leaves.
  void crash() {
    const std::string left = harness_.directory + "-left";
    storage::testing::copy_live(harness_.directory, left);
    harness_.close();
    std::filesystem::remove_all(harness_.directory);
    std::filesystem::rename(left, harness_.directory);
    harness_.open();
  }

  template <typename Output>
  Output read(Reply<Output> task) {
    auto reply = block_on(harness_.runtime.next_loop(), std::move(task));
    RC_ASSERT(reply.has_value());
    return std::move(*reply);
  }

  static std::vector<AttributeMap> sorted(std::vector<AttributeMap> items) {
    std::ranges::sort(items, {}, [](const AttributeMap& item) { return key_in(item); });
    return items;
  }

  std::vector<AttributeMap> scan(int segments, int segment) {
    api::ScanInput input;
    input.table_name = "tbl";
    input.total_segments = segments;
    input.segment = segment;
    input.limit = 4;  // Pages have to fit together.
    std::vector<AttributeMap> items;
    do {
      api::ScanOutput page = read(dynamodb::scan(*harness_.service, harness_.context, input));
      for (AttributeMap& item : *page.items) items.push_back(std::move(item));
      input.exclusive_start_key = std::move(page.last_evaluated_key);
    } while (input.exclusive_start_key);
    return sorted(std::move(items));
  }

  template <typename Condition>
  std::vector<AttributeMap> expected(Condition condition) const {
    std::vector<AttributeMap> items;
    for (const auto& [key, item] : model_.items()) {
      if (condition(item)) items.push_back(to_item(key, item));
    }
    return items;
  }

  std::vector<AttributeMap> query(std::optional<std::string> index, const std::string& hash_name,
                                  const std::string& hash, bool forward) {
    api::QueryInput input;
    input.table_name = "tbl";
    input.index_name = std::move(index);
    input.key_condition_expression = hash_name + " = :x";
    input.expression_attribute_values.emplace().set(":x", AttributeValue::s(hash));
    input.scan_index_forward = forward;
    input.limit = 3;
    std::vector<AttributeMap> items;
    do {
      api::QueryOutput page = read(dynamodb::query(*harness_.service, harness_.context, input));
      for (AttributeMap& item : *page.items) items.push_back(std::move(item));
      input.exclusive_start_key = std::move(page.last_evaluated_key);
    } while (input.exclusive_start_key);
    return items;
  }

  void compare_query(const std::string& hash) {
    std::vector<AttributeMap> items, with_n;
    for (const auto& [key, item] : model_.items()) {
      if (key.first != hash) continue;
      items.push_back(to_item(key, item));
      if (item.n) with_n.push_back(to_item(key, item));
    }
    RC_ASSERT(query({}, "h", hash, true) == items);
    std::ranges::reverse(items);
    RC_ASSERT(query({}, "h", hash, false) == items);
    const auto local = query("by_n", "h", hash, true);
    RC_ASSERT(local.size() == with_n.size());
    RC_ASSERT(std::ranges::is_sorted(local, {}, n_of));
    for (const AttributeMap& item : local) RC_ASSERT(item.size() == 3U);  // h, r and n.
  }

  static long n_of(const AttributeMap& item) { return std::stol(item.find("n")->scalar()); }

  void compare_index(const std::string& group) {
    const auto found = query("by_group", "g", group, true);
    RC_ASSERT(std::ranges::is_sorted(found, {}, n_of));
    RC_ASSERT(sorted(found) == expected([&group](const ModelItem& item) {
                return item.group == group && item.n.has_value();
              }));
  }

  // The images of the change stream onto an empty table.
  void compare_stream() {
    const auto arn = latest_stream_arn(*harness_.service, harness_.context.place(), "tbl");
    RC_ASSERT(arn.has_value());
    streams_api::DescribeStreamInput describe;
    describe.stream_arn = *arn;
    auto described = read(describe_stream(*harness_.service, harness_.context, describe));
    std::map<ModelKey, AttributeMap> table;
    for (const auto& shard : *described.stream_description->shards) {
      streams_api::GetShardIteratorInput from;
      from.stream_arn = *arn;
      from.shard_id = *shard.shard_id;
      from.shard_iterator_type = "TRIM_HORIZON";
      auto iterator = read(get_shard_iterator(*harness_.service, harness_.context, from));
      for (bool more = true; more;) {
        streams_api::GetRecordsInput page;
        page.shard_iterator = *iterator.shard_iterator;
        page.limit = 5;
        auto records = read(get_records(*harness_.service, harness_.context, page));
        more = !records.records->empty() && records.next_shard_iterator.has_value();
        iterator.shard_iterator = records.next_shard_iterator;
        for (auto& record : *records.records) replay(table, *record.event_name, *record.dynamodb);
      }
    }
    std::vector<AttributeMap> items;
    for (auto& [key, item] : table) items.push_back(std::move(item));
    RC_ASSERT(items == expected([](const ModelItem&) { return true; }));
  }

  static void replay(std::map<ModelKey, AttributeMap>& table, const std::string& name,
                     streams_api::StreamRecord& record) {
    const ModelKey key = key_in(*record.keys);
    const auto before = table.find(key);
    RC_ASSERT((name == "INSERT") == (before == table.end()));
    RC_ASSERT(record.old_image.has_value() == (before != table.end()));
    if (record.old_image) RC_ASSERT(*record.old_image == before->second);
    RC_ASSERT(record.new_image.has_value() == (name != "REMOVE"));
    if (name == "REMOVE") {
      table.erase(before);
    } else {
      if (record.old_image) RC_ASSERT(*record.old_image != *record.new_image);
      table[key] = std::move(*record.new_image);
    }
  }

  // A kill, unlike a power cut, takes nothing that was written, synced or not.
  Harness harness_{storage::Durability::kNone};
  Model model_;
};

TEST(DynamoDbModel, RandomOperationsAgree) {
  EXPECT_TRUE(rc::check("agrees with the model", [] {
    const auto commands = *rc::gen::container<std::vector<Command>>(any_command());
    Comparison run;
    for (const Command& command : commands) run.run(command);
    run.compare();
  }));
}

// Longer than RapidCheck's cases grow, so that pages, segments and indexes have something in them.
TEST(DynamoDbModel, LongRunsAgree) {
  EXPECT_TRUE(rc::check("agrees over hundreds of operations", [] {
    const auto seed = *rc::gen::inRange(0, 1'000'000);
    const auto commands = rc::gen::container<std::vector<Command>>(300, any_command())(
                              rc::Random(static_cast<std::uint64_t>(seed)), 100)
                              .value();
    if (*rc::gen::inRange(0, 25) != 0) return;  // One case in 25: they are long.
    Comparison run;
    for (const Command& command : commands) run.run(command);
    run.compare();
  }));
}

}  // namespace
}  // namespace penstock::dynamodb
