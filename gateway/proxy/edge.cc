#include "gateway/proxy/edge.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gateway/policy/deadline.h"
#include "gateway/policy/forwarded_headers.h"
#include "gateway/proxy/answer.h"
#include "gateway/proxy/grpc_passage.h"
#include "gateway/proxy/grpc_service_exchange.h"
#include "gateway/proxy/grpc_web_exchange.h"
#include "gateway/proxy/rest_exchange.h"
#include "gateway/proxy/wrapped_exchange.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

// Returns the service of a gRPC path: `/a.B/C` -> `a.B`.
absl::string_view ServiceOf(absl::string_view path) {
  absl::ConsumePrefix(&path, "/");
  return path.substr(0, path.rfind('/'));
}

template <typename Value>
Value* Find(const std::map<std::string, Value*, std::less<>>& map,
            absl::string_view key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : found->second;
}

std::string HeaderOr(const Headers& headers, absl::string_view name) {
  const std::string* value = FindHeader(headers, name);
  return value == nullptr ? "" : *value;
}

// gRPC and its suffixes, but not gRPC-Web, which is framed in another way.
bool IsGrpc(const RequestHead& head) {
  const std::string type = HeaderOr(head.headers, "content-type");
  return type == "application/grpc" ||
         absl::StartsWith(type, "application/grpc+") ||
         absl::StartsWith(type, "application/grpc;");
}

// An exchange whose answer the page that asked may read.
class CorsExchange final : public WrappedExchange {
 public:
  CorsExchange(Headers headers, ResponseWriter& client)
      : WrappedExchange(client), headers_(std::move(headers)) {}

 private:
  void Start(ResponseHead head) override {
    for (Header& header : headers_) head.headers.push_back(std::move(header));
    WrappedExchange::Start(std::move(head));
  }

  Headers headers_;
};

}  // namespace

std::unique_ptr<Exchange> Edge::Serve(RequestHead head,
                                      ResponseWriter& writer) {
  const std::string origin = HeaderOr(head.headers, "origin");
  if (!parts_.cors.Allows(origin)) {
    return ServeProtocol(std::move(head), writer);
  }
  if (IsPreflight(head)) return AnswerPreflight(head, writer);
  auto exchange =
      std::make_unique<CorsExchange>(parts_.cors.AnswerHeaders(origin), writer);
  exchange->Serve(std::move(head),
                  [this](RequestHead inner, ResponseWriter& client) {
                    return ServeProtocol(std::move(inner), client);
                  });
  return exchange;
}

std::unique_ptr<Exchange> Edge::AnswerPreflight(const RequestHead& head,
                                                ResponseWriter& writer) {
  writer.Start({.status = 204,
                .headers = parts_.cors.PreflightHeaders(
                    HeaderOr(head.headers, "origin"))});
  writer.End();
  return AnsweredExchange();
}

std::unique_ptr<Exchange> Edge::ServeProtocol(RequestHead head,
                                              ResponseWriter& writer) {
  if (IsGrpc(head)) return ServeGrpc(std::move(head), writer, "grpc");
  auto web = ParseGrpcWebType(HeaderOr(head.headers, "content-type"));
  if (!web.has_value()) return ServeRest(std::move(head), writer);
  return GrpcWebExchange::Begin(
      std::move(head), *std::move(web), writer,
      [this](RequestHead inner, ResponseWriter& client) {
        return ServeGrpc(std::move(inner), client, "grpc_web");
      });
}

std::unique_ptr<Exchange> Edge::ServeGrpc(RequestHead head,
                                          ResponseWriter& writer,
                                          absl::string_view transport) {
  auto record = std::make_unique<CallRecord>(
      parts_.ledger, transport,
      parts_.traces.Continue(HeaderOr(head.headers, "traceparent")));
  const auto refuse = [&](const absl::Status& status) {
    EndGrpc(writer, /*started=*/false, record->trace(), status);
    record->Finish(status);
    return AnsweredExchange();
  };
  CallHead call;
  call.path = head.path;
  call.metadata = GrpcHeaders(head.headers);
  call.metadata.push_back({"traceparent", FormatTraceparent(record->trace())});

  const absl::string_view service = ServiceOf(head.path);
  if (CallTarget* open = Find(parts_.open, service)) {
    record->set_route(service);
    return GrpcServiceExchange::Start(*open, std::move(call), std::move(record),
                                      writer);
  }
  absl::StatusOr<Principal> principal =
      Authenticate(head.headers, parts_.verify);
  if (!principal.ok()) return refuse(principal.status());
  record->set_principal(*principal);
  const MethodRoute* route = parts_.routes.FindGrpc(head.path);
  if (route == nullptr) {
    return refuse(MakeError(absl::StatusCode::kUnimplemented,
                            "METHOD_NOT_FOUND",
                            "There is no method at this path."));
  }
  record->set_route(route->grpc_path);
  const absl::StatusOr<absl::Duration> timeout =
      CallTimeout(head.headers, route->method->server_streaming());
  if (!timeout.ok()) return refuse(timeout.status());
  call.deadline = parts_.clock.Now() + *timeout;
  call.principal = *std::move(principal);

  if (CallTarget* local = Find(parts_.local, service)) {
    return GrpcServiceExchange::Start(*local, std::move(call),
                                      std::move(record), writer);
  }
  Backend* backend = Find(parts_.backends, route->backend);
  if (backend == nullptr) {
    return refuse(MakeError(absl::StatusCode::kUnimplemented,
                            "METHOD_NOT_FOUND",
                            "No service answers this method here."));
  }
  return GrpcPassage::Start(parts_.loop, parts_.clock, *backend,
                            std::move(call), std::move(record), writer);
}

std::unique_ptr<Exchange> Edge::ServeRest(RequestHead head,
                                          ResponseWriter& writer) {
  auto record = std::make_unique<CallRecord>(
      parts_.ledger, "rest",
      parts_.traces.Continue(HeaderOr(head.headers, "traceparent")));
  const auto refuse = [&](const absl::Status& status) {
    AnswerRestError(writer, record->trace(), status);
    record->Finish(status);
    return AnsweredExchange();
  };
  const std::pair<std::string, std::string> target =
      absl::StrSplit(head.path, absl::MaxSplits('?', 1));
  // The transport sends the head alone to HEAD.
  const std::string method = head.method == "HEAD" ? "GET" : head.method;
  if (method == "GET" && parts_.pages.Has(target.first)) {
    record->set_route(target.first);
    parts_.pages.Answer(target.first, writer, record->trace());
    record->Finish(absl::OkStatus());
    return AnsweredExchange();
  }
  if (method == "GET" && parts_.console.Serves(target.first)) {
    record->set_route("console");
    parts_.console.Answer(head, writer, record->trace());
    record->Finish(absl::OkStatus());
    return AnsweredExchange();
  }
  absl::StatusOr<Principal> principal =
      Authenticate(head.headers, parts_.verify);
  if (!principal.ok()) return refuse(principal.status());
  record->set_principal(*principal);
  absl::StatusOr<RestMatch> match = parts_.routes.Match(method, target.first);
  if (!match.ok()) return refuse(match.status());
  const MethodRoute& route = *match->route->target;
  record->set_route(route.grpc_path);
  const absl::StatusOr<absl::Duration> timeout =
      CallTimeout(head.headers, route.method->server_streaming());
  if (!timeout.ok()) return refuse(timeout.status());

  CallTarget* server = Find(parts_.local, route.method->service()->full_name());
  if (server == nullptr) server = Find(parts_.backends, route.backend);
  if (server == nullptr) {
    return refuse(MakeError(absl::StatusCode::kUnimplemented,
                            "METHOD_NOT_FOUND",
                            "No service answers this method here."));
  }
  RestCall call;
  call.match = *std::move(match);
  call.query = target.second;
  call.headers = std::move(head.headers);
  call.principal = *std::move(principal);
  call.deadline = parts_.clock.Now() + *timeout;
  return std::make_unique<RestExchange>(
      *server, parts_.transcoder, std::move(call), std::move(record), writer);
}

}  // namespace crm::gateway
