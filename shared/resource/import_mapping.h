// What becomes of the values of a row: an ImportPlan, compiled for a resource
// type.

#ifndef CRM_SHARED_RESOURCE_IMPORT_MAPPING_H_
#define CRM_SHARED_RESOURCE_IMPORT_MAPPING_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/platform/v1/imports.pb.h"
#include "google/protobuf/message.h"
#include "shared/reflect/custom_fields.h"
#include "shared/reflect/field_text.h"
#include "shared/resource/catalog.h"
#include "shared/resource/import_rules.h"

namespace crm {

// Returns the id that the resource of `key` in `system` has: the same for the
// same key, and another one for any other.
std::string IdOfKey(absl::string_view system, absl::string_view key);

// Immutable.
class ImportMapping {
 public:
  // Returns the value of a column of the row; null if the row lacks it.
  using FindValue =
      absl::FunctionRef<const std::string*(const std::string& column)>;

  // Compiles `plan` by `rules`, which both outlive this, for `resource`; the new
  // ones lie under `parent` if they are nested. Returns INVALID_ARGUMENT with
  // all that is wrong with it.
  static absl::StatusOr<ImportMapping> Build(
      const ResourceCatalog& catalog, const Resource& resource,
      const platform::v1::ImportPlan& plan, const ImportRules& rules,
      const FindCustomField& find_custom, absl::string_view parent = "");

  // Whether rows are resources as they are.
  bool whole_rows() const { return columns_.empty(); }

  // Returns INVALID_ARGUMENT (IMPORT_COLUMN_MISSING, IMPORT_COLUMN_TWICE) for
  // names of columns that rows cannot be read by.
  absl::Status CheckHeader(const std::vector<std::string>& header) const;

  // Writes the values of a row to `resource`, which is empty. Returns
  // INVALID_ARGUMENT with all values that do not fit their field.
  absl::Status Fill(FindValue find_value,
                    google::protobuf::Message& resource) const;

 private:
  ImportMapping() = default;

  struct Column {
    const platform::v1::ImportColumn* plan = nullptr;
    TextField field;
    // Of a key: the type of the resource that it is the key of.
    const Resource* key_of = nullptr;
  };
  struct Constant {
    std::string text;
    TextField field;
  };

  // Writes text to a field, as it is written in the region of the plan. Returns
  // what is wrong with it, or "".
  std::string WriteText(const TextField& field, std::string text,
                        google::protobuf::Message& resource) const;
  // Returns the text that a column has for its field; empty for nothing.
  std::string TextOf(const Column& column, const std::string& value) const;
  absl::Status AddColumn(const ResourceCatalog& catalog,
                         const Resource& resource,
                         const platform::v1::ImportColumn& column,
                         const FindCustomField& find_custom);

  std::string request_field_;
  std::string parent_;
  std::string system_;
  std::string region_;
  const ImportRules* rules_ = nullptr;
  std::vector<Column> columns_;
  std::vector<Constant> constants_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_IMPORT_MAPPING_H_
