#include "shared/rpc/service_config.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/api/annotations.pb.h"

namespace crm {
namespace {

using ::google::protobuf::MethodDescriptor;
using ::google::protobuf::ServiceDescriptor;

constexpr int kBatchAttempts = 2;

bool IsRead(const MethodDescriptor* method) {
  return method->options().GetExtension(google::api::http).pattern_case() ==
         google::api::HttpRule::kGet;
}

bool IsRepeatableWrite(const MethodDescriptor* method) {
  return method->input_type()->FindFieldByName("request_id") != nullptr;
}

// Does much at once, and takes its time.
bool IsBatch(const MethodDescriptor* method) {
  return absl::StartsWith(method->name(), "Batch");
}

std::string NameOf(const MethodDescriptor* method) {
  return absl::StrCat(R"({"service":")", method->service()->full_name(),
                      R"(","method":")", method->name(), R"("})");
}

// The config of some methods that are retried alike, or nothing for none.
void AddMethods(const std::vector<std::string>& names, int max_attempts,
                const char* initial_backoff, const char* max_backoff,
                std::vector<std::string>& configs) {
  if (names.empty()) return;
  configs.push_back(absl::StrCat(
      R"({"name":[)", absl::StrJoin(names, ","),
      R"(],"retryPolicy":{"maxAttempts":)", max_attempts,
      R"(,"initialBackoff":")", initial_backoff, R"(","maxBackoff":")",
      max_backoff,
      R"(","backoffMultiplier":2,"retryableStatusCodes":["UNAVAILABLE"]}})"));
}

}  // namespace

std::string ServiceConfigJson(
    const std::vector<const ServiceDescriptor*>& services,
    const ServiceConfigOptions& options) {
  std::vector<std::string> reads;
  std::vector<std::string> writes;
  std::vector<std::string> batches;
  for (const ServiceDescriptor* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      if (method->server_streaming() || method->client_streaming()) continue;
      const bool is_write = IsRepeatableWrite(method);
      if (IsBatch(method) && (is_write || IsRead(method))) {
        batches.push_back(NameOf(method));
      } else if (is_write) {
        writes.push_back(NameOf(method));
      } else if (IsRead(method)) {
        reads.push_back(NameOf(method));
      }
    }
  }
  std::vector<std::string> configs;
  if (options.max_attempts > 1) {
    AddMethods(reads, options.max_attempts, "0.05s", "0.5s", configs);
    AddMethods(writes, options.max_attempts, "0.1s", "1s", configs);
    AddMethods(batches, kBatchAttempts, "0.5s", "5s", configs);
  }
  return absl::StrCat(
      R"({"loadBalancingConfig":[{"round_robin":{}}],)",
      options.health_check ? R"("healthCheckConfig":{"serviceName":""},)" : "",
      R"("retryThrottling":{"maxTokens":100,"tokenRatio":0.1},)",
      R"("methodConfig":[)", absl::StrJoin(configs, ","), "]}");
}

}  // namespace crm
