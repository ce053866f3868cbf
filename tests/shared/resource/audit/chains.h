// Audit chains for tests: as a service keeps them, and as a dump has them.

#ifndef CRM_TESTS_SHARED_RESOURCE_AUDIT_CHAINS_H_
#define CRM_TESTS_SHARED_RESOURCE_AUDIT_CHAINS_H_

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "shared/auth/key_set.h"
#include "shared/auth/private_key.h"
#include "shared/base/clock.h"
#include "shared/base/ids.h"
#include "shared/events/outbox.h"
#include "shared/resource/audit/audit_chain.h"
#include "shared/resource/audit/checkpoint.h"
#include "shared/resource/catalog.h"
#include "shared/storage/database.h"

namespace crm::testing {

// Returns an entry with values in every field.
platform::v1::AuditEntry RandomEntry(std::mt19937_64& random);

// Returns the dump of a chain of `count` records, a line a record.
std::vector<std::string> DumpOf(const std::string& service,
                                const std::string& tenant, int count);

// Returns the checkpoint of a dump's last record.
Checkpoint CheckpointOf(const std::vector<std::string>& dump,
                        const PrivateKey& key);

// Returns the key set with the public half of `key`, for checkpoints.
KeySet KeysOf(const PrivateKey& key);
std::string KeySetText(const PrivateKey& key);

// A store with the tables of the trail, in a folder of its own. Called
// `operational`. Thread-compatible.
class AuditStore {
 public:
  AuditStore();
  ~AuditStore();

  // Writes an event and its entry in one commit, and numbers the event. Returns
  // the name of the entry.
  std::string Write(const std::string& tenant);
  // The entry's event, without the entry.
  void WriteBareEvent(const std::string& tenant);

  // Chains what waits. Returns the status of the write.
  absl::Status Chain();
  AuditChain::Step Plan(int max = 1000);
  absl::Status Apply(const AuditChain::Step& step);

  platform::v1::ReadAuditChainResponse Read(const std::string& tenant,
                                            int64_t after_n = 0,
                                            int page_size = 0);
  // Returns the chain as a dump.
  std::vector<std::string> Dump(const std::string& tenant);

  // Runs one statement.
  absl::Status Execute(const std::string& sql,
                       const std::vector<SqlValue>& params = {});

  Database& database() { return *database_; }
  const ResourceCatalog& catalog() const { return catalog_; }
  const AuditChain& chain() const { return *chain_; }
  const Clock& clock() const { return clock_; }
  IdMaker& ids() { return ids_; }

 private:
  void Append(const std::string& tenant, bool with_entry, std::string* name);

  std::string folder_;
  SystemClock clock_;
  IdMaker ids_{clock_};
  ResourceCatalog catalog_;
  std::unique_ptr<Database> database_;
  std::optional<Outbox> outbox_;
  std::optional<AuditChain> chain_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_RESOURCE_AUDIT_CHAINS_H_
