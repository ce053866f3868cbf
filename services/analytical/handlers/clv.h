// The methods of CLV models that are not the kernel's: a model brings the
// scores of all customers, and takes them along.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_CLV_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_CLV_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "crm/analytical/v1/clv_model.pb.h"
#include "google/protobuf/empty.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/resource/read_view.h"
#include "shared/resource/transaction.h"

namespace crm::analytical {

// A model is fitted to as many customers at most.
inline constexpr int64_t kMaxClvCustomers = 1'000'000;

// The model that a request asks for, but for its name, and its scores.
struct PreparedClv {
  v1::ClvModel model;
  std::vector<v1::ClvScore> scores;
};

// Fits it, which may take longer than a transaction may.
absl::StatusOr<PreparedClv> PrepareClvModel(
    Analytics& analytics, const CallContext& call,
    const v1::CreateClvModelRequest& request);

// Each serves the method of its request.
//
// Create, which begins with the preparation, returns FAILED_PRECONDITION
// (NO_ORDERS, TOO_MANY_CUSTOMERS), INVALID_ARGUMENT (MIXED_CURRENCIES, and of
// boundaries that fall or are in another currency), DEADLINE_EXCEEDED
// (READ_INTERRUPTED), and the errors of a standard Create. Delete returns those
// of a standard Delete; List NOT_FOUND, and the errors of a page token.
absl::StatusOr<v1::ClvModel> HandleCreateClvModel(
    const PreparedClv& prepared, Transaction& transaction,
    const CallContext& call, const v1::CreateClvModelRequest& request);
absl::StatusOr<google::protobuf::Empty> HandleDeleteClvModel(
    Transaction& transaction, const CallContext& call,
    const v1::DeleteClvModelRequest& request);
absl::StatusOr<v1::ListClvScoresResponse> HandleListClvScores(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::ListClvScoresRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_CLV_H_
