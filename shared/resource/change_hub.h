// Serves ChangeService.Watch: streams the changes of a service to whoever
// watches, from its own log.
//
// One thread reads the log for all watchers; a watcher whose buffer is full is
// left alone until it has room, and goes on from its own position, so a slow
// reader costs no memory and holds up nobody.

#ifndef CRM_SHARED_RESOURCE_CHANGE_HUB_H_
#define CRM_SHARED_RESOURCE_CHANGE_HUB_H_

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "crm/internal/v1/event.pb.h"
#include "crm/platform/v1/change.pb.h"
#include "shared/base/clock.h"
#include "shared/call/call.h"
#include "shared/events/outbox.h"
#include "shared/storage/database.h"

namespace crm {

// The most streams of one principal.
inline constexpr int kMaxWatchesPerPrincipal = 10;

// The watchers of one service. Thread-safe.
class ChangeHub {
 public:
  struct Options {
    // Authenticates resume tokens.
    std::string secret;
    // Says whether a principal sees an event, and makes the change what he
    // sees of it; see ChangeView::Show.
    std::function<absl::StatusOr<bool>(const Principal& principal,
                                       const internal::v1::Event& event,
                                       platform::v1::Change& change)>
        show;
    // How often a stream on which nothing happens says so.
    absl::Duration heartbeat = absl::Seconds(15);
    // How often the log is looked at when nobody calls Wake().
    absl::Duration check_interval = absl::Milliseconds(500);
  };

  // All outlive this.
  ChangeHub(Database& database, const Outbox& outbox, const Clock& clock,
            Options options);
  // Stops.
  ~ChangeHub();
  ChangeHub(const ChangeHub&) = delete;
  ChangeHub& operator=(const ChangeHub&) = delete;

  // Serves one call; a StreamHandler. Ends the stream with INVALID_ARGUMENT for
  // a bad filter or token, OUT_OF_RANGE (RESUME_TOKEN_TOO_OLD) for a token of
  // another epoch, RESOURCE_EXHAUSTED (TOO_MANY_WATCHES) beyond
  // kMaxWatchesPerPrincipal, UNAVAILABLE (DRAINING) when the server stops.
  void Watch(std::shared_ptr<Call> call, std::shared_ptr<ServerStream> stream);

  // Says that there may be new changes; cheap.
  void Wake();

  // Ends all streams and the thread.
  void Stop();

 private:
  struct Session;

  absl::StatusOr<std::shared_ptr<Session>> Open(
      const std::shared_ptr<Call>& call,
      const std::shared_ptr<ServerStream>& stream);
  // Says whether another stream may be added. Requires mutex_.
  absl::Status Admit(const Principal& principal) const;
  absl::Status Resume(const std::string& token, Session& session) const;
  void Loop();
  absl::Status Serve(Session& session, const std::vector<int64_t>& heads);
  absl::Status ServePartition(Session& session, int partition, bool& room);
  bool Passes(const Session& session, const internal::v1::Event& event) const;
  std::string TokenAt(const Session& session) const;

  Database& database_;
  const Outbox& outbox_;
  const Clock& clock_;
  const Options options_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;
  std::list<std::shared_ptr<Session>> sessions_;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_CHANGE_HUB_H_
