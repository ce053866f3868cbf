// The documents that full-text search looks at: for each live resource with
// searchable fields, what stands in them, folded. They are written in the
// commit that changes the resource.

#ifndef CRM_SHARED_RESOURCE_SEARCH_INDEX_H_
#define CRM_SHARED_RESOURCE_SEARCH_INDEX_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "shared/resource/transaction.h"
#include "shared/storage/schema.h"

namespace crm {

// The most bytes of folded text that one resource is found by; what goes beyond
// is not found.
inline constexpr size_t kMaxSearchBytes = 8192;

// Returns the table of the documents, which has the text index. It lives as
// long as the program.
const SqlTable& SearchDocuments();

// Returns the text that `message` of type `resource` is found by: its
// searchable fields, folded, a line each; empty if it is deleted or has none.
std::string SearchTextOf(const Resource& resource,
                         const google::protobuf::Message& message);

// Brings the document of a changed resource up to date. Errors of
// SqlWriter::Post.
absl::Status IndexChange(SqlWriter& writer, absl::string_view tenant,
                         const ResourceChange& change);

// Brings the document of `message`, a stored resource, up to date, whatever
// there was before. Errors of SqlWriter::Post.
absl::Status IndexResource(SqlWriter& writer, absl::string_view tenant,
                           const Resource& resource,
                           const google::protobuf::Message& message);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_SEARCH_INDEX_H_
