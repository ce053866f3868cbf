// The chain of a service's audit entries: who tampers with one, drops one or
// moves one breaks every hash behind it.
//
// An entry is written in the commit of the change it is about, without a number
// and so without a row that writers would wait for. Afterwards it is numbered,
// tenant by tenant, in the order in which the relay numbered its event, and its
// hash is kept beside it. Whoever extends the chain compares the head that it
// saw with the one that is there, in the transaction that writes the new one:
// of two processes that try, one fails and nothing of it stays.

#ifndef CRM_SHARED_RESOURCE_AUDIT_AUDIT_CHAIN_H_
#define CRM_SHARED_RESOURCE_AUDIT_AUDIT_CHAIN_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/platform/v1/audit_chain.pb.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "shared/resource/catalog.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm {

// How far the chain of one tenant has come; n is 0 without a record.
struct AuditHead {
  int64_t n = 0;
  std::string hash;

  friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

// Returns the tables of the chain, for the schema of the service's database.
std::vector<SqlTable> AuditChainTables();

// The chains of one service. It keeps no state. Thread-safe.
class AuditChain {
 public:
  // What one step is going to add.
  struct Step {
    struct Link {
      std::string tenant;
      int64_t n = 0;
      std::string name;
      std::string hash;
    };
    std::vector<Link> links;
    // The heads of the tenants concerned, before and after.
    std::map<std::string, AuditHead> before;
    std::map<std::string, AuditHead> after;
    // Up to which event each partition is dealt with, before and after.
    std::map<int64_t, int64_t> from;
    std::map<int64_t, int64_t> to;
    // Entries without an event that are dealt with.
    std::vector<std::pair<std::string, std::string>> pending;
    // Events whose entry is not there.
    int64_t missing = 0;

    bool empty() const { return to.empty() && pending.empty(); }
  };

  // The catalog, which knows AuditEntry, outlives this.
  AuditChain(absl::string_view service, const ResourceCatalog& catalog);

  // Works out how to take up to `max` entries into the chain. Reads only, so it
  // costs the writer nothing.
  absl::StatusOr<Step> Plan(SqlReader& reader, int max) const;

  // Does it. Returns ABORTED (AUDIT_CHAIN_MOVED) if the chain is not any more
  // as it was when the step was planned.
  absl::Status Apply(SqlWriter& writer, const Step& step) const;

  // Returns the heads of all tenants.
  absl::StatusOr<std::map<std::string, AuditHead>> Heads(
      SqlReader& reader) const;

  // Answers AuditChainService.ReadAuditChain for one tenant. Returns
  // INVALID_ARGUMENT (BAD_REQUEST) for negative numbers.
  absl::StatusOr<platform::v1::ReadAuditChainResponse> Read(
      SqlReader& reader, absl::string_view tenant,
      const platform::v1::ReadAuditChainRequest& request) const;

 private:
  // Returns the stored entry, or nothing.
  absl::StatusOr<std::optional<platform::v1::AuditEntry>> FindEntry(
      SqlReader& reader, absl::string_view tenant,
      absl::string_view name) const;
  absl::StatusOr<AuditHead> HeadOf(SqlReader& reader,
                                   absl::string_view tenant) const;
  absl::Status PlanEvents(SqlReader& reader, int64_t part, int64_t from,
                          int64_t max, Step& step) const;
  absl::Status PlanPending(SqlReader& reader, int64_t max, Step& step) const;
  // Returns the name of the entry that was stored with an event.
  std::string NameOfEvent(absl::string_view event_id) const;
  absl::Status Append(SqlReader& reader, const std::string& tenant,
                      const std::string& name,
                      std::optional<platform::v1::AuditEntry> entry,
                      Step& step) const;

  const std::string service_;
  const Resource* const entries_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_AUDIT_AUDIT_CHAIN_H_
