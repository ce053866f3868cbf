#include "services/operational/slices/slices.h"

#include <utility>
#include <vector>

#include "services/operational/domain/slices.h"

namespace crm::operational {
namespace {

// Returns the customer, or nothing where the view has none such.
absl::StatusOr<std::optional<v1::Customer>> FindCustomer(
    const ReadView& view, const std::string& name) {
  auto customer = view.GetLive<v1::Customer>(name);
  if (customer.ok()) return *std::move(customer);
  if (absl::IsNotFound(customer.status())) return std::nullopt;
  return customer.status();
}

}  // namespace

absl::StatusOr<std::optional<std::string>> BuildIdentitySlice(
    const ReadView& view, const std::string& name) {
  CRM_ASSIGN_OR_RETURN(const auto customer, FindCustomer(view, name));
  if (!customer.has_value()) return std::nullopt;
  CRM_ASSIGN_OR_RETURN(std::vector<v1::Identifier> identifiers,
                       view.Children<v1::Identifier>(name));
  return SumUpIdentity(*customer, std::move(identifiers)).SerializeAsString();
}

absl::StatusOr<std::optional<std::string>> BuildCommercialSlice(
    const ReadView& view, const std::string& name) {
  CRM_ASSIGN_OR_RETURN(const auto customer, FindCustomer(view, name));
  if (!customer.has_value()) return std::nullopt;
  CRM_ASSIGN_OR_RETURN(const auto orders,
                       view.Select<v1::Order>("customer", name));
  CRM_ASSIGN_OR_RETURN(const auto opportunities,
                       view.Select<v1::Opportunity>("customer", name));
  CRM_ASSIGN_OR_RETURN(const auto leads,
                       view.Select<v1::Lead>("customer", name));
  CRM_ASSIGN_OR_RETURN(const auto slice,
                       SumUpCommerce(orders, opportunities, leads));
  return slice.SerializeAsString();
}

}  // namespace crm::operational
