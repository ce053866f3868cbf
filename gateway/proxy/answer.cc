#include "gateway/proxy/answer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/transcode/grpc_wire.h"
#include "gateway/transcode/rest_response.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

class Answered final : public Exchange {
 public:
  void OnData(absl::string_view /*chunk*/) override {}
  void OnEnd() override {}
  void OnReset() override {}
  void OnWritable() override {}
};

// Adds the headers by which HTTP says what the details of `status` say.
void AddErrorHeaders(const absl::Status& status, Headers& headers) {
  if (absl::IsUnauthenticated(status)) {
    headers.push_back({"www-authenticate", "Bearer"});
  }
  const google::rpc::Status rpc = ToRpcStatus(status);
  for (const google::protobuf::Any& detail : rpc.details()) {
    google::rpc::RetryInfo retry;
    google::rpc::ErrorInfo info;
    if (detail.UnpackTo(&retry)) {
      const int64_t seconds = retry.retry_delay().seconds() +
                              (retry.retry_delay().nanos() > 0 ? 1 : 0);
      headers.push_back({"retry-after", absl::StrCat(seconds)});
    } else if (detail.UnpackTo(&info) && info.metadata().contains("allow")) {
      headers.push_back({"allow", info.metadata().at("allow")});
    }
  }
}

}  // namespace

ResponseHead GrpcHead(const TraceContext& trace) {
  return {.status = 200,
          .headers = {{"content-type", "application/grpc"},
                      {kTraceIdHeader, trace.trace_id}}};
}

void EndGrpc(ResponseWriter& writer, bool started, const TraceContext& trace,
             const absl::Status& status, Headers trailers) {
  for (auto& [name, value] : StatusTrailers(status)) {
    trailers.push_back({name, std::move(value)});
  }
  if (started) return writer.End(std::move(trailers));
  ResponseHead head = GrpcHead(trace);
  std::move(trailers.begin(), trailers.end(), std::back_inserter(head.headers));
  writer.Start(std::move(head));
  writer.End();
}

Headers RestResponseHeaders(absl::string_view content_type,
                            const TraceContext& trace) {
  return {{"content-type", std::string(content_type)},
          {kTraceIdHeader, trace.trace_id},
          {"cache-control", "no-store"},
          {"x-content-type-options", "nosniff"}};
}

void AnswerRestError(ResponseWriter& writer, const TraceContext& trace,
                     const absl::Status& status, Headers headers) {
  for (Header& header : RestResponseHeaders("application/json", trace)) {
    headers.push_back(std::move(header));
  }
  AddErrorHeaders(status, headers);
  writer.Start({.status = HttpStatusOf(status), .headers = std::move(headers)});
  writer.Write(absl::StrCat(ErrorJson(status), "\n"));
  writer.End();
}

std::unique_ptr<Exchange> AnsweredExchange() {
  return std::make_unique<Answered>();
}

}  // namespace crm::gateway
