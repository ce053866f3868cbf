// Verifies a dump of audit chains offline: that nothing was changed, dropped,
// moved or cut off since it was chained.

#ifndef CRM_SHARED_RESOURCE_AUDIT_AUDIT_VERIFIER_H_
#define CRM_SHARED_RESOURCE_AUDIT_AUDIT_VERIFIER_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "shared/auth/key_set.h"
#include "shared/resource/audit/checkpoint.h"

namespace crm {

// Reads the lines of a dump in their order, then the checkpoints. The chains of
// several tenants and services may be mixed. Keeps 32 bytes a record, for the
// checkpoints. Thread-compatible.
class AuditVerifier {
 public:
  // Reads one line. Returns DATA_LOSS (AUDIT_BROKEN) that names the chain and
  // the first sequence number that is wrong, or INVALID_ARGUMENT
  // (BAD_DUMP_LINE) that names the line. After an error nothing more may be
  // read.
  absl::Status ReadLine(absl::string_view line);

  // Whether the checkpoint is of a chain that was read.
  bool Knows(const Checkpoint& checkpoint) const;

  // Holds a checkpoint against what was read. Returns DATA_LOSS (AUDIT_BROKEN)
  // that names the sequence number, when the checkpoint is of another key or
  // not genuine, when the chain ends before it, or says something else there.
  absl::Status Check(const Checkpoint& checkpoint, const KeySet& keys);

  // Returns how many records lie behind the last checkpoint of their chain:
  // cutting those off would not have been noticed.
  int64_t uncovered() const;

  int64_t records() const { return records_; }
  size_t chains() const { return chains_.size(); }

 private:
  struct Chain {
    // The hash of record n at n - 1.
    std::vector<std::string> hashes;
    // Up to which record a checkpoint vouches for the chain.
    int64_t covered = 0;
  };
  using ChainName = std::pair<std::string, std::string>;

  std::map<ChainName, Chain> chains_;
  int64_t lines_ = 0;
  int64_t records_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_AUDIT_AUDIT_VERIFIER_H_
