// What to know about a customer before a call, made of the records of the
// service.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_CALL_BRIEF_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_CALL_BRIEF_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/call_brief.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/quote.pb.h"
#include "crm/profile/v1/slice.pb.h"

namespace crm::operational {

// What a brief is made of: the customer and all that belongs to him, in any
// order.
struct BriefRecords {
  v1::Customer customer;
  std::vector<v1::Opportunity> opportunities;
  std::vector<v1::Quote> quotes;
  std::vector<v1::Order> orders;
  std::vector<v1::Activity> activities;
  // The slice of his profile that the analytical service owns; nothing if the
  // caller may not have it.
  std::optional<profile::v1::Slice> scores;
  // The collections of which the caller may read nothing at all.
  std::vector<std::string> denied;
};

// Returns the brief. Every figure, item and score has its sources and how old
// they are, and what could not be read is named. Amounts of different
// currencies are never added. Returns OUT_OF_RANGE if a sum does not fit a
// Money.
absl::StatusOr<v1::CallBrief> MakeCallBrief(const BriefRecords& records,
                                            absl::Time now);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_CALL_BRIEF_H_
