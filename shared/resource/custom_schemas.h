// Keeps what tenants have defined of their own, and knows when it has changed.
//
// Every change of a tenant's definitions or rules gives the tenant a new stamp,
// in its own transaction. A write reads the stamp in its transaction, so what
// it goes by is what is in force there, whichever process wrote it: a replica
// never accepts by an old definition. What belongs to a stamp never changes,
// so it is loaded once a process.

#ifndef CRM_SHARED_RESOURCE_CUSTOM_SCHEMAS_H_
#define CRM_SHARED_RESOURCE_CUSTOM_SCHEMAS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/resource/custom_schema.h"
#include "shared/storage/database.h"

namespace crm {

class ResourceCatalog;

// Returns the table of the stamps.
SqlTable CustomSchemaTable();

// Whether resources of `type` are definitions: fields, or rules.
bool DefinesCustom(absl::string_view type);

// The schemas of the tenants of one store. Thread-safe.
class CustomSchemas {
 public:
  // For how long Recent() believes what it has.
  static constexpr absl::Duration kRecent = absl::Seconds(1);

  // `catalog` outlives this.
  explicit CustomSchemas(const ResourceCatalog& catalog) : catalog_(catalog) {}

  // Whether tenants of the service can define anything.
  bool available() const;

  // Returns what Find() asks first.
  static SqlFragment StampQuery(absl::string_view tenant);

  // Returns what is in force in the transaction of `reader`. Returns the errors
  // of SqlReader::Query.
  absl::StatusOr<std::shared_ptr<const CustomSchema>> Find(
      SqlReader& reader, absl::string_view tenant);

  // Returns what was in force at most kRecent ago, and at least after every
  // change that this process made, reading with `database` where it must.
  // Returns the errors of Database::Read.
  absl::StatusOr<std::shared_ptr<const CustomSchema>> Recent(
      Database& database, const std::string& tenant, absl::Time now,
      absl::Time deadline);

  // What this process loaded last for a tenant, and its stamp.
  struct Known {
    std::shared_ptr<const CustomSchema> schema;
    std::string stamp;
  };

  // Returns what is known without reading: after Recent(), at most as old as
  // that. For the conditions of roles, which fit a type or match no row.
  Known Latest(absl::string_view tenant);

  // Gives `tenant` a new stamp, in the transaction that changes its
  // definitions.
  static absl::Status Restamp(SqlWriter& writer, absl::string_view tenant,
                              std::string stamp);

  // Has Recent() look again: the process has changed definitions of `tenant`.
  void Forget(absl::string_view tenant);

 private:
  struct Entry {
    std::string stamp;
    std::shared_ptr<const CustomSchema> schema;
    absl::Time checked = absl::InfinitePast();
    // Counts what this process has changed.
    int64_t changes = 0;
  };

  absl::StatusOr<std::shared_ptr<const CustomSchema>> Load(
      SqlReader& reader, absl::string_view tenant) const;
  // Keeps the number of tenants in memory bounded.
  void MakeRoom();

  const ResourceCatalog& catalog_;
  std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_CUSTOM_SCHEMAS_H_
