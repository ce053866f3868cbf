// An exchange that stands between a client and another exchange, and changes
// what passes: the form of the bytes, or headers.

#ifndef CRM_GATEWAY_PROXY_WRAPPED_EXCHANGE_H_
#define CRM_GATEWAY_PROXY_WRAPPED_EXCHANGE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "gateway/http/exchange.h"

namespace crm::gateway {

// To the client it is the exchange, to the exchange within it is the writer.
// Passes everything on; what derives from it overrides what it changes. Loop
// thread only.
class WrappedExchange : public Exchange, protected ResponseWriter {
 public:
  explicit WrappedExchange(ResponseWriter& client) : client_(client) {}
  WrappedExchange(const WrappedExchange&) = delete;
  WrappedExchange& operator=(const WrappedExchange&) = delete;

  // Makes the exchange within, which may answer at once. Called once, before
  // the client is heard.
  void Serve(RequestHead head, const ExchangeFactory& serve) {
    inner_ = serve(std::move(head), *this);
  }

  // Exchange, of which the client's side calls:
  void OnData(absl::string_view chunk) override { inner_->OnData(chunk); }
  void OnEnd() override { inner_->OnEnd(); }
  void OnReset() override { inner_->OnReset(); }
  void OnWritable() override { inner_->OnWritable(); }

 protected:
  // ResponseWriter, of which the exchange within calls:
  void Start(ResponseHead head) override { client_.Start(std::move(head)); }
  void Write(std::string chunk) override { client_.Write(std::move(chunk)); }
  void End(Headers trailers) override { client_.End(std::move(trailers)); }
  void Reset() override { client_.Reset(); }
  void Consume(size_t bytes) override { client_.Consume(bytes); }
  size_t buffered() const override { return client_.buffered(); }

  Exchange& inner() { return *inner_; }
  ResponseWriter& client() { return client_; }

 private:
  ResponseWriter& client_;
  std::unique_ptr<Exchange> inner_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_PROXY_WRAPPED_EXCHANGE_H_
