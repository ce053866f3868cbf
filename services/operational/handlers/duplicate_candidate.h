// Pairs that may be one: how they are proposed, and what merges make of them.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_CANDIDATE_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_CANDIDATE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/duplicate_candidate.pb.h"
#include "crm/operational/v1/merge_operation.pb.h"
#include "shared/resource/read_view.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// Stores `candidate`, which has no name yet. Returns false, with nothing
// stored, if the pair is open or merged already, or was dismissed for the same
// evidence.
absl::StatusOr<bool> Propose(Transaction& transaction,
                             v1::DuplicateCandidate candidate);

// Returns whether the pair of `candidate` was dismissed for the same evidence.
absl::StatusOr<bool> IsDismissed(const ReadView& view,
                                 const v1::DuplicateCandidate& candidate);

// Says of the open candidates whose two customers `operation` makes one that
// they are merged.
absl::Status MergeCandidates(Transaction& transaction,
                             const v1::MergeOperation& operation);

// Opens again what `operation` had merged.
absl::Status ReopenCandidates(Transaction& transaction,
                              const v1::MergeOperation& operation);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_CANDIDATE_H_
