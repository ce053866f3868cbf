#include "services/operational/handlers/duplicate_candidate.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

using Candidate = v1::DuplicateCandidate;

}  // namespace

absl::StatusOr<bool> Propose(Transaction& transaction, Candidate candidate) {
  CRM_ASSIGN_OR_RETURN(
      const std::vector<Candidate> known,
      transaction.view().Select<Candidate>("pair", candidate.pair()));
  for (const Candidate& one : known) {
    if (one.state() != Candidate::DISMISSED ||
        one.pair_key() == candidate.pair_key()) {
      return false;
    }
  }
  candidate.set_name(transaction.NewName<Candidate>());
  transaction.Create(candidate);
  CRM_RETURN_IF_ERROR(transaction.status());
  return true;
}

absl::StatusOr<bool> IsDismissed(const ReadView& view,
                                 const Candidate& candidate) {
  CRM_ASSIGN_OR_RETURN(const std::vector<Candidate> known,
                       view.Select<Candidate>("pair", candidate.pair()));
  return absl::c_any_of(known, [&](const Candidate& one) {
    return one.state() == Candidate::DISMISSED &&
           one.pair_key() == candidate.pair_key();
  });
}

absl::Status MergeCandidates(Transaction& transaction,
                             const v1::MergeOperation& operation) {
  std::set<std::string> customers = {operation.survivor()};
  customers.insert(operation.merged().begin(), operation.merged().end());
  for (const std::string& customer : customers) {
    CRM_ASSIGN_OR_RETURN(
        std::vector<Candidate> candidates,
        transaction.view().Select<Candidate>("first", customer));
    for (Candidate& candidate : candidates) {
      if (candidate.state() != Candidate::OPEN ||
          !customers.contains(candidate.second())) {
        continue;
      }
      candidate.set_state(Candidate::MERGED);
      candidate.set_merge_operation(operation.name());
      transaction.Update(candidate);
    }
  }
  return transaction.status();
}

absl::Status ReopenCandidates(Transaction& transaction,
                              const v1::MergeOperation& operation) {
  CRM_ASSIGN_OR_RETURN(std::vector<Candidate> candidates,
                       transaction.view().Select<Candidate>("merge_operation",
                                                            operation.name()));
  for (Candidate& candidate : candidates) {
    candidate.set_state(Candidate::OPEN);
    candidate.clear_merge_operation();
    transaction.Update(candidate);
  }
  return transaction.status();
}

}  // namespace crm::operational
