// Keeps the audit trail of a running service: writes down what was denied and
// read, chains what was written, and has the chains vouched for elsewhere.

#ifndef CRM_SHARED_RESOURCE_AUDIT_AUDIT_KEEPER_H_
#define CRM_SHARED_RESOURCE_AUDIT_AUDIT_KEEPER_H_

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/auth/private_key.h"
#include "shared/base/clock.h"
#include "shared/observe/log.h"
#include "shared/resource/audit/audit_chain.h"
#include "shared/resource/audit/audit_source.h"
#include "shared/resource/catalog.h"
#include "shared/storage/database.h"

namespace crm {

// A thread of its own that looks twice a second. A change is in the chain at
// most a second after its commit, unless the store is busier than that.
// Several processes over one store may each run one. Thread-safe.
class AuditKeeper {
 public:
  // Takes a checkpoint, one line without its end, to where the chain is not.
  using Sink = std::function<absl::Status(const std::string& line)>;

  struct Options {
    std::string service;
    absl::Duration interval = absl::Milliseconds(500);
    absl::Duration checkpoint_interval = absl::Minutes(10);
    // Entries chained in one transaction.
    int batch = 512;
    // Signs checkpoints; without a key there are none.
    std::optional<PrivateKey> key;
    Sink sink;
  };

  // All outlive this.
  AuditKeeper(Database& database, const ResourceCatalog& catalog,
              std::vector<AuditSource*> sources, const Clock& clock,
              Logger& logger, Options options);

  // Stops.
  ~AuditKeeper();
  AuditKeeper(const AuditKeeper&) = delete;
  AuditKeeper& operator=(const AuditKeeper&) = delete;

  void Start();

  // Chains what is there, gives the last checkpoint, and ends the thread.
  void Stop();

  // Does what is due at once: for tests, and before a stop.
  absl::Status Advance(bool all = false);

  // Signs the heads that have moved since the last time, and hands them over.
  absl::Status GiveCheckpoint();

  const AuditChain& chain() const { return chain_; }

 private:
  void Run();
  absl::Status WriteDown(AuditSource& source, bool all);
  // Says a failure once, until something else happens.
  void Report(const char* what, const absl::Status& status);

  Database& database_;
  const Resource* const entries_;
  const std::vector<AuditSource*> sources_;
  const Clock& clock_;
  Logger& logger_;
  const Options options_;
  const AuditChain chain_;

  // Guards what Advance() and GiveCheckpoint() do.
  std::mutex work_mutex_;
  std::map<std::string, AuditHead> signed_;
  std::map<std::string, std::string> reported_;
  std::map<const AuditSource*, int64_t> lost_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

// Returns a sink that appends lines to the file at `path`, synced to disk; `-`
// is standard output. Returns FAILED_PRECONDITION (CHECKPOINTS_UNWRITABLE) if
// it cannot be opened.
absl::StatusOr<AuditKeeper::Sink> CheckpointSink(const std::string& path);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_AUDIT_AUDIT_KEEPER_H_
