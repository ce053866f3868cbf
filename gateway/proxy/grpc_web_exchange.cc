#include "gateway/proxy/grpc_web_exchange.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

// Headers of browsers that would say something else of a gRPC call.
bool IsOfTheBrowser(const Header& header) {
  return header.name == "accept" || header.name == "accept-encoding" ||
         header.name == "content-type" || header.name == "x-grpc-web";
}

// Takes what gRPC says of a call's end out of `headers`.
void MoveStatus(Headers& headers, GrpcTrailers& trailers) {
  const auto first = std::stable_partition(
      headers.begin(), headers.end(), [](const Header& header) {
        return !absl::StartsWith(header.name, "grpc-");
      });
  for (auto it = first; it != headers.end(); ++it) {
    trailers.emplace_back(std::move(it->name), std::move(it->value));
  }
  headers.erase(first, headers.end());
}

}  // namespace

std::unique_ptr<Exchange> GrpcWebExchange::Begin(RequestHead head,
                                                 GrpcWebType type,
                                                 ResponseWriter& client,
                                                 const ExchangeFactory& serve) {
  Headers& headers = head.headers;
  headers.erase(std::remove_if(headers.begin(), headers.end(), IsOfTheBrowser),
                headers.end());
  headers.push_back({"content-type", "application/grpc" + type.codec});
  std::unique_ptr<GrpcWebExchange> exchange(
      new GrpcWebExchange(std::move(type), client));
  exchange->Serve(std::move(head), serve);
  return exchange;
}

GrpcWebExchange::GrpcWebExchange(GrpcWebType type, ResponseWriter& client)
    : WrappedExchange(client), type_(std::move(type)) {}

void GrpcWebExchange::OnData(absl::string_view chunk) {
  if (!type_.text) return inner().OnData(chunk);
  absl::StatusOr<std::string> bytes = reader_.Append(chunk);
  if (!bytes.ok()) return Fail(bytes.status());
  owed_ += chunk.size();
  owed_decoded_ += bytes->size();
  if (!bytes->empty()) inner().OnData(*bytes);
}

void GrpcWebExchange::OnEnd() {
  if (!reader_.empty()) {
    return Fail(InvalidArgument("BASE64_MALFORMED",
                                "The request ends inside a group of base64."));
  }
  inner().OnEnd();
}

void GrpcWebExchange::Start(ResponseHead head) {
  started_ = true;
  for (Header& header : head.headers) {
    if (header.name == "content-type") {
      header.value = GrpcWebContentType(type_);
    }
  }
  if (FindHeader(head.headers, "grpc-status") != nullptr) {
    MoveStatus(head.headers, ends_with_);
  }
  WrappedExchange::Start(std::move(head));
}

void GrpcWebExchange::Write(std::string chunk) {
  client().Write(type_.text ? absl::Base64Escape(chunk) : std::move(chunk));
}

void GrpcWebExchange::End(Headers trailers) {
  over_ = true;
  GrpcTrailers pairs = std::move(ends_with_);
  for (Header& trailer : trailers) {
    pairs.emplace_back(std::move(trailer.name), std::move(trailer.value));
  }
  Write(GrpcWebTrailersFrame(pairs));
  client().End({});
}

void GrpcWebExchange::Reset() {
  over_ = true;
  WrappedExchange::Reset();
}

void GrpcWebExchange::Consume(size_t bytes) {
  if (!type_.text) return client().Consume(bytes);
  owed_decoded_ -= std::min(owed_decoded_, bytes);
  const size_t credit = owed_decoded_ == 0 ? owed_ : std::min(owed_, bytes);
  owed_ -= credit;
  client().Consume(credit);
}

void GrpcWebExchange::Fail(const absl::Status& status) {
  if (over_) return;
  inner().OnReset();
  if (!started_) {
    Start({.status = 200, .headers = {{"content-type", "application/grpc"}}});
  }
  Headers trailers;
  for (auto& [name, value] : StatusTrailers(status)) {
    trailers.push_back({name, std::move(value)});
  }
  End(std::move(trailers));
}

}  // namespace crm::gateway
