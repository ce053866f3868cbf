// The documents that full-text search looks at: for each live resource with
// searchable fields, what stands in them, folded. They are written in the
// commit that changes the resource.

#ifndef CRM_SHARED_RESOURCE_SEARCH_INDEX_H_
#define CRM_SHARED_RESOURCE_SEARCH_INDEX_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "shared/resource/custom_schema.h"
#include "shared/resource/transaction.h"
#include "shared/storage/schema.h"

namespace crm {

// The most bytes of folded text that one resource is found by; what goes beyond
// is not found.
inline constexpr size_t kMaxSearchBytes = 8192;

// Returns the table of the documents, which has the text index. It lives as
// long as the program.
const SqlTable& SearchDocuments();

// A field by which a resource is found, and what stands in it.
struct SearchedField {
  // As `display_name` or `custom_fields.motto`.
  std::string path;
  std::string text;
};

// Whether resources of the type are found at all. `custom` is what their tenant
// has defined, as below; null if that is nothing.
bool IsSearched(const Resource& resource, const CustomType* custom);

// Returns the searchable fields of `message` that are set, those of the
// tenant's own last.
std::vector<SearchedField> SearchedFieldsOf(
    const Resource& resource, const CustomType* custom,
    const google::protobuf::Message& message);

// Returns the text that `message` of type `resource` is found by: its
// searchable fields, folded, a line each; empty if it is deleted or has none.
std::string SearchTextOf(const Resource& resource, const CustomType* custom,
                         const google::protobuf::Message& message);

// Brings the document of a changed resource up to date. Errors of
// SqlWriter::Post.
absl::Status IndexChange(const Transaction& transaction,
                         const ResourceChange& change);

// Brings the document of `message`, a stored resource, up to date, whatever
// there was before. Errors of SqlWriter::Post.
absl::Status IndexResource(SqlWriter& writer, absl::string_view tenant,
                           const Resource& resource, const CustomType* custom,
                           const google::protobuf::Message& message);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_SEARCH_INDEX_H_
