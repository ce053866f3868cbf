// Asks a replica of a backend whether it serves, and hears when that changes.

#ifndef CRM_GATEWAY_PROXY_HEALTH_WATCH_H_
#define CRM_GATEWAY_PROXY_HEALTH_WATCH_H_

#include <memory>
#include <string>

#include "gateway/http/event_loop.h"
#include "gateway/http/upstream_replica.h"
#include "gateway/transcode/grpc_wire.h"

namespace crm::gateway {

// One stream of grpc.health.v1.Health.Watch for the whole server. A replica
// that has no such service counts as serving; one that breaks the stream off is
// asked again. Loop thread only.
class HealthWatch final : public ReplicaWatch, private UpstreamListener {
 public:
  // How long after its end the stream is opened again.
  static constexpr absl::Duration kPause = absl::Seconds(1);

  // `service` is the backend's name. `loop` and `replica` outlive the watch.
  HealthWatch(EventLoop& loop, UpstreamReplica& replica, std::string service);

 private:
  void OnHead(ResponseHead head) override;
  void OnData(absl::string_view chunk) override;
  void OnEnd(Headers trailers) override;
  void OnError(absl::Status status) override;
  void OnWritable() override {}

  void Ask();
  void AskAgain();

  EventLoop& loop_;
  UpstreamReplica& replica_;
  const std::string service_;
  ResponseHead head_;
  GrpcFrameReader reader_;
  Timer timer_;
  std::unique_ptr<UpstreamStream> stream_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_PROXY_HEALTH_WATCH_H_
