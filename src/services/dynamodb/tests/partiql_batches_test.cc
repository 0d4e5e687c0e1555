// BatchExecuteStatement and ExecuteTransaction. Recorded by public conformance suites from the
// service (2026) except where a line says otherwise.
#include <string>
#include <vector>

#include "services/dynamodb/tests/harness.h"

namespace penstock::dynamodb {
namespace {

class PartiqlBatches : public ::testing::Test {
 protected:
  static std::string list_of(const std::vector<std::string>& statements) {
    std::string out;
    for (const std::string& one : statements) {
      out += (out.empty() ? "" : ",") + (one.starts_with("{") ? one : statement(one));
    }
    return "[" + out + "]";
  }
  // `more` continues the statement: ,"Parameters":[...]
  static std::string statement(const std::string& text, const std::string& more = {}) {
    return R"({"Statement":")" + text + "\"" + more + "}";
  }
  std::string batch(const std::vector<std::string>& statements, const std::string& more = {}) {
    return harness_.call("BatchExecuteStatement",
                         R"({"Statements":)" + list_of(statements) + more + "}");
  }
  std::string transact(const std::vector<std::string>& statements, const std::string& more = {}) {
    return harness_.call("ExecuteTransaction",
                         R"({"TransactStatements":)" + list_of(statements) + more + "}");
  }
  std::string item(const std::string& key) {
    return harness_.call("GetItem",
                         R"({"TableName":"tbl","Key":{"h":{"S":")" + key + R"("},"r":{"N":"1"}}})");
  }
  void SetUp() override {
    harness_.create(true);
    harness_.put(R"({"h":{"S":"a"},"r":{"N":"1"},"n":{"N":"1"}})");
    harness_.put(R"({"h":{"S":"b"},"r":{"N":"1"},"n":{"N":"2"}})");
  }

  Harness harness_;
};

std::string failed_in_batch(const std::string& code, const std::string& message,
                            const std::string& more = {}) {
  return R"({"Error":{"Code":")" + code + R"(","Message":")" + message + "\"" + more + "}";
}

TEST_F(PartiqlBatches, ReadEachItemByItsKey) {
  const std::string no_key = failed_in_batch(
      "ValidationError",
      "Select statements within BatchExecuteStatement must specify the primary key in the where "
      "clause.");
  EXPECT_EQ(batch({"SELECT * FROM tbl WHERE h = 'a' AND r = 1", "SELECT * FROM tbl WHERE h = 'a'",
                   "SELECT n FROM tbl WHERE h IN ['b'] AND r = 1", "SELECT * FROM none WHERE h = 1",
                   "SELECT * FROM tbl WHERE h = 'z' AND r = 1",
                   "SELECT * FROM tbl WHERE h = 'a' AND r = 1 AND n = 1", "SLECT * FROM tbl"}),
            R"({"Responses":[{"TableName":"tbl","Item":{"h":{"S":"a"},"n":{"N":"1"},)"
            R"("r":{"N":"1"}}},)" +
                no_key + R"(},{"TableName":"tbl","Item":{"n":{"N":"2"}}},)" +
                failed_in_batch("ResourceNotFound", "Requested resource not found") +
                R"(},{"TableName":"tbl"},)" + no_key + "}," +
                failed_in_batch("ValidationError",
                                "Statement wasn't well formed, can't be processed: Expected data "
                                "manipulation") +
                "}]}");
}

TEST_F(PartiqlBatches, WriteEachItemOnItsOwn) {
  const std::string refused =
      failed_in_batch("ConditionalCheckFailed", "The conditional request failed");
  EXPECT_EQ(
      batch({"INSERT INTO tbl VALUE {'h': 'a', 'r': 1}", "INSERT INTO tbl VALUE {'h': 'c', 'r': 1}",
             "UPDATE tbl SET n = 9 WHERE h = 'a' AND r = 1 AND n = 5",
             statement("UPDATE tbl SET n = 9 WHERE h = 'a' AND r = 1 AND n = 5",
                       R"(,"ReturnValuesOnConditionCheckFailure":"ALL_OLD")"),
             "UPDATE tbl REMOVE n WHERE h = 'a' AND r = 1 RETURNING MODIFIED NEW *",
             "DELETE FROM tbl WHERE h = 'b' AND r = 1 RETURNING ALL OLD *",
             statement("UPDATE tbl SET n = ? WHERE h = 'c' AND r = 1",
                       R"(,"Parameters":[{"SS":[]}])")}),
      R"({"Responses":[)" +
          failed_in_batch("DuplicateItem", "Duplicate primary key exists in table") +
          R"(,"TableName":"tbl"},{"TableName":"tbl"},)" + refused + R"(,"TableName":"tbl"},)" +
          // Documented: the item is in the error.
          failed_in_batch("ConditionalCheckFailed", "The conditional request failed",
                          R"(,"Item":{"h":{"S":"a"},"n":{"N":"1"},"r":{"N":"1"}})") +
          R"(,"TableName":"tbl"},{"TableName":"tbl"},{"TableName":"tbl","Item":{"h":{"S":"b"},)"
          R"("n":{"N":"2"},"r":{"N":"1"}}},)" +
          failed_in_batch("ValidationError",
                          "One or more parameter values were invalid: An string set  may not be "
                          "empty") +
          "}]}");
}

TEST_F(PartiqlBatches, DoNotReadAndWrite) {
  // Documented: all of them read or all of them write; the text is deduced.
  EXPECT_EQ(batch({"SELECT * FROM tbl WHERE h = 'a' AND r = 1", "DELETE FROM tbl WHERE h = 'a'"}),
            "ValidationException: BatchExecuteStatement API does not support both read and write "
            "operations in the same request.");
  EXPECT_EQ(
      transact({"SELECT * FROM tbl WHERE h = 'a' AND r = 1", "DELETE FROM tbl WHERE h = 'a'"}),
      "ValidationException: ExecuteTransaction API does not support both read and write "
      "operations in the same request.");
}

TEST_F(PartiqlBatches, TellWhatTheyConsume) {
  const std::string reply =
      batch({statement("SELECT * FROM tbl WHERE h = 'a' AND r = 1", R"(,"ConsistentRead":true)"),
             "SELECT * FROM tbl WHERE h = 'z' AND r = 1", "SELECT * FROM tbl WHERE n = 1"},
            R"(,"ReturnConsumedCapacity":"TOTAL")");
  EXPECT_NE(reply.find(R"("ConsumedCapacity":[{"TableName":"tbl","CapacityUnits":1.5}])"),
            std::string::npos)
      << reply;
  const std::string failed =
      batch({"INSERT INTO tbl VALUE {'h': 'a', 'r': 1}"}, R"(,"ReturnConsumedCapacity":"TOTAL")");
  EXPECT_EQ(failed.find("ConsumedCapacity"), std::string::npos) << failed;
}

TEST_F(PartiqlBatches, TransactionsReadItemsOfOneMoment) {
  const std::string select = "SELECT * FROM tbl WHERE ";
  const std::string refused =
      "ValidationException: Validation failed in TransactStatements[0]: Select statements within "
      "ExecuteTransaction must specify the primary key in the where clause.";
  EXPECT_EQ(transact({select + "h = 'a' AND r = 1", "SELECT n FROM tbl WHERE (r = 1) AND h = 'b'",
                      select + "h = 'z' AND r IN [1]"}),
            R"({"Responses":[{"Item":{"h":{"S":"a"},"n":{"N":"1"},"r":{"N":"1"}}},)"
            R"({"Item":{"n":{"N":"2"}}},{}]})");
  EXPECT_EQ(transact({select + "h = 'a'"}), refused);
  EXPECT_EQ(transact({select + "h = 'a' AND r = 1 AND n = 1"}), refused);
  EXPECT_EQ(transact({select + "h = 'a' AND r = 1 AND h = 'b'"}), refused);
  EXPECT_EQ(transact({select + "h IN ['a', 'a'] AND r = 1"}),
            "ValidationException: Validation failed in TransactStatements[0]: Overlapping "
            "conditions with range keys are not supported in where clause");
  EXPECT_EQ(transact({select + "h = 'a' AND r = 1", "SELECT n FROM tbl WHERE r = 1 AND h = 'a'"}),
            "ValidationException: Transaction request cannot include multiple operations on one "
            "item");
  EXPECT_EQ(transact({"SELECT * FROM tbl.idx WHERE g = 1"}),
            "ValidationException: Validation failed in TransactStatements[0]: Reads on indices are "
            "not supported within transactions.");
  EXPECT_EQ(transact({select + "h = 'a' AND r = 1", select + "h = 'a' AND r = 1",
                      select + "h = 1 AND r = 1"}),
            "TransactionCanceledException: Transaction cancelled, please refer cancellation "
            "reasons for specific reasons [None, None, ValidationError] "
            R"(CancellationReasons=[{"Code":"None"},{"Code":"None"},{"Code":"ValidationError",)"
            R"("Message":"The provided key element does not match the schema"}])");
}

TEST_F(PartiqlBatches, TransactionsWriteAllOrNothing) {
  EXPECT_EQ(transact({"EXISTS(SELECT * FROM tbl WHERE h = 'a' AND r = 1 AND n = 1)",
                      "INSERT INTO tbl VALUE {'h': 'c', 'r': 1}",
                      "UPDATE tbl SET n = n + 1 WHERE h = 'b' AND r = 1"}),
            R"({"Responses":[]})");
  EXPECT_NE(item("b").find(R"("n":{"N":"3"})"), std::string::npos);
  EXPECT_EQ(transact({"EXISTS(SELECT * FROM tbl WHERE h = 'a' AND r = 1 AND n IS MISSING)",
                      "DELETE FROM tbl WHERE h = 'b' AND r = 1"}),
            "TransactionCanceledException: Transaction cancelled, please refer cancellation "
            "reasons for specific reasons [ConditionalCheckFailed, None] "
            R"(CancellationReasons=[{"Code":"ConditionalCheckFailed","Message":"The conditional )"
            R"(request failed"},{"Code":"None"}])");
  // The code of a duplicate is deduced from that of batches.
  EXPECT_EQ(transact({"INSERT INTO tbl VALUE {'h': 'a', 'r': 1}",
                      statement("UPDATE tbl SET n = 0 WHERE h = 'b' AND r = 1 AND n = 1",
                                R"(,"ReturnValuesOnConditionCheckFailure":"ALL_OLD")")}),
            "TransactionCanceledException: Transaction cancelled, please refer cancellation "
            "reasons for specific reasons [DuplicateItem, ConditionalCheckFailed] "
            R"(CancellationReasons=[{"Code":"DuplicateItem","Message":"Duplicate primary key )"
            R"(exists in table"},{"Code":"ConditionalCheckFailed","Message":"The conditional )"
            R"(request failed","Item":{"h":{"S":"b"},"n":{"N":"3"},"r":{"N":"1"}}}])");
  EXPECT_NE(item("b").find(R"("n":{"N":"3"})"), std::string::npos);
}

TEST_F(PartiqlBatches, TransactionsAreRefused) {
  const std::string in_first = "ValidationException: Validation failed in TransactStatements[0]: ";
  const std::string write = "UPDATE tbl SET a = 1 WHERE h = 'b' AND r = 1";
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"UPDATE tbl SET a = 1 WHERE h = 'a' AND r = 1 RETURNING ALL NEW *"},
       in_first + "RETURNING clause is not supported in ExecuteTransaction."},
      {{"SELECT * FROM tbl WHERE"},
       in_first + "Statement wasn't well formed, can't be processed: Unexpected term"},
      {{"EXISTS(SELECT * FROM tbl WHERE h = 'a' AND r = 1)", write},
       in_first + "EXISTS() must contain a single item read with additional condition"},
      {{"EXISTS(SELECT * FROM tbl WHERE h IN ['a'] AND r = 1 AND n = 1)", write},
       in_first + "EXISTS() must contain a single item read with additional condition"},
      {{write, "DELETE FROM tbl WHERE h = 'b' AND r = 1"},
       "ValidationException: Transaction request cannot include multiple operations on one item"},
      {{write, "UPDATE none SET a = 1 WHERE h = 'x' RETURNING ALL NEW *"},
       "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for "
       R"(specific reasons [None, ResourceNotFound] CancellationReasons=[{"Code":"None"},)"
       R"({"Code":"ResourceNotFound","Message":"Requested resource not found"}])"},
      {{"UPDATE none SET a = 1 WHERE h = 'x'", write + " RETURNING ALL NEW *"},
       "ValidationException: Validation failed in TransactStatements[1]: RETURNING clause is not "
       "supported in ExecuteTransaction."},
      {{"UPDATE tbl SET a = 1 WHERE h = 'a'", "INSERT INTO tbl VALUE {'h': 'x'}", write},
       "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for "
       R"(specific reasons [ValidationError, ValidationError, None] CancellationReasons=[)"
       R"({"Code":"ValidationError","Message":"The provided key element does not match the )"
       R"(schema"},{"Code":"ValidationError","Message":"One or more parameter values were )"
       R"(invalid: Missing the key r in the item"},{"Code":"None"}])"},
      {{"EXISTS(SELECT * FROM tbl WHERE h = 'a' AND r = 1 AND h = 'b' AND n = 1)", write},
       "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for "
       R"(specific reasons [ConditionalCheckFailed, None] CancellationReasons=[{"Code":)"
       R"("ConditionalCheckFailed","Message":"The conditional request failed"},{"Code":"None"}])"},
  };
  for (const auto& [statements, reply] : cases) {
    EXPECT_EQ(transact(statements), reply) << statements.front();
  }
}

TEST_F(PartiqlBatches, TokensMakeTransactionsHappenOnce) {
  const std::string add = "UPDATE tbl SET n = n + 1 WHERE h = 'a' AND r = 1";
  const std::string token = R"(,"ClientRequestToken":"t","ReturnConsumedCapacity":"TOTAL")";
  EXPECT_EQ(transact({add}, token),
            R"({"Responses":[],"ConsumedCapacity":[{"TableName":"tbl","CapacityUnits":2,)"
            R"("WriteCapacityUnits":2}]})");
  EXPECT_EQ(transact({add}, token),
            R"({"Responses":[],"ConsumedCapacity":[{"TableName":"tbl","CapacityUnits":2,)"
            R"("ReadCapacityUnits":2}]})");
  EXPECT_NE(item("a").find(R"("n":{"N":"2"})"), std::string::npos);
  EXPECT_EQ(transact({add, "DELETE FROM tbl WHERE h = 'b' AND r = 1"}, token),
            "IdempotentParameterMismatchException: Request parameters do not match the original "
            "parameters of this token");
}

}  // namespace
}  // namespace penstock::dynamodb
