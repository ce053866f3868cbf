// A gRPC call on its way through to a backend: bytes, metadata and trailers
// pass as they are, in both directions, and each side is held back by the
// other.

#ifndef CRM_GATEWAY_PROXY_GRPC_PASSAGE_H_
#define CRM_GATEWAY_PROXY_GRPC_PASSAGE_H_

#include <cstddef>
#include <memory>

#include "gateway/http/event_loop.h"
#include "gateway/http/exchange.h"
#include "gateway/policy/call_record.h"
#include "gateway/proxy/backend.h"
#include "gateway/proxy/message_call.h"
#include "shared/base/clock.h"

namespace crm::gateway {

// One call of any of the four shapes. Loop thread only.
class GrpcPassage final : public Exchange {
 public:
  // Opens the call at `backend`. `head.metadata` goes to it, with what is left
  // of the deadline as `grpc-timeout`. When the deadline passes, the backend is
  // cancelled and the client gets DEADLINE_EXCEEDED.
  static std::unique_ptr<GrpcPassage> Start(EventLoop& loop, const Clock& clock,
                                            Backend& backend, CallHead head,
                                            std::unique_ptr<CallRecord> record,
                                            ResponseWriter& writer);

  void OnData(absl::string_view chunk) override;
  void OnEnd() override;
  void OnReset() override;
  void OnWritable() override;

 private:
  // Hears the backend. It is a class of its own because both sides' interfaces
  // have functions of the same names.
  class BackendSide final : public UpstreamListener {
   public:
    explicit BackendSide(GrpcPassage& passage) : passage_(passage) {}

    void OnHead(ResponseHead head) override;
    void OnData(absl::string_view chunk) override;
    void OnEnd(Headers trailers) override;
    void OnError(absl::Status status) override;
    void OnWritable() override;

   private:
    GrpcPassage& passage_;
  };

  GrpcPassage(Backend& backend, std::unique_ptr<CallRecord> record,
              ResponseWriter& writer);

  // Ends the call with an error of the gateway's own.
  void Fail(const absl::Status& status);
  void ReturnClientCredit();
  void ReturnBackendCredit();

  Backend& backend_;
  ResponseWriter& writer_;
  std::unique_ptr<CallRecord> record_;
  BackendSide backend_side_;
  ResponseHead response_head_;
  bool started_ = false;
  // Bytes taken from each side whose credit is not returned.
  size_t owed_to_client_ = 0;
  size_t owed_to_backend_ = 0;
  Timer timer_;
  // Destroyed first: it refers to `backend_side_`. Null when the call is over.
  std::unique_ptr<UpstreamStream> stream_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_PROXY_GRPC_PASSAGE_H_
