// The listening socket of a server, accepted from by a thread of our own.
//
// gRPC's own listener in 1.51 stops for good when file descriptors run out once
// (CVE-2023-4785) and takes any number of connections; this one waits until
// there are descriptors again, and has a limit.

#ifndef CRM_SHARED_RPC_ACCEPT_LOOP_H_
#define CRM_SHARED_RPC_ACCEPT_LOOP_H_

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"

namespace crm {

// Accepts TCP connections and hands them on. Thread-safe.
class AcceptLoop {
 public:
  // Is given each connection, non-blocking, to own.
  using OnConnection = std::function<void(int fd)>;

  // Listens on `address`, `host:port`; port 0 lets the kernel choose. Nothing
  // is accepted before Run. Returns INVALID_ARGUMENT with reason
  // ADDRESS_INVALID, or UNAVAILABLE with reason LISTEN_FAILED, as when the port
  // is taken.
  static absl::StatusOr<std::unique_ptr<AcceptLoop>> Listen(
      absl::string_view address, size_t max_connections);

  // Stops.
  ~AcceptLoop();

  AcceptLoop(const AcceptLoop&) = delete;
  AcceptLoop& operator=(const AcceptLoop&) = delete;

  // Starts the thread that accepts. Connections beyond the limit are closed at
  // once.
  void Run(OnConnection on_connection);

  // Closes the socket and ends the thread. Later calls do nothing.
  void Stop();

  // Lets nothing more come in on the connections that are open, which ends
  // them. Returns whether none is open `patience` later. Stop comes first.
  bool EndConnections(absl::Duration patience);

  // Returns for how long the thread has not come by, which it does every few
  // seconds; zero when it does not run.
  absl::Duration Stall() const;

  int port() const { return port_; }

  // Returns how many connections were closed because of the limit.
  int64_t refused_count() const { return refused_count_; }

  // Returns how many times no file descriptor was left.
  int64_t exhausted_count() const { return exhausted_count_; }

 private:
  AcceptLoop(int listener, int wake, int port, size_t max_connections);

  void Accept();
  // Takes one connection. Returns false if descriptors ran out.
  bool AcceptOne();
  bool HasRoom();
  // Forgets the connections that are closed.
  void DropClosed();
  // Waits for a connection, or for `timeout_ms` alone; returns false on Stop.
  bool Wait(bool for_connection, int timeout_ms);

  const int listener_;
  const int wake_;
  const int port_;
  const size_t max_connections_;
  OnConnection on_connection_;
  // The connections handed on, by descriptor, with the inode of each socket: a
  // descriptor that has another inode, or none, belongs to a closed connection.
  std::map<int, ino_t> connections_;
  std::atomic<int64_t> refused_count_{0};
  std::atomic<int64_t> exhausted_count_{0};
  std::atomic<bool> stopped_{false};
  const SystemClock clock_;
  // When the thread came by, on the monotonic clock, in nanoseconds; 0 when it
  // does not run.
  std::atomic<int64_t> tick_{0};
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_ACCEPT_LOOP_H_
