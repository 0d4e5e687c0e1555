// No bytes abort the classifiers, and what they infer can be written as a Hive type.
#include <cstdint>
#include <string>

#include "services/glue/classify.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::glue;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  static const std::vector<CustomClassifier> kCustom = {
      {"rows", "$[*]", *parse_json_paths("$[*]"), std::nullopt}};
  for (const Classified& result :
       {classify(bytes, bytes.size(), kCustom), classify(bytes, bytes.size() + 1, {}),
        classify_parquet(bytes)}) {
    for (const HiveField& column : result.schema.columns) {
      static_cast<void>(to_string(merge(column.type, column.type)));
    }
  }
  return 0;
}
