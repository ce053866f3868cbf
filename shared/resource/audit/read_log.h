// Collects who read personal data, for the audit trail, without holding up the
// reads.

#ifndef CRM_SHARED_RESOURCE_AUDIT_READ_LOG_H_
#define CRM_SHARED_RESOURCE_AUDIT_READ_LOG_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/strings/string_view.h"
#include "shared/base/ids.h"
#include "shared/call/call.h"
#include "shared/resource/audit/audit_source.h"

namespace crm {

// Names in one entry; the next name begins another.
inline constexpr size_t kMaxReadNames = 100;

// What readers can make us keep is bounded. Reads beyond this many entries are
// counted, and lost; names and filters beyond this many bytes are left out of
// entries that still count their reads.
inline constexpr size_t kMaxWaitingReads = 10'000;
inline constexpr size_t kMaxWaitingReadBytes = size_t{8} << 20;

// What one call has read.
struct ReadFact {
  // The type of the resources, as `crm/Lead`; empty where there are several.
  absl::string_view resource_type;
  // The collection's parent, of lists.
  std::string parent = {};
  std::string filter = {};
  // The resources that were asked for by name.
  std::vector<std::string> names = {};
  // How many were read.
  int64_t count = 0;
};

// Reads of one caller by one method, with one parent and filter, share an entry
// until Take(), which leaves nothing: so the trail grows by a few entries for
// each caller and interval, whatever he reads. Thread-safe.
class ReadLog final : public AuditSource {
 public:
  enum class Recorded {
    // Callers who may read the audit trail themselves.
    kPrivileged,
    kEveryone,
  };

  // `ids` outlives this.
  ReadLog(std::string service, IdMaker& ids, Recorded recorded)
      : service_(std::move(service)), ids_(ids), recorded_(recorded) {}

  // Returns whether reads by this caller are recorded: never those of the
  // suite's own processes.
  bool Wants(const CallContext& call) const;

  // Collects what `call` has read.
  void Record(const CallContext& call, ReadFact fact);

  std::vector<TenantEntry> Take(bool all) override;
  void PutBack(std::vector<TenantEntry> entries) override;
  int64_t lost() const override;

 private:
  // An entry that still grows.
  struct Open {
    TenantEntry one;
    std::set<std::string> names;
  };

  // Returns the entry that `call` adds to, or null if there is no room.
  Open* Find(const CallContext& call, const ReadFact& fact);
  TenantEntry EntryOf(const CallContext& call, const ReadFact& fact) const;
  TenantEntry Close(Open& open) const;
  bool HasRoomFor(size_t bytes);

  const std::string service_;
  IdMaker& ids_;
  const Recorded recorded_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Open> open_;
  std::vector<TenantEntry> waiting_;
  // Of names and filters.
  size_t bytes_ = 0;
  int64_t lost_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_AUDIT_READ_LOG_H_
