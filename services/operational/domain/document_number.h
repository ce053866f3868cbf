// The numbers of documents of record.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_DOCUMENT_NUMBER_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_DOCUMENT_NUMBER_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace crm::operational {

// The series of documents that name none.
inline constexpr char kInvoiceSeries[] = "INV";
inline constexpr char kCreditNoteSeries[] = "CN";

// Returns the number of the `count`th document of a series: `INV-000042`.
std::string DocumentNumber(absl::string_view series, int64_t count);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_DOCUMENT_NUMBER_H_
