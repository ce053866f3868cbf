#include "tests/gateway/client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/proxy/backend.h"
#include "gateway/transcode/grpc_wire.h"

namespace crm::gateway {

std::string Response::Header(absl::string_view name) const {
  const std::string* value = FindHeader(headers, name);
  return value == nullptr ? "" : *value;
}

class Client::Listener final : public UpstreamListener {
 public:
  void OnHead(ResponseHead head) override {
    response_.status = head.status;
    response_.headers = std::move(head.headers);
  }
  void OnData(absl::string_view chunk) override {
    response_.body.append(chunk.data(), chunk.size());
    stream_->Consume(chunk.size());
  }
  void OnEnd(Headers trailers) override {
    response_.trailers = std::move(trailers);
    response_.done = true;
  }
  void OnError(absl::Status status) override {
    response_.error = std::move(status);
    response_.done = true;
  }
  void OnWritable() override {}

  std::unique_ptr<UpstreamStream> stream_;
  Response response_;
};

Client::Client(uint16_t port) {
  thread_.Call([this, port] {
    upstream_ = std::make_unique<H2Upstream>(thread_.loop(),
                                             absl::StrCat("127.0.0.1:", port));
  });
}

Client::~Client() {
  thread_.Call([this] { upstream_.reset(); });
}

Response Client::Fetch(const std::string& method, const std::string& path,
                       Headers headers, const std::string& body) {
  return FetchUntil(method, path, std::move(headers), body,
                    [](const Response& response) { return response.done; });
}

Response Client::FetchUntil(
    const std::string& method, const std::string& path, Headers headers,
    const std::string& body,
    const std::function<bool(const Response&)>& enough) {
  Listener listener;
  thread_.Call([&] {
    RequestHead head;
    head.method = method;
    head.authority = "gateway";
    head.path = path;
    head.headers = std::move(headers);
    listener.stream_ = upstream_->Open(std::move(head), listener);
    if (!body.empty()) listener.stream_->Write(body);
    listener.stream_->End();
  });
  thread_.Eventually(
      [&] { return listener.response_.done || enough(listener.response_); });
  thread_.Call([&] { listener.stream_.reset(); });
  return listener.response_;
}

GrpcResult Client::Call(const std::string& path,
                        const std::vector<std::string>& messages,
                        Headers metadata) {
  metadata.push_back({"content-type", "application/grpc"});
  metadata.push_back({"te", "trailers"});
  std::string body;
  for (const std::string& message : messages) body += GrpcFrame(message);
  Response response = Fetch("POST", path, std::move(metadata), body);
  GrpcResult result;
  result.status = response.error.ok()
                      ? ResponseStatus({.status = response.status,
                                        .headers = response.headers},
                                       response.trailers)
                      : response.error;
  GrpcFrameReader reader;
  reader.Append(response.body);
  for (auto next = reader.Next(); next.ok() && next->has_value();
       next = reader.Next()) {
    result.messages.push_back(**next);
  }
  result.headers = std::move(response.headers);
  result.trailers = std::move(response.trailers);
  return result;
}

}  // namespace crm::gateway
