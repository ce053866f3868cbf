#include "services/analytical/handlers/treatment.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/clv_model.pb.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "crm/analytical/v1/treatment.pb.h"
#include "services/analytical/domain/lifecycle/lifecycle_slice.h"
#include "services/analytical/domain/treatment/treatment_choice.h"
#include "services/analytical/domain/treatment/treatment_outcomes.h"
#include "services/analytical/handlers/own_measurements.h"
#include "services/analytical/handlers/score_blocks.h"
#include "services/analytical/handlers/value_tier.h"
#include "services/analytical/projections/order_amounts.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/filter.h"
#include "shared/resource/row_scan.h"

namespace crm::analytical {
namespace {

using v1::Treatment;
using v1::TreatmentAssignment;

constexpr int64_t kMaxTreatments = 1000;
constexpr int64_t kMaxAssignments = 100'000;
constexpr int64_t kMaxOrders = 1'000'000;
constexpr int kDefaultOutcomeDays = 30;

absl::StatusOr<std::vector<Treatment>> ReadTreatments(const ReadView& view,
                                                      const CallContext& call) {
  const Resource& resource = *view.catalog().Find(Treatment::descriptor());
  // The reasons tell them.
  for (const char* field : {"needs_group", "value_tier", "stage"}) {
    CRM_RETURN_IF_ERROR(CheckSummable(view, call, resource, field));
  }
  std::vector<Treatment> treatments;
  CRM_RETURN_IF_ERROR(ScanRows(view, call, resource, kMaxTreatments,
                               [&](const google::protobuf::Message& row) {
                                 treatments.push_back(
                                     static_cast<const Treatment&>(row));
                                 return absl::OkStatus();
                               }));
  return treatments;
}

// Writes down the value tier of the customer, by the newest model.
absl::Status FillTier(const ReadView& view, const CallContext& call,
                      TreatmentAssignment& assignment) {
  assignment.set_value_tier(v1::ClvScore::UNKNOWN);
  CRM_ASSIGN_OR_RETURN(const std::optional<v1::ClvModel> model,
                       NewestClvModel(view, call, call.now));
  if (!model.has_value()) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(
      const auto tier,
      FindTier(view.reader(), {kClvScoreBlocks, view.tenant(), model->uid()},
               model->customer_count(), assignment.customer()));
  assignment.set_value_tier(tier);
  assignment.set_clv_model(model->name());
  return absl::OkStatus();
}

absl::Status FillStage(const ReadView& view, TreatmentAssignment& assignment) {
  CRM_ASSIGN_OR_RETURN(
      const std::vector<v1::LifecycleJourney> journeys,
      view.Select<v1::LifecycleJourney>("customer", assignment.customer()));
  assignment.set_stage(SumUpLifecycle(journeys).stage());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CustomerFact> PrepareTreatmentChoice(
    Analytics& analytics, const CallContext& call,
    const v1::ChooseTreatmentRequest& request) {
  std::optional<CustomerFact> customer;
  CRM_RETURN_IF_ERROR(analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(
            customer,
            FindCustomer(reader, call.principal.tenant, request.customer()));
        return absl::OkStatus();
      }));
  if (!customer.has_value()) {
    return NotFound("RESOURCE_NOT_FOUND",
                    absl::StrCat("The warehouse has no customer '",
                                 request.customer(), "'."));
  }
  return *std::move(customer);
}

absl::StatusOr<TreatmentAssignment> HandleChooseTreatment(
    const CustomerFact& customer, Transaction& transaction,
    const CallContext& call, const v1::ChooseTreatmentRequest& request) {
  const ReadView& view = transaction.view();
  TreatmentAssignment assignment;
  assignment.set_customer(request.customer());
  *assignment.mutable_assign_time() = ToTimestamp(transaction.now());
  assignment.set_assign_day(AssignDay(transaction.now()));
  assignment.set_customer_day(
      absl::StrCat(assignment.customer(), "@", assignment.assign_day()));
  CRM_ASSIGN_OR_RETURN(std::vector<TreatmentAssignment> of_the_day,
                       view.Select<TreatmentAssignment>(
                           "customer_day", assignment.customer_day()));
  if (!of_the_day.empty()) return std::move(of_the_day[0]);

  assignment.set_needs_group(customer.segment);
  CRM_RETURN_IF_ERROR(FillTier(view, call, assignment));
  CRM_RETURN_IF_ERROR(FillStage(view, assignment));
  CRM_ASSIGN_OR_RETURN(const std::vector<Treatment> treatments,
                       ReadTreatments(view, call));
  ChooseTreatment(treatments, assignment);
  assignment.set_name(transaction.NewName<TreatmentAssignment>());
  transaction.Create(assignment);
  return assignment;
}

absl::StatusOr<v1::MeasureTreatmentsResponse> HandleMeasureTreatments(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::MeasureTreatmentsRequest& request) {
  const int days = request.outcome_days() == 0 ? kDefaultOutcomeDays
                                               : request.outcome_days();
  const OutcomeQuestion question{.start = FromTimestamp(request.start_time()),
                                 .end = request.has_end_time()
                                            ? FromTimestamp(request.end_time())
                                            : call.now,
                                 .patience = absl::Hours(24) * days,
                                 .now = call.now};
  if (question.start >= question.end) {
    return BadField("end_time", "must be after start_time.");
  }
  const Resource& resource =
      *view.catalog().Find(TreatmentAssignment::descriptor());
  for (const char* field : {"customer", "treatment", "assign_time"}) {
    CRM_RETURN_IF_ERROR(CheckSummable(view, call, resource, field));
  }
  // None is made in the future, so that there is no end to ask for.
  CRM_ASSIGN_OR_RETURN(
      const Filter since,
      Filter::Parse(
          absl::StrCat("assign_time >= \"",
                       absl::FormatTime(absl::RFC3339_full, question.start,
                                        absl::UTCTimeZone()),
                       "\""),
          TreatmentAssignment::descriptor()));
  TreatmentOutcomes assigned(question);
  CRM_RETURN_IF_ERROR(ScanRows(
      view, call, resource, since, kMaxAssignments,
      [&](const google::protobuf::Message& row) {
        assigned.AddAssignment(static_cast<const TreatmentAssignment&>(row));
        return absl::OkStatus();
      }));

  v1::MeasureTreatmentsResponse response;
  CRM_RETURN_IF_ERROR(analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        response.Clear();
        TreatmentOutcomes outcomes = assigned;
        CRM_RETURN_IF_ERROR(VisitOrderAmounts(
            reader,
            {.tenant = call.principal.tenant,
             .start_time = question.start,
             .end_time = question.end + question.patience},
            kMaxOrders,
            [&](const OutcomeOrder& order) { outcomes.AddOrder(order); }));
        CRM_ASSIGN_OR_RETURN(const std::vector<v1::TreatmentArm> arms,
                             outcomes.Arms());
        for (const v1::TreatmentArm& arm : arms) *response.add_arms() = arm;
        CRM_ASSIGN_OR_RETURN(
            *response.mutable_freshness(),
            ReadFreshness(reader, call.principal.tenant, call.now));
        return absl::OkStatus();
      }));
  return response;
}

}  // namespace crm::analytical
