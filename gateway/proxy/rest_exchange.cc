#include "gateway/proxy/rest_exchange.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/policy/forwarded_headers.h"
#include "gateway/proxy/answer.h"
#include "gateway/transcode/rest_request.h"
#include "gateway/transcode/rest_response.h"
#include "google/protobuf/message.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {
namespace {

absl::string_view HeaderOr(const Headers& headers, absl::string_view name) {
  const std::string* value = FindHeader(headers, name);
  return value == nullptr ? "" : absl::string_view(*value);
}

bool IsJson(absl::string_view content_type) {
  const absl::string_view type = content_type.substr(0, content_type.find(';'));
  return absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(type),
                                "application/json");
}

}  // namespace

RestExchange::RestExchange(CallTarget& target, const Transcoder& transcoder,
                           RestCall call, std::unique_ptr<CallRecord> record,
                           ResponseWriter& writer)
    : target_(target),
      transcoder_(transcoder),
      rest_(std::move(call)),
      record_(std::move(record)),
      writer_(writer),
      events_(absl::StrContains(HeaderOr(rest_.headers, "accept"),
                                "text/event-stream")) {
  const absl::string_view request_id = HeaderOr(rest_.headers, "x-request-id");
  if (!request_id.empty()) {
    answer_headers_.push_back({"x-request-id", std::string(request_id)});
  }
}

bool RestExchange::streaming() const {
  return rest_.match.route->target->method->server_streaming();
}

void RestExchange::OnData(absl::string_view chunk) {
  if (over_) return;
  if (body_.size() + chunk.size() > kMaxRestBodyBytes) {
    return Fail(
        ResourceExhausted("BODY_TOO_LARGE", "The body is larger than 1 MiB."));
  }
  body_.append(chunk.data(), chunk.size());
  writer_.Consume(chunk.size());
}

void RestExchange::OnEnd() {
  if (over_) return;
  if (absl::Status status = StartCall(); !status.ok()) Fail(status);
}

void RestExchange::OnReset() {
  over_ = true;
  call_.reset();
}

void RestExchange::OnWritable() {
  if (call_ != nullptr) call_->SetPaused(false);
}

absl::Status RestExchange::StartCall() {
  if (!body_.empty() && !IsJson(HeaderOr(rest_.headers, "content-type"))) {
    return InvalidArgument(
        "CONTENT_TYPE_UNSUPPORTED",
        "Send the body as 'content-type: application/json'.");
  }
  const MethodRoute& route = *rest_.match.route->target;
  const google::protobuf::Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(
          route.method->input_type());
  CRM_ASSIGN_OR_RETURN(
      std::string request,
      WeaveRequest(
          transcoder_, rest_.match,
          {.query = rest_.query,
           .body = body_,
           .if_match = HeaderOr(rest_.headers, "if-match"),
           .idempotency_key = HeaderOr(rest_.headers, "idempotency-key")},
          *prototype));
  body_.clear();
  CallHead head;
  head.path = route.grpc_path;
  head.metadata = RestMetadata(rest_.headers);
  head.metadata.push_back({"traceparent", FormatTraceparent(record_->trace())});
  head.deadline = rest_.deadline;
  head.principal = rest_.principal;
  call_ = target_.Start(std::move(head), *this);
  call_->Send(std::move(request));
  // The request may have ended the call.
  if (call_ != nullptr) call_->CloseSend();
  return absl::OkStatus();
}

void RestExchange::OnMetadata(Headers metadata) {
  for (Header& header : RestHeaders(metadata)) {
    const bool known = header.name == kTraceIdHeader ||
                       (header.name == "x-request-id" &&
                        FindHeader(answer_headers_, header.name) != nullptr);
    if (!known) answer_headers_.push_back(std::move(header));
  }
  if (streaming()) StartStream();
}

void RestExchange::OnMessage(std::string message) {
  if (!streaming()) {
    response_ = std::move(message);
    has_response_ = true;
    return;
  }
  if (!started_) StartStream();
  absl::StatusOr<std::string> json =
      ResponseJson(transcoder_, *rest_.match.route, message);
  if (!json.ok()) return EndStream(json.status());
  writer_.Write(events_ ? absl::StrCat("data: ", *json, "\n\n")
                        : absl::StrCat(*json, "\n"));
  if (writer_.buffered() > kHighWaterBytes) call_->SetPaused(true);
}

void RestExchange::OnDone(absl::Status status, Headers trailers) {
  call_.reset();
  if (!started_) {
    for (Header& header : RestHeaders(trailers)) {
      if (header.name != kTraceIdHeader &&
          FindHeader(answer_headers_, header.name) == nullptr) {
        answer_headers_.push_back(std::move(header));
      }
    }
  }
  if (streaming() && (started_ || status.ok())) {
    if (!started_) StartStream();
    return EndStream(status);
  }
  if (!status.ok()) return Fail(status);
  Answer();
}

void RestExchange::StartStream() {
  started_ = true;
  Headers headers = RestResponseHeaders(
      events_ ? "text/event-stream" : "application/x-ndjson", record_->trace());
  for (Header& header : answer_headers_) headers.push_back(std::move(header));
  writer_.Start({.status = 200, .headers = std::move(headers)});
}

void RestExchange::Answer() {
  if (!has_response_) {
    return Fail(Internal("RESPONSE_MISSING",
                         "The service answered without a response."));
  }
  const RestRoute& route = *rest_.match.route;
  const absl::StatusOr<std::string> json =
      ResponseJson(transcoder_, route, response_);
  if (!json.ok()) return Fail(json.status());
  Headers headers = RestResponseHeaders("application/json", record_->trace());
  const std::string etag =
      EtagHeader(*route.target->method->output_type(), response_);
  if (!etag.empty()) headers.push_back({"etag", etag});
  for (Header& header : answer_headers_) headers.push_back(std::move(header));
  over_ = true;
  record_->Finish(absl::OkStatus());
  writer_.Start({.status = 200, .headers = std::move(headers)});
  writer_.Write(absl::StrCat(*json, "\n"));
  writer_.End();
}

void RestExchange::EndStream(const absl::Status& status) {
  over_ = true;
  call_.reset();
  record_->Finish(status);
  if (!status.ok()) {
    const std::string json = ErrorJson(status);
    writer_.Write(events_ ? absl::StrCat("event: error\ndata: ", json, "\n\n")
                          : absl::StrCat("{\"error\":", json, "}\n"));
  }
  writer_.End();
}

void RestExchange::Fail(const absl::Status& status) {
  over_ = true;
  call_.reset();
  record_->Finish(status);
  AnswerRestError(writer_, record_->trace(), status,
                  std::move(answer_headers_));
}

}  // namespace crm::gateway
