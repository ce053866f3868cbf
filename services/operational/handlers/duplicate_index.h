// The index by which duplicates are found: beside the resources, in the same
// transactions, an entry for each block key that a live resource has by an
// active duplicate rule. So what a new resource is compared with is read by a
// bounded number of look-ups.
//
//   duplicate_key: (tenant, rule_uid, block, name)
//
// A block is a digest: no value can be read from the index.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_INDEX_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_INDEX_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/operational/v1/duplicate_rule.pb.h"
#include "google/protobuf/message.h"
#include "shared/resource/timer_table.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// How many resources of one block are compared with each other, or with a new
// one.
inline constexpr int64_t kMaxDuplicateBlock = 100;

// The timer that takes in what was there before a rule, and the one that
// removes the entries of a retired one. Their key is the rule's name, or its
// uid.
inline constexpr char kDuplicateFill[] = "duplicate_fill";
inline constexpr char kDuplicateClear[] = "duplicate_clear";

SqlTable DuplicateKeyTable();

// Brings the entries of the resource called `name` in step. Errors of
// SqlWriter.
absl::Status KeepBlocks(Transaction& transaction, const v1::DuplicateRule& rule,
                        const std::string& name,
                        const std::set<std::string>& before,
                        const std::set<std::string>& after);

// Returns the live resources of a block, by name: the first ones, at most one
// more than kMaxDuplicateBlock.
absl::StatusOr<std::vector<std::unique_ptr<google::protobuf::Message>>>
ResourcesInBlock(const ReadView& view, const v1::DuplicateRule& rule,
                 const Resource& type, const std::string& block);

// Returns the first blocks after `after` that several resources have, at most
// `limit`, in order.
absl::StatusOr<std::vector<std::string>> SharedBlocksAfter(
    SqlReader& reader, const std::string& tenant, const v1::DuplicateRule& rule,
    absl::string_view after, int64_t limit);

// Returns how many there are.
absl::StatusOr<int64_t> CountSharedBlocks(SqlReader& reader,
                                          const std::string& tenant,
                                          const v1::DuplicateRule& rule);

// Takes in the next resources of the rule's type; sets its `index_time` after
// the last ones.
absl::Status FillDuplicateIndex(Transaction& transaction, const Timer& timer);

// Removes the next entries of the rule.
absl::Status ClearDuplicateIndex(Transaction& transaction, const Timer& timer);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_INDEX_H_
