// Blocking: which pairs of many records are worth comparing.
//
// Comparing all pairs grows with the square of the records, so only those are
// compared that share a key (Fellegi and Sunter 1969; Newcombe 1959). Several
// keys find what an error in one of them hides. Pure, and so thread-safe.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_BLOCKING_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_BLOCKING_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/operational/domain/identity/duplicate_rule.h"

namespace crm::operational {

// Two records by their places; the first is less.
struct RecordPair {
  uint32_t first = 0;
  uint32_t second = 0;

  friend auto operator<=>(const RecordPair&, const RecordPair&) = default;
};

// More records with one key are not worth comparing for it: it tells little.
inline constexpr size_t kMaxBlockSize = 1000;
// The most pairs that are held at once: 160 MB.
inline constexpr size_t kMaxCandidatePairs = 20'000'000;

struct CandidatePairs {
  // Each once, in order.
  std::vector<RecordPair> pairs;
  // How many blocks were larger than allowed, and so gave no pairs.
  size_t skipped_blocks = 0;
};

// Returns the value of `key` for `record`, or "" if a part of it is empty.
std::string KeyOf(const BlockingKey& key, const MatchRecord& record);

// Returns the pairs of `records` that share any of `keys`.
//
// Returns RESOURCE_EXHAUSTED with reason TOO_MANY_PAIRS if the blocks have more
// than kMaxCandidatePairs.
absl::StatusOr<CandidatePairs> FindCandidatePairs(
    std::span<const BlockingKey> keys, std::span<const MatchRecord> records,
    size_t max_block_size = kMaxBlockSize);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_BLOCKING_H_
