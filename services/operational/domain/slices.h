// How the operational part of a customer's profile is summed up.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_SLICES_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_SLICES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/identifier.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/profile/v1/commercial_slice.pb.h"
#include "crm/profile/v1/identity_slice.pb.h"

namespace crm::operational {

// Returns who `customer` is. `identifiers` are the customer's, in any order.
profile::v1::IdentitySlice SumUpIdentity(
    const v1::Customer& customer, std::vector<v1::Identifier> identifiers);

// Returns what a customer buys. Revenue is that of confirmed orders, a currency
// apart; OUT_OF_RANGE if it does not fit a Money.
absl::StatusOr<profile::v1::CommercialSlice> SumUpCommerce(
    const std::vector<v1::Order>& orders,
    const std::vector<v1::Opportunity>& opportunities,
    const std::vector<v1::Lead>& leads);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_SLICES_H_
