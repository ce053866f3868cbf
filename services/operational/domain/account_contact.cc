#include "services/operational/domain/account_contact.h"

#include <tuple>
#include <vector>

#include "google/type/date.pb.h"
#include "shared/base/errors.h"

namespace crm::operational {
namespace {

bool IsBefore(const google::type::Date& a, const google::type::Date& b) {
  return std::tuple(a.year(), a.month(), a.day()) <
         std::tuple(b.year(), b.month(), b.day());
}

}  // namespace

absl::Status PrepareAccountContact(const v1::AccountContact* /*before*/,
                                   v1::AccountContact& after,
                                   const RuleContext& /*context*/) {
  std::vector<FieldViolation> violations;
  if (after.has_start_date() && after.has_end_date() &&
      IsBefore(after.end_date(), after.start_date())) {
    violations.push_back(
        {"account_contact.end_date", "must not be before start_date."});
  }
  if (after.primary() && after.has_end_date()) {
    violations.push_back({"account_contact.primary",
                          "must not be set where there is an end_date."});
  }
  if (!violations.empty()) return BadRequest(violations);
  after.clear_primary_key();
  if (after.primary()) after.set_primary_key(after.contact());
  return absl::OkStatus();
}

}  // namespace crm::operational
