// A stream that its caller sends messages on, too: the first is the request of
// the call, the others are read when the handler asks for them.

#ifndef CRM_SHARED_CALL_DUPLEX_STREAM_H_
#define CRM_SHARED_CALL_DUPLEX_STREAM_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "shared/call/call.h"

namespace crm {

// Both sides of a stream. Thread-safe.
class DuplexStream : public ServerStream {
 public:
  // Is given the serialised message that came; nothing if none will come any
  // more, since the caller has sent all or the stream is over.
  using OnMessage = std::function<void(std::optional<std::string> bytes)>;

  // Reads one message and calls `on_message` once, from any thread. A caller
  // whose messages are not read is held back by the transport, so a handler
  // that reads when it is done with the last message takes no more than it can
  // do with. Not called again before `on_message` was.
  virtual void Read(OnMessage on_message) = 0;
};

// Serves calls that stream both ways. Holds no thread.
using DuplexHandler =
    std::function<void(std::shared_ptr<Call>, std::shared_ptr<DuplexStream>)>;

// Returns `handler` for the binding of a method that streams both ways: its
// streams are DuplexStreams, whatever the transport.
inline StreamHandler ServeBothWays(DuplexHandler handler) {
  return [handler = std::move(handler)](std::shared_ptr<Call> call,
                                        std::shared_ptr<ServerStream> stream) {
    handler(std::move(call),
            std::static_pointer_cast<DuplexStream>(std::move(stream)));
  };
}

}  // namespace crm

#endif  // CRM_SHARED_CALL_DUPLEX_STREAM_H_
