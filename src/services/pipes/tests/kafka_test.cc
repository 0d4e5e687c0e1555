// Kafka as a source, against the mock cluster that librdkafka has built in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "services/pipes/kafka_source.h"
#include "services/pipes/tests/harness.h"

namespace penstock::pipes {
namespace {

// One broker with a topic of two partitions, and a producer for it.
class MockKafka {
 public:
  MockKafka() {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    char problem[256] = {};
    rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", problem, sizeof problem);
    rd_kafka_conf_set(conf, "log_level", "0", problem, sizeof problem);
    producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, problem, sizeof problem);
    CHECK(producer_ != nullptr);
    cluster_ = rd_kafka_handle_mock_cluster(producer_);
    rd_kafka_mock_topic_create(cluster_, "orders", 2, 1);
  }
  ~MockKafka() { rd_kafka_destroy(producer_); }

  std::string address() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void put(int partition, std::string key, std::string value) {
    const rd_kafka_resp_err_t code = rd_kafka_producev(
        producer_, RD_KAFKA_V_TOPIC("orders"), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
        RD_KAFKA_V_VALUE(value.data(), value.size()), RD_KAFKA_V_END);
    EXPECT_EQ(code, RD_KAFKA_RESP_ERR_NO_ERROR);
    EXPECT_EQ(rd_kafka_flush(producer_, 10'000), RD_KAFKA_RESP_ERR_NO_ERROR);
  }

 private:
  rd_kafka_t* producer_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

api::CreatePipeRequest from_kafka(const MockKafka& kafka) {
  api::CreatePipeRequest request = Harness::request("$.value.id");
  request.source = "smk://" + kafka.address();
  request.source_parameters.emplace().self_managed_kafka_parameters.emplace().topic_name = "orders";
  request.source_parameters->self_managed_kafka_parameters->starting_position = "TRIM_HORIZON";
  request.target_parameters->input_template = "<$.value.id>";
  return request;
}

std::vector<std::string> data_of(FakeTarget& target) {
  std::vector<std::string> data;
  for (const auto& record : target.records()) data.push_back(record.data);
  return data;
}

TEST(Kafka, RecordsArriveOnceAndInOrderAcrossRestarts) {
  MockKafka kafka;
  Harness h;
  for (int i = 0; i < 5; ++i) kafka.put(0, "k", R"({"id":")" + std::to_string(i) + "\"}");
  ASSERT_TRUE(h.create(from_kafka(kafka)).has_value());
  EXPECT_EQ(h.settled(), "RUNNING") << h.describe()->state_reason.value_or("");
  ASSERT_TRUE(h.target.wait_for(5));
  EXPECT_TRUE(h.wait_for_counters({5, 5, 0, 0}));
  h.close();
  for (int i = 5; i < 8; ++i) kafka.put(0, "k", R"({"id":")" + std::to_string(i) + "\"}");
  h.open();
  ASSERT_TRUE(h.target.wait_for(8));
  EXPECT_THAT(data_of(h.target), testing::ElementsAre("\"0\"", "\"1\"", "\"2\"", "\"3\"", "\"4\"",
                                                      "\"5\"", "\"6\"", "\"7\""));
  kafka.put(1, "k", R"({"id":"other"})");  // Nothing waits for a tick.
  ASSERT_TRUE(h.target.wait_for(9));
  EXPECT_TRUE(h.wait_for_counters({9, 9, 0, 0}));
}

TEST(Kafka, LatestBeginsWhereTheTopicIs) {
  MockKafka kafka;
  Harness h;
  kafka.put(0, "k", R"({"id":"old"})");
  auto request = from_kafka(kafka);
  request.source_parameters->self_managed_kafka_parameters->starting_position = "LATEST";
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_EQ(h.settled(), "RUNNING");
  kafka.put(0, "k", R"({"id":"new"})");
  ASSERT_TRUE(h.target.wait_for(1));
  EXPECT_THAT(data_of(h.target), testing::ElementsAre("\"new\""));
}

TEST(Kafka, APipeDoesNotStartWithoutItsTopic) {
  MockKafka kafka;
  Harness h;
  auto request = from_kafka(kafka);
  request.source = "smk://127.0.0.1:1";
  ASSERT_TRUE(h.create(request).has_value());
  EXPECT_EQ(h.settled(), "CREATE_FAILED");
}

// Documented: the event of a record; bytes of headers as Java has them.
TEST(Kafka, EventsAreFlat) {
  KafkaRecord record;
  record.offset = 15;
  record.millis = 1545084650987;
  record.key = "key";
  record.value = R"({"a":1})";
  record.headers = {{"h", "a\xff"}};
  const SourceRecord event = to_event(record, "b-1:9092,b-2:9092", "mytopic", 0);
  EXPECT_EQ(event.json,
            R"({"eventSource":"SelfManagedKafka","bootstrapServers":"b-1:9092,b-2:9092",)"
            R"("eventSourceKey":"mytopic-0","topic":"mytopic","partition":0,"offset":15,)"
            R"("timestamp":1545084650987,"timestampType":"CREATE_TIME","key":"a2V5",)"
            R"("value":"eyJhIjoxfQ==","headers":[{"h":[97,-1]}]})");
  EXPECT_NE(event.view.find(R"("key":"a2V5","value":{"a":1})"), std::string::npos);
}

}  // namespace
}  // namespace penstock::pipes
