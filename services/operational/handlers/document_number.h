// Numbers documents of record: those of a series follow each other without a
// gap.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_DOCUMENT_NUMBER_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_DOCUMENT_NUMBER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/resource/transaction.h"
#include "shared/storage/schema.h"

namespace crm::operational {

// The tables that count the documents of each series, by kind of document.
inline constexpr char kInvoiceSeriesTable[] = "invoice_series";
inline constexpr char kCreditNoteSeriesTable[] = "credit_note_series";

// Returns the table called `name`.
SqlTable DocumentSeriesTable(absl::string_view name);

// Returns the next number of `series` in `table`; of `usual` if that is empty.
// It counts only with the commit.
absl::StatusOr<std::string> NextDocumentNumber(Transaction& transaction,
                                               absl::string_view table,
                                               absl::string_view series,
                                               absl::string_view usual);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_DOCUMENT_NUMBER_H_
