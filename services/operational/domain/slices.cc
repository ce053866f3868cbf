#include "services/operational/domain/slices.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/numeric/int128.h"
#include "google/protobuf/util/time_util.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

constexpr int kMaxContactPoints = 20;
constexpr int kMaxIdentifiers = 50;

using ContactPoints = google::protobuf::RepeatedPtrField<std::string>;

void AddPoint(const std::string& value, ContactPoints& points) {
  if (value.empty() || points.size() == kMaxContactPoints) return;
  if (std::find(points.begin(), points.end(), value) != points.end()) return;
  *points.Add() = value;
}

}  // namespace

profile::v1::IdentitySlice SumUpIdentity(
    const v1::Customer& customer, std::vector<v1::Identifier> identifiers) {
  // Callers may choose names, so these tell no age; they only break ties.
  std::sort(identifiers.begin(), identifiers.end(),
            [](const auto& a, const auto& b) {
              if (a.create_time() != b.create_time()) {
                return a.create_time() > b.create_time();
              }
              return a.name() > b.name();
            });
  profile::v1::IdentitySlice slice;
  slice.set_display_name(customer.display_name());
  slice.set_kind(customer.kind());
  slice.set_state(customer.state());
  slice.set_merged_into(customer.merged_into());
  AddPoint(customer.primary_email(), *slice.mutable_emails());
  AddPoint(customer.primary_phone(), *slice.mutable_phones());
  for (const v1::Identifier& identifier : identifiers) {
    if (identifier.state() == v1::Identifier::RETIRED) continue;
    if (identifier.type() == v1::Identifier::EMAIL) {
      AddPoint(identifier.normalized_value(), *slice.mutable_emails());
    }
    if (identifier.type() == v1::Identifier::PHONE) {
      AddPoint(identifier.normalized_value(), *slice.mutable_phones());
    }
    if (slice.identifiers_size() == kMaxIdentifiers) continue;
    auto* out = slice.add_identifiers();
    out->set_type(identifier.type());
    out->set_normalized_value(identifier.normalized_value());
    out->set_state(identifier.state());
  }
  return slice;
}

absl::StatusOr<profile::v1::CommercialSlice> SumUpCommerce(
    const std::vector<v1::Order>& orders,
    const std::vector<v1::Opportunity>& opportunities,
    const std::vector<v1::Lead>& leads) {
  profile::v1::CommercialSlice slice;
  std::map<std::string, absl::int128> revenue;
  for (const v1::Order& order : orders) {
    slice.set_order_count(slice.order_count() + 1);
    if (order.state() == v1::Order::DRAFT ||
        order.state() == v1::Order::SUBMITTED) {
      slice.set_open_order_count(slice.open_order_count() + 1);
    }
    if (order.state() != v1::Order::CONFIRMED) continue;
    slice.set_confirmed_order_count(slice.confirmed_order_count() + 1);
    revenue[order.currency_code()] += ToNanos(order.total());
    if (!slice.has_first_order_time() ||
        order.order_time() < slice.first_order_time()) {
      *slice.mutable_first_order_time() = order.order_time();
    }
    if (!slice.has_last_order_time() ||
        order.order_time() > slice.last_order_time()) {
      *slice.mutable_last_order_time() = order.order_time();
    }
  }
  for (const auto& [currency, nanos] : revenue) {
    CRM_ASSIGN_OR_RETURN(*slice.add_lifetime_revenue(),
                         FromNanos(currency, nanos));
  }
  for (const v1::Opportunity& opportunity : opportunities) {
    if (opportunity.state() != v1::Opportunity::OPEN) continue;
    slice.set_open_opportunity_count(slice.open_opportunity_count() + 1);
  }
  slice.set_lead_count(static_cast<int64_t>(leads.size()));
  return slice;
}

}  // namespace crm::operational
