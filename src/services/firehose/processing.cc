// The processors of a stream. Texts of refusals as the service gives them when a stream is created.
#include "services/firehose/processing.h"

#include <algorithm>
#include <charconv>

#include "services/firehose/errors.h"

namespace penstock::firehose {
namespace {

using protocol::ApiResult;

constexpr std::size_t kProcessorsMax = 5;

const std::string* find_parameter(const api::Processor& processor, std::string_view name) {
  if (!processor.parameters) return nullptr;
  for (const api::ProcessorParameter& parameter : *processor.parameters) {
    if (parameter.parameter_name == name) return &parameter.parameter_value;
  }
  return nullptr;
}

std::optional<double> to_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_whole(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

ApiResult<void> check_range(const std::string* text, double min, double max, bool whole,
                            std::string_view refusal) {
  if (text == nullptr) return {};
  const std::optional<double> value = to_number(*text);
  if (!value || *value < min || *value > max || (whole && !is_whole(*text))) {
    return std::unexpected(invalid_argument(std::string(refusal)));
  }
  return {};
}

bool is_function_arn(std::string_view arn) {
  // arn:partition:lambda:region:account:function:name[:qualifier]
  std::size_t colons = 0;
  for (const char c : arn) colons += c == ':';
  return arn.starts_with("arn:") && arn.find(":lambda:") != arn.npos &&
         arn.find(":function:") != arn.npos && (colons == 6 || colons == 7);
}

ApiResult<void> complete_lambda(api::Processor& processor) {
  const std::string* arn = find_parameter(processor, "LambdaArn");
  if (arn == nullptr) {
    return std::unexpected(
        invalid_argument("LambdaArn is required when Lambda processor is used."));
  }
  if (!is_function_arn(*arn)) {
    return std::unexpected(invalid_argument("Invalid Lambda ARN: " + *arn));
  }
  const std::string* retries = find_parameter(processor, "NumberOfRetries");
  const std::string* size = find_parameter(processor, "BufferSizeInMBs");
  const std::string* interval = find_parameter(processor, "BufferIntervalInSeconds");
  const std::string* role = find_parameter(processor, "RoleArn");
  TRY_VOID(check_range(retries, 0, 300, true,
                       "Number of retries for lambda must be between 0 and 300."));
  TRY_VOID(check_range(size, 0.2, 3, false,
                       "BufferSizeInMBs for lambda processor must be between 0.2 and 3."));
  TRY_VOID(check_range(interval, 0, 900, true,
                       "BufferIntervalInSeconds for lambda processor must be between 0 and 900."));
  if ((size == nullptr) != (interval == nullptr)) {
    return std::unexpected(invalid_argument(
        "Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for "
        "lambda processor."));
  }
  const auto known = [](const api::ProcessorParameter& p) {
    constexpr std::string_view kNames[] = {"LambdaArn", "NumberOfRetries", "RoleArn",
                                           "BufferSizeInMBs", "BufferIntervalInSeconds"};
    return std::ranges::find(kNames, p.parameter_name) != std::end(kNames);
  };
  for (const api::ProcessorParameter& p : *processor.parameters) {
    if (!known(p)) {
      return std::unexpected(invalid_argument("Parameter " + p.parameter_name +
                                              " is not valid for the Lambda processor."));
    }
  }
  std::vector<api::ProcessorParameter> ordered;
  ordered.push_back({"LambdaArn", *arn});
  ordered.push_back({"NumberOfRetries", retries != nullptr ? *retries : "3"});
  if (role != nullptr) ordered.push_back({"RoleArn", *role});
  ordered.push_back({"BufferSizeInMBs", size != nullptr ? *size : "1"});
  ordered.push_back({"BufferIntervalInSeconds", interval != nullptr ? *interval : "60"});
  processor.parameters = std::move(ordered);
  return {};
}

ApiResult<void> check_delimiter(const api::Processor& processor) {
  for (const api::ProcessorParameter& p :
       processor.parameters.value_or(std::vector<api::ProcessorParameter>())) {
    if (p.parameter_name != "Delimiter") {
      return std::unexpected(
          invalid_argument("Parameter " + p.parameter_name +
                           " is not valid for the AppendDelimiterToRecord processor."));
    }
  }
  return {};
}

// The console and templates send the two characters \ and n for a newline.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case '\\': out += '\\'; break;
      default:
        out += '\\';
        out += text[i];
        break;
    }
  }
  return out;
}

LambdaProcessor lambda_of(const api::Processor& processor) {
  LambdaProcessor lambda;
  lambda.arn = *find_parameter(processor, "LambdaArn");
  lambda.retries = static_cast<int>(*to_number(*find_parameter(processor, "NumberOfRetries")));
  if (const std::string* role = find_parameter(processor, "RoleArn")) lambda.role_arn = *role;
  lambda.buffer_bytes = static_cast<std::uint64_t>(
      *to_number(*find_parameter(processor, "BufferSizeInMBs")) * (1 << 20));
  std::string_view name = lambda.arn;
  name.remove_prefix(name.find(":function:") + 10);
  lambda.built_in = name.substr(0, name.find(':')) == kUnmarshalFunction;
  return lambda;
}

}  // namespace

ApiResult<api::ProcessingConfiguration> complete_processing(
    api::ProcessingConfiguration configuration) {
  // Omitted means disabled (probed), the opposite of DataFormatConversionConfiguration.
  configuration.enabled = configuration.enabled.value_or(false);
  if (!configuration.processors) configuration.processors.emplace();
  std::vector<api::Processor>& processors = *configuration.processors;
  if (*configuration.enabled && (processors.empty() || processors.size() > kProcessorsMax)) {
    return std::unexpected(invalid_argument(
        "A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is "
        "enabled."));
  }
  const auto count = [&processors](std::string_view type) {
    return std::ranges::count(processors, type, &api::Processor::type);
  };
  if (count("Lambda") > 1) {
    return std::unexpected(invalid_argument("Cannot have more than 1 Lambda processor."));
  }
  if (count("AppendDelimiterToRecord") > 1) {
    return std::unexpected(
        invalid_argument("Cannot have more than 1 AppendDelimiterToRecord processor."));
  }
  for (api::Processor& processor : processors) {
    if (processor.type == "Lambda") {
      TRY_VOID(complete_lambda(processor));
    } else if (processor.type == "AppendDelimiterToRecord") {
      TRY_VOID(check_delimiter(processor));
    } else if (processor.type == "MetadataExtraction") {
      return std::unexpected(invalid_argument(
          "class com.amazonaws.services.firehose.internal.model.MetadataExtractionProcessor can "
          "only be present when Dynamic Partitioning is enabled."));
    } else {
      return std::unexpected(unsupported("The processor type " + processor.type));
    }
  }
  return configuration;
}

Processing processing_of(const api::ProcessingConfiguration& configuration) {
  Processing processing;
  if (!configuration.enabled.value_or(false) || !configuration.processors) return processing;
  for (const api::Processor& processor : *configuration.processors) {
    if (processor.type == "Lambda") {
      processing.lambda = lambda_of(processor);
    } else if (processor.type == "AppendDelimiterToRecord") {
      const std::string* delimiter = find_parameter(processor, "Delimiter");
      processing.delimiter = delimiter != nullptr ? unescape(*delimiter) : "\n";
    }
  }
  return processing;
}

}  // namespace penstock::firehose
