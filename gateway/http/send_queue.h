// The bytes of one body that wait to be sent, and what ends it.

#ifndef CRM_GATEWAY_HTTP_SEND_QUEUE_H_
#define CRM_GATEWAY_HTTP_SEND_QUEUE_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gateway/http/exchange.h"

namespace crm::gateway {

// Keeps the pieces as they were written, so that a large one is copied once, to
// the socket's buffer. Thread-compatible.
class SendQueue {
 public:
  void Append(std::string chunk);

  // Nothing follows but `trailers`.
  void End(Headers trailers);

  // Moves the first `count` bytes, at most size(), to the end of `out`.
  void MoveTo(std::string& out, size_t count);

  // Drops what waits.
  void Clear();

  // Returns true once after size() has been above kHighWaterBytes and has
  // fallen to kLowWaterBytes: the writer should be told to go on.
  bool TakeRelief();

  size_t size() const { return size_; }
  bool ended() const { return ended_; }
  // Whether nothing has been moved, so that all of it can be sent elsewhere.
  bool untouched() const { return !moved_; }
  const Headers& trailers() const { return trailers_; }

  // Whether the sender found nothing and has to be woken.
  bool starved() const { return starved_; }
  void set_starved(bool starved) { starved_ = starved; }

 private:
  std::vector<std::string> chunks_;
  size_t first_ = 0;         // The first chunk not wholly moved.
  size_t first_offset_ = 0;  // What is moved of it.
  size_t size_ = 0;
  Headers trailers_;
  bool ended_ = false;
  bool above_high_water_ = false;
  bool starved_ = false;
  bool moved_ = false;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_SEND_QUEUE_H_
