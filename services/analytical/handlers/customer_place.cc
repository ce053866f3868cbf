#include "services/analytical/handlers/customer_place.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {

absl::StatusOr<CustomerPlace> ReadCustomerPlace(const PageTokenCodec& codec,
                                                const std::string& token,
                                                const std::string& binding) {
  CustomerPlace place;
  if (token.empty()) return place;
  CRM_ASSIGN_OR_RETURN(const std::string state, codec.Decode(token, binding));
  const size_t space = state.find(' ');
  if (space == std::string::npos ||
      !absl::SimpleAtoi(state.substr(0, space), &place.score) ||
      place.score < 0) {
    return Internal("PAGE_TOKEN_STATE", "A page token holds no place.");
  }
  place.customer = state.substr(space + 1);
  return place;
}

absl::StatusOr<std::string> WriteCustomerPlace(const PageTokenCodec& codec,
                                               const CustomerPlace& place,
                                               const std::string& binding) {
  return codec.Encode(absl::StrCat(place.score, " ", place.customer), binding);
}

}  // namespace crm::analytical
