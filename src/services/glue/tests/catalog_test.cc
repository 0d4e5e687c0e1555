// The Data Catalog: databases, tables, versions, partitions, tags. Error texts are recorded (see
// errors.cc) unless the README calls them deduced.
#include "services/glue/tests/harness.h"

namespace penstock::glue {
namespace {

TEST(Catalog, NamesAreStoredInLowerCase) {
  Harness h;
  h.create_database("DB");
  h.create_table("Db", "Sales");
  EXPECT_EQ(h.table("SALES", "dB")->name, "sales");
  EXPECT_EQ(h.table("sales")->database_name, "db");
}

TEST(Catalog, ATableCarriesWhatTheCatalogKnows) {
  Harness h;
  h.create_database("db");
  h.create_table("db", "t");
  const api::Table table = *h.table("t");
  EXPECT_EQ(table.version_id, "0");
  EXPECT_EQ(table.catalog_id, "000000000000");
  EXPECT_EQ(table.created_by, "arn:aws:iam::000000000000:root");
  EXPECT_EQ(table.is_registered_with_lake_formation, false);
  EXPECT_EQ(table.retention, 0);
  EXPECT_EQ(table.create_time, h.clock.now());
}

TEST(Catalog, Refusals) {
  Harness h;
  h.create_database("db");
  h.create_table("db", "t", {"k"});
  api::CreateDatabaseRequest database;
  database.database_input.name = "DB";
  EXPECT_EQ(h.error_of(create_database(*h.service, h.context, database)),
            "AlreadyExistsException: Database already exists.");
  api::CreateTableRequest table;
  table.database_name = "db";
  table.table_input = h.table_input("T");
  EXPECT_EQ(h.error_of(create_table(*h.service, h.context, table)),
            "AlreadyExistsException: Table already exists.");
  table.database_name = "nope";
  EXPECT_EQ(h.error_of(create_table(*h.service, h.context, table)),
            "EntityNotFoundException: Database nope not found.");
  table.database_name = "db";
  table.table_input = h.table_input("u");
  table.transaction_id = "1";
  EXPECT_EQ(h.error_of(create_table(*h.service, h.context, table)),
            "InvalidInputException: TransactionId is not supported by this server.");
  api::GetTableRequest get;
  get.database_name = "db";
  get.name = "nope";
  EXPECT_EQ(h.error_of(get_table(*h.service, h.context, get)),
            "EntityNotFoundException: Table nope not found.");
  get.catalog_id = "999999999999";
  EXPECT_EQ(h.error_of(get_table(*h.service, h.context, get)),
            "EntityNotFoundException: Catalog 999999999999 not found.");
  EXPECT_EQ(h.create_partition("t", {"1"}), "");
  EXPECT_EQ(h.create_partition("t", {"1"}), "AlreadyExistsException: Partition already exists.");
  EXPECT_EQ(
      h.create_partition("t", {"1", "2"}),
      "InvalidInputException: The number of partition keys do not match the number of partition "
      "values");
  EXPECT_EQ(h.create_partition("nope", {"1"}), "EntityNotFoundException: Table nope not found.");
  EXPECT_EQ(h.partitions("t", "k ="), "InvalidInputException: Unsupported expression 'k ='");
}

TEST(Catalog, DatabasesComeWithDefaultsAndTags) {
  Harness h;
  api::CreateDatabaseRequest input;
  input.database_input.name = "db";
  input.database_input.description = "d";
  input.tags.emplace()["team"] = "sales";
  ASSERT_EQ(h.error_of(create_database(*h.service, h.context, input)), "");
  api::GetDatabaseRequest get;
  get.name = "db";
  const auto reply = h.run(get_database(*h.service, h.context, get));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->database->description, "d");
  EXPECT_EQ(reply->database->create_table_default_permissions->at(0)
                .principal->data_lake_principal_identifier,
            "IAM_ALLOWED_PRINCIPALS");
  api::GetTagsRequest tags;
  tags.resource_arn = "arn:aws:glue:us-east-1:000000000000:database/db";
  EXPECT_EQ(h.run(get_tags(*h.service, h.context, tags))->tags->at("team"), "sales");
  api::TagResourceRequest tag;
  tag.resource_arn = tags.resource_arn;
  tag.tags_to_add["a"] = "b";
  EXPECT_EQ(h.error_of(tag_resource(*h.service, h.context, tag)), "");
  api::UntagResourceRequest untag;
  untag.resource_arn = tags.resource_arn;
  untag.tags_to_remove = {"team"};
  EXPECT_EQ(h.error_of(untag_resource(*h.service, h.context, untag)), "");
  EXPECT_EQ(h.run(get_tags(*h.service, h.context, tags))->tags->size(), 1U);
}

// Documented: UpdateTable replaces the whole TableInput and archives what was, unless told not to.
TEST(Catalog, VersionsOfATable) {
  Harness h;
  h.create_database("db");
  h.create_table("db", "t", {"k"});
  api::UpdateTableRequest update;
  update.database_name = "db";
  update.table_input.emplace().name = "t";
  update.table_input->description = "second";
  ASSERT_EQ(h.error_of(update_table(*h.service, h.context, update)), "");
  EXPECT_EQ(h.table("t")->version_id, "1");
  EXPECT_FALSE(h.table("t")->partition_keys.has_value());  // Not named, so gone.
  update.table_input->description = "third";
  update.skip_archive = true;
  ASSERT_EQ(h.error_of(update_table(*h.service, h.context, update)), "");

  api::GetTableVersionsRequest list;
  list.database_name = "db";
  list.table_name = "t";
  list.max_results = 1;
  std::string versions;
  do {
    const auto page = h.run(get_table_versions(*h.service, h.context, list));
    ASSERT_TRUE(page.has_value()) << page.error().message;
    for (const api::TableVersion& version : *page->table_versions) versions += *version.version_id;
    list.next_token = page->next_token;
  } while (list.next_token);
  EXPECT_EQ(versions, "20");

  api::GetTableVersionRequest get;
  get.database_name = "db";
  get.table_name = "t";
  get.version_id = "0";
  EXPECT_EQ(h.run(get_table_version(*h.service, h.context, get))->table_version->table->version_id,
            "0");
  get.version_id = "1";
  EXPECT_EQ(h.error_of(get_table_version(*h.service, h.context, get)),
            "EntityNotFoundException: Version not found.");
  update.version_id = "0";
  EXPECT_EQ(
      h.error_of(update_table(*h.service, h.context, update)),
      "ConcurrentModificationException: Update table failed due to concurrent modifications.");
}

TEST(Catalog, GetTablesFiltersAndPages) {
  Harness h;
  h.create_database("db");
  for (const char* name : {"orders", "sales_2023", "sales_2024", "users"})
    h.create_table("db", name);
  EXPECT_EQ(h.table_names(), "orders sales_2023 sales_2024 users");
  EXPECT_EQ(h.table_names("sales_.*"), "sales_2023 sales_2024");
  EXPECT_EQ(h.table_names("orders|users"), "orders users");
  EXPECT_EQ(h.table_names("*"), "Invalid expression '*': dangling quantifier");
  api::GetTablesRequest input;
  input.database_name = "db";
  input.max_results = 3;
  const auto first = h.run(get_tables(*h.service, h.context, input));
  ASSERT_EQ(first->table_list->size(), 3U);
  input.next_token = first->next_token;
  const auto second = h.run(get_tables(*h.service, h.context, input));
  ASSERT_EQ(second->table_list->size(), 1U);
  EXPECT_FALSE(second->next_token.has_value());
  input.next_token = "rubbish";
  EXPECT_EQ(h.error_of(get_tables(*h.service, h.context, input)),
            "InvalidInputException: Invalid NextToken.");
}

TEST(Catalog, PartitionsByExpressionAndSegment) {
  Harness h;
  h.create_database("db");
  h.create_table("db", "t", {"y", "m"});
  for (const char* year : {"2023", "2024"}) {
    for (const char* month : {"1", "2", "11"})
      EXPECT_EQ(h.create_partition("t", {year, month}), "");
  }
  EXPECT_EQ(h.partitions("t", "y = 2024 AND m < 3"), "[2024,1] [2024,2]");
  EXPECT_EQ(h.partitions("t", "m > 2"), "[2023,11] [2024,11]");
  std::size_t total = 0;
  for (std::int32_t segment = 0; segment < 3; ++segment) {
    api::GetPartitionsRequest input;
    input.database_name = "db";
    input.table_name = "t";
    input.segment = api::Segment{segment, 3};
    total += h.run(get_partitions(*h.service, h.context, input))->partitions->size();
  }
  EXPECT_EQ(total, 6U);
}

TEST(Catalog, BatchesOfPartitions) {
  Harness h;
  h.create_database("db");
  h.create_table("db", "t", {"k"});
  api::BatchCreatePartitionRequest create;
  create.database_name = "db";
  create.table_name = "t";
  for (const char* value : {"1", "2", "1"})
    create.partition_input_list.emplace_back().values = {value};
  const auto created = h.run(batch_create_partition(*h.service, h.context, create));
  ASSERT_EQ(created->errors->size(), 1U);
  EXPECT_EQ(created->errors->at(0).error_detail->error_code, "AlreadyExistsException");
  api::BatchGetPartitionRequest get;
  get.database_name = "db";
  get.table_name = "t";
  for (const char* value : {"1", "9"}) get.partitions_to_get.emplace_back().values = {value};
  EXPECT_EQ(h.run(batch_get_partition(*h.service, h.context, get))->partitions->size(), 1U);
  api::UpdatePartitionRequest update;
  update.database_name = "db";
  update.table_name = "t";
  update.partition_value_list = {"1"};
  update.partition_input.values = {"3"};
  EXPECT_EQ(h.error_of(update_partition(*h.service, h.context, update)), "");
  EXPECT_EQ(h.partitions("t"), "[2] [3]");
  update.partition_value_list = {"2"};
  EXPECT_EQ(h.error_of(update_partition(*h.service, h.context, update)),
            "AlreadyExistsException: Partition already exists.");
  api::BatchDeletePartitionRequest remove;
  remove.database_name = "db";
  remove.table_name = "t";
  for (const char* value : {"2", "9"}) remove.partitions_to_delete.emplace_back().values = {value};
  const auto removed = h.run(batch_delete_partition(*h.service, h.context, remove));
  ASSERT_EQ(removed->errors->size(), 1U);
  EXPECT_EQ(removed->errors->at(0).error_detail->error_message, "Cannot find partition.");
  EXPECT_EQ(h.partitions("t"), "[3]");
}

// What is created under an old name never sees what its predecessor left.
TEST(Catalog, DeletingTakesEverythingBelow) {
  Harness h;
  h.create_database("db");
  h.create_table("db", "t", {"k"});
  EXPECT_EQ(h.create_partition("t", {"1"}), "");
  api::DeleteTableRequest drop;
  drop.database_name = "db";
  drop.name = "T";
  EXPECT_EQ(h.error_of(delete_table(*h.service, h.context, drop)), "");
  EXPECT_EQ(h.error_of(delete_table(*h.service, h.context, drop)),
            "EntityNotFoundException: Table T not found.");
  h.create_table("db", "t", {"k"});
  EXPECT_EQ(h.partitions("t"), "");
  api::DeleteDatabaseRequest drop_database;
  drop_database.name = "db";
  EXPECT_EQ(h.error_of(delete_database(*h.service, h.context, drop_database)), "");
  h.create_database("db");
  EXPECT_EQ(h.table_names(), "");
}

TEST(Catalog, SurvivesARestart) {
  Harness h;
  h.create_database("db");
  h.create_table("db", "t", {"k"});
  EXPECT_EQ(h.create_partition("t", {"1"}), "");
  h.reopen();
  EXPECT_EQ(h.partitions("t"), "[1]");
}

TEST(Classifiers, LiveAndAreChecked) {
  Harness h;
  api::CreateClassifierRequest create;
  create.json_classifier = api::CreateJsonClassifierRequest{"order-json", "$"};
  EXPECT_EQ(h.error_of(create_classifier(*h.service, h.context, create)), "");
  EXPECT_EQ(h.error_of(create_classifier(*h.service, h.context, create)),
            "AlreadyExistsException: Classifier order-json already exists.");
  api::UpdateClassifierRequest update;
  update.json_classifier.emplace().name = "order-json";
  update.json_classifier->json_path = "$.orders[*]";
  EXPECT_EQ(h.error_of(update_classifier(*h.service, h.context, update)), "");
  api::GetClassifierRequest get;
  get.name = "order-json";
  const auto stored = h.run(get_classifier(*h.service, h.context, get));
  EXPECT_EQ(stored->classifier->json_classifier->json_path, "$.orders[*]");
  EXPECT_EQ(stored->classifier->json_classifier->version, 2);

  create.json_classifier = api::CreateJsonClassifierRequest{"bad", "orders"};
  EXPECT_EQ(h.error_of(create_classifier(*h.service, h.context, create)),
            "InvalidInputException: Invalid JsonPath 'orders': '$' expected (at character 1).");
  api::CreateClassifierRequest csv;
  csv.csv_classifier.emplace().name = "csv";
  csv.csv_classifier->delimiter = "|";
  csv.csv_classifier->quote_symbol = "|";
  EXPECT_EQ(h.error_of(create_classifier(*h.service, h.context, csv)),
            "InvalidInputException: Parameters Delimiter and QuoteSymbol cannot be equal.");
  api::CreateClassifierRequest grok;
  grok.grok_classifier.emplace().name = "g";
  EXPECT_EQ(h.error_of(create_classifier(*h.service, h.context, grok)),
            "InvalidInputException: GrokClassifier is not supported by this server.");
  api::DeleteClassifierRequest remove;
  remove.name = "order-json";
  EXPECT_EQ(h.error_of(delete_classifier(*h.service, h.context, remove)), "");
  EXPECT_EQ(h.error_of(get_classifier(*h.service, h.context, get)),
            "EntityNotFoundException: Classifier order-json not found.");
}

}  // namespace
}  // namespace penstock::glue
