// One call on its way through a server: what came in, what the filters found
// out, and how it is answered. Knows no transport.

#ifndef CRM_SHARED_CALL_CALL_H_
#define CRM_SHARED_CALL_CALL_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "shared/call/criticality.h"
#include "shared/call/method_table.h"
#include "shared/call/principal.h"

namespace crm {

class Caller;

// Names and values that travel beside a message. Names are lower case.
using Metadata = std::vector<std::pair<std::string, std::string>>;

// Returns the first value of `name`, or "" without one.
absl::string_view FindMetadata(const Metadata& metadata,
                               absl::string_view name);

// What a handler is told about the call it serves.
struct CallContext {
  // The method; never null while a call is served.
  const MethodInfo* method = nullptr;
  Principal principal;
  // What the principal may do, as shared/auth/caller.h knows it; null in code
  // that acts for nobody.
  std::shared_ptr<const Caller> caller;
  // When the call arrived. Handlers take their time from here.
  absl::Time now;
  // When the caller stops waiting.
  absl::Time deadline = absl::InfiniteFuture();
  // The W3C trace id, 32 hex digits, and the span of this process's part.
  std::string trace_id;
  std::string span_id;
  // The consistency tokens that the caller sent (`crm-token`), unverified.
  std::vector<std::string> consistency_tokens;
  // What the caller asked for, no higher than it may; to be passed on.
  Criticality criticality = Criticality::kCritical;
  // Whether what duplicate rules refuse is to be stored all the same
  // (`crm-allow-duplicates: true`).
  bool allow_duplicates = false;
  // The caller's credential, to be passed on to other services.
  std::string bearer_token;
  // Of a call that the service makes itself: the event that it answers to, and
  // what led to that and to the call, the first cause first.
  std::string cause_event_id = {};
  std::vector<std::string> cause_chain = {};
};

// One call. The transport makes it, filters fill it in, one handler answers it.
// Used by one thread at a time, but for `cancelled`.
struct Call {
  CallContext context;
  Metadata metadata;
  // The request as it came, until the parse filter replaces it by `request`.
  std::string request_bytes;
  std::unique_ptr<google::protobuf::Message> request;
  // Where the caller is, for the log.
  std::string peer;
  // The SPIFFE id in the certificate of the calling process; empty without one.
  std::string peer_identity;
  // When the gate let it in, on the monotonic clock.
  absl::Duration admitted = absl::ZeroDuration();
  // Set by the transport when the caller has gone away.
  std::atomic<bool> cancelled{false};
};

// What a unary call is answered with: the serialised response, so that stored
// bytes need no parsing, and metadata that goes before it.
struct Answer {
  std::string bytes;
  Metadata metadata;
};

// Answers a call; called exactly once, from any thread.
using Done = std::function<void(absl::StatusOr<Answer>)>;

// Serves unary calls. Returns at once or soon; may answer later.
using UnaryHandler = std::function<void(std::shared_ptr<Call>, Done)>;

// The sending side of a server stream. Thread-safe.
class ServerStream {
 public:
  virtual ~ServerStream() = default;

  // Queues one serialised message. Returns false when the stream is over or its
  // buffer (1 MiB) is full: then nothing was queued, and `on_ready` is called
  // once when there is room.
  virtual bool Write(std::string bytes) = 0;

  // Sets what is called when the stream has room after a refused Write, and
  // when the caller has gone away. Called from any thread, never while Write
  // runs.
  virtual void SetOnReady(std::function<void()> on_ready) = 0;

  // Ends the stream after what is queued. Later calls do nothing.
  virtual void Finish(absl::Status status) = 0;

  // Returns whether the caller has gone away or the deadline has passed.
  virtual bool cancelled() const = 0;
};

// Serves server-streaming calls: keeps `stream` and writes to it as it likes.
// Holds no thread.
using StreamHandler =
    std::function<void(std::shared_ptr<Call>, std::shared_ptr<ServerStream>)>;

// Where a unary handler runs: at once on the transport's thread, which must not
// block, or on a bounded pool.
enum class Placement { kInline, kPool };

// A method and what serves it; one of the handlers is set.
struct MethodBinding {
  const MethodInfo* method = nullptr;
  UnaryHandler unary;
  StreamHandler stream;
  Placement placement = Placement::kPool;
  // Whether a unary handler answers when something happens, however long that
  // takes. It must need next to nothing meanwhile: its call counts as served as
  // soon as it waits, so that it is in no other's way.
  bool waits = false;
};

// Lets calls in as there is room, some at once, some a little later, and
// refuses the others. Thread-safe.
class CallGate {
 public:
  // What becomes of a call: OK, or why it is refused. `waited` says that this
  // is not the thread that called Enter.
  using Decided = std::function<void(absl::Status status, bool waited)>;

  virtual ~CallGate() = default;

  // Decides on `call`, whose caller is known, and calls `decided` once: at
  // once, or later from any thread, and then it must return soon.
  virtual void Enter(std::shared_ptr<Call> call, Decided decided) = 0;

  // Gives back the place of a call that was let in: a unary one when it is
  // answered with `status`, a stream as soon as it is open, one that waits
  // before it does.
  virtual void Leave(const Call& call, const absl::Status& status) = 0;
};

// A step that every call takes before its handler. Thread-safe.
class CallFilter {
 public:
  virtual ~CallFilter() = default;

  // Lets the call go on, or ends it with an error.
  virtual absl::Status Begin(Call& call) = 0;

  // Sees the end of every call whose Begin was called, in reverse order; the
  // call is answered with `status`.
  virtual void End(const Call& call, const absl::Status& status);
};

}  // namespace crm

#endif  // CRM_SHARED_CALL_CALL_H_
