// Stands between a client and a PostgreSQL server, and breaks connections at
// the worst instants.

#ifndef CRM_TESTS_SUPPORT_POSTGRES_SERVER_CONNECTION_PROXY_H_
#define CRM_TESTS_SUPPORT_POSTGRES_SERVER_CONNECTION_PROXY_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace crm::testing {

// Listens on a socket in a folder of its own. Thread-safe.
class ConnectionProxy {
 public:
  // When the next COMMIT is cut off.
  enum class Cut { kNever, kBeforeIt, kAfterIt };

  explicit ConnectionProxy(std::string server_socket);

  // Breaks all connections.
  ~ConnectionProxy();
  ConnectionProxy(const ConnectionProxy&) = delete;
  ConnectionProxy& operator=(const ConnectionProxy&) = delete;

  // Where its socket is.
  const std::string& folder() const { return folder_; }

  // Has the next COMMIT break its connection: before the server gets it, or
  // after the server has committed and before the client hears of it.
  void CutNextCommit(Cut cut) { cut_ = cut; }

  // Whether that has happened.
  bool has_cut() const { return cut_ == Cut::kNever; }

  // Lets no answer of the server through, as if the network ate it.
  void Hold() { held_ = true; }

  // How often a client has waited for the server since the start.
  int64_t round_trips() const { return round_trips_; }

 private:
  void Accept();
  void Serve(int client);

  const std::string server_socket_;
  std::string folder_;
  int listener_ = -1;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> held_ = false;
  std::atomic<Cut> cut_ = Cut::kNever;
  std::atomic<int64_t> round_trips_ = 0;
  // The acceptor's until it has ended.
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_POSTGRES_SERVER_CONNECTION_PROXY_H_
