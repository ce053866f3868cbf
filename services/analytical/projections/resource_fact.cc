#include "services/analytical/projections/resource_fact.h"

#include "absl/strings/str_cat.h"
#include "crm/collaborative/v1/survey_response.pb.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/duplicate_candidate.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "services/analytical/domain/frameworks/metrics.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using collaborative::v1::SurveyResponse;
using internal::v1::Event;
using operational::v1::Activity;
using operational::v1::Customer;
using operational::v1::DuplicateCandidate;
using operational::v1::Opportunity;

using Fact = absl::StatusOr<std::optional<ResourceFact>>;

// Parses the resource of the event. Sets what all facts have.
template <typename T>
absl::Status Parse(const Event& event, T& resource, ResourceFact& fact) {
  if (!resource.ParseFromString(event.after())) {
    return UnreadableEvent(event, "it does not hold the resource");
  }
  if (resource.name() != event.resource()) {
    return UnreadableEvent(event, "it holds another resource");
  }
  fact.uid = resource.uid();
  return absl::OkStatus();
}

int64_t KnownOf(const Customer& customer) {
  const auto& reflection = *customer.GetReflection();
  int64_t known = 0;
  int64_t bit = 1;
  for (const IdentifyingAttribute& attribute : IdentifyingAttributes()) {
    const auto* field =
        customer.GetDescriptor()->FindFieldByName(std::string(attribute.field));
    if (field != nullptr && reflection.HasField(customer, field)) {
      known |= bit;
    }
    bit <<= 1;
  }
  return known;
}

Fact FactOfCustomer(const Event& event) {
  Customer customer;
  ResourceFact fact;
  CRM_RETURN_IF_ERROR(Parse(event, customer, fact));
  if (customer.has_delete_time()) return std::nullopt;
  fact.customer = customer.name();
  fact.category = customer.segment();
  fact.state = Customer::State_Name(customer.state());
  fact.known = KnownOf(customer);
  fact.start_time = FromTimestamp(customer.create_time());
  return fact;
}

Fact FactOfOpportunity(const Event& event) {
  Opportunity opportunity;
  ResourceFact fact;
  CRM_RETURN_IF_ERROR(Parse(event, opportunity, fact));
  if (opportunity.has_delete_time()) return std::nullopt;
  fact.customer = opportunity.customer();
  fact.category = opportunity.pipeline();
  fact.state = Opportunity::State_Name(opportunity.state());
  fact.start_time = FromTimestamp(opportunity.create_time());
  if (opportunity.has_close_time()) {
    fact.end_time = FromTimestamp(opportunity.close_time());
  }
  return fact;
}

Fact FactOfActivity(const Event& event) {
  Activity activity;
  ResourceFact fact;
  CRM_RETURN_IF_ERROR(Parse(event, activity, fact));
  if (activity.has_delete_time()) return std::nullopt;
  fact.customer = activity.customer();
  fact.category = Activity::Kind_Name(activity.kind());
  fact.state = Activity::State_Name(activity.state());
  fact.start_time = FromTimestamp(activity.create_time());
  if (activity.has_complete_time()) {
    fact.end_time = FromTimestamp(activity.complete_time());
  }
  return fact;
}

Fact FactOfDuplicate(const Event& event) {
  DuplicateCandidate candidate;
  ResourceFact fact;
  CRM_RETURN_IF_ERROR(Parse(event, candidate, fact));
  fact.category = candidate.resource_type();
  fact.state = DuplicateCandidate::State_Name(candidate.state());
  fact.start_time = FromTimestamp(candidate.create_time());
  return fact;
}

struct AnswerScale {
  SurveyResponse::Kind kind;
  int32_t least;
  int32_t most;
};

constexpr AnswerScale kScales[] = {{SurveyResponse::RECOMMENDATION, 0, 10},
                                   {SurveyResponse::SATISFACTION, 1, 5},
                                   {SurveyResponse::EASE, 1, 7}};

Fact FactOfResponse(const Event& event) {
  SurveyResponse response;
  ResourceFact fact;
  CRM_RETURN_IF_ERROR(Parse(event, response, fact));
  if (response.has_delete_time()) return std::nullopt;
  for (const AnswerScale& scale : kScales) {
    if (scale.kind != response.kind() || response.score() < scale.least ||
        response.score() > scale.most) {
      continue;
    }
    fact.customer = response.customer();
    fact.category = response.touchpoint();
    fact.state = SurveyResponse::Kind_Name(response.kind());
    fact.start_time = FromTimestamp(response.respond_time());
    fact.end_time = fact.start_time;
    fact.value = absl::int128(response.score() - scale.least) * kNanosPerUnit /
                 (scale.most - scale.least);
    return fact;
  }
  return UnreadableEvent(event, "its answer is not on a scale");
}

struct KeptType {
  absl::string_view type;
  Fact (*read)(const Event& event);
};

constexpr KeptType kKept[] = {{"crm/Customer", FactOfCustomer},
                              {"crm/Opportunity", FactOfOpportunity},
                              {"crm/Activity", FactOfActivity},
                              {"crm/DuplicateCandidate", FactOfDuplicate},
                              {"crm/SurveyResponse", FactOfResponse}};

const KeptType* FindKept(absl::string_view type) {
  for (const KeptType& kept : kKept) {
    if (kept.type == type) return &kept;
  }
  return nullptr;
}

}  // namespace

bool KeepsFacts(absl::string_view resource_type) {
  return FindKept(resource_type) != nullptr;
}

absl::StatusOr<std::optional<ResourceFact>> ReadFact(const Event& event) {
  if (!event.key_id().empty()) {
    return UnreadableEvent(event,
                           "it is encrypted with a key that is not here");
  }
  const KeptType* kept = FindKept(event.resource_type());
  if (kept == nullptr) return std::nullopt;
  return kept->read(event);
}

absl::Status UnreadableEvent(const Event& event, absl::string_view why) {
  return InvalidArgument(
      "EVENT_UNREADABLE",
      absl::StrCat("The event '", event.id(), "' of '", event.resource(),
                   "' cannot be read: ", why, "."),
      {{"event", event.id()}});
}

}  // namespace crm::analytical
