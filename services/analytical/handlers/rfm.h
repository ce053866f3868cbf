// The methods of RFM snapshots that are not the kernel's: a snapshot brings its
// scores, and takes them along.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_RFM_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_RFM_H_

#include <vector>

#include "absl/status/statusor.h"
#include "crm/analytical/v1/rfm_snapshot.pb.h"
#include "google/protobuf/empty.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/resource/read_view.h"
#include "shared/resource/transaction.h"

namespace crm::analytical {

// The snapshot that a request asks for, but for its name, and its scores.
struct PreparedRfm {
  v1::RfmSnapshot snapshot;
  std::vector<v1::RfmScore> scores;
};

// Computes it, which may take longer than a transaction may.
absl::StatusOr<PreparedRfm> PrepareRfmSnapshot(
    Analytics& analytics, const CallContext& call,
    const v1::CreateRfmSnapshotRequest& request);

// Each serves the method of its request.
//
// Create, which begins with the preparation, returns FAILED_PRECONDITION
// (NO_ORDERS) if no order counts, INVALID_ARGUMENT (MIXED_CURRENCIES), and the
// errors of a standard Create. Delete returns those of a standard Delete; List
// NOT_FOUND, and the errors of a page token.
absl::StatusOr<v1::RfmSnapshot> HandleCreateRfmSnapshot(
    const PreparedRfm& prepared, Transaction& transaction,
    const CallContext& call, const v1::CreateRfmSnapshotRequest& request);
absl::StatusOr<google::protobuf::Empty> HandleDeleteRfmSnapshot(
    Transaction& transaction, const CallContext& call,
    const v1::DeleteRfmSnapshotRequest& request);
absl::StatusOr<v1::ListRfmScoresResponse> HandleListRfmScores(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::ListRfmScoresRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_RFM_H_
