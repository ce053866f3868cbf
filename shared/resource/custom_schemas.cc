#include "shared/resource/custom_schemas.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/catalog.h"

namespace crm {
namespace {

using ::crm::operational::v1::FieldDefinition;
using ::crm::operational::v1::ValidationRule;

// The most tenants whose schemas are kept in memory.
constexpr size_t kMaxTenants = 10'000;

// Returns the stored resources of a type whose state is among `states`.
template <typename T>
absl::StatusOr<std::vector<T>> ReadAll(SqlReader& reader,
                                       const ResourceCatalog& catalog,
                                       absl::string_view tenant,
                                       absl::string_view states) {
  std::vector<T> all;
  const Resource* resource = catalog.Find(T::descriptor());
  if (resource == nullptr) return all;
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(absl::StrCat("SELECT body FROM ", resource->schema.table(),
                                " WHERE tenant = ? AND delete_time IS NULL AND "
                                "c_state IN (",
                                states, ") ORDER BY name"),
                   {std::string(tenant)}));
  for (const SqlRow& row : rows) {
    if (!all.emplace_back().ParseFromString(std::get<SqlBlob>(row[0]).bytes)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
  }
  return all;
}

}  // namespace

SqlTable CustomSchemaTable() {
  return {.name = "custom_schema",
          .columns = {{"tenant", SqlType::kText, false, {}},
                      {"stamp", SqlType::kText, false, {}}},
          .primary_key = {"tenant"},
          .clustered = true};
}

bool DefinesCustom(absl::string_view type) {
  return type == "crm/FieldDefinition" || type == "crm/ValidationRule";
}

SqlFragment CustomSchemas::StampQuery(absl::string_view tenant) {
  return {"SELECT stamp FROM custom_schema WHERE tenant = ?",
          {std::string(tenant)}};
}

bool CustomSchemas::available() const {
  return catalog_.Find(FieldDefinition::descriptor()) != nullptr;
}

absl::StatusOr<std::shared_ptr<const CustomSchema>> CustomSchemas::Find(
    SqlReader& reader, absl::string_view tenant) {
  if (!available()) return NoCustomSchema();
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       reader.QueryShared(StampQuery(tenant)));
  if (rows.empty()) return NoCustomSchema();
  const std::string& stamp = std::get<std::string>(rows[0][0]);
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(tenant);
    if (entry != entries_.end() && entry->second.stamp == stamp) {
      return entry->second.schema;
    }
  }
  CRM_ASSIGN_OR_RETURN(auto schema, Load(reader, tenant));
  const std::lock_guard lock(mutex_);
  MakeRoom();
  Entry& entry = entries_[std::string(tenant)];
  entry.stamp = stamp;
  entry.schema = schema;
  // The transaction may be an old snapshot, or not be committed after all.
  entry.checked = absl::InfinitePast();
  return schema;
}

absl::StatusOr<std::shared_ptr<const CustomSchema>> CustomSchemas::Recent(
    Database& database, const std::string& tenant, absl::Time now,
    absl::Time deadline) {
  if (!available()) return NoCustomSchema();
  int64_t changes = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(tenant);
    if (entry != entries_.end()) {
      changes = entry->second.changes;
      if (entry->second.checked <= now &&
          entry->second.checked + kRecent > now) {
        return entry->second.schema;
      }
    }
  }
  std::shared_ptr<const CustomSchema> schema;
  CRM_RETURN_IF_ERROR(
      database.Read(deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(schema, Find(reader, tenant));
        return absl::OkStatus();
      }));
  const std::lock_guard lock(mutex_);
  MakeRoom();
  Entry& entry = entries_[tenant];
  if (entry.schema == nullptr) entry.schema = NoCustomSchema();
  // What has changed meanwhile is looked at anew.
  if (entry.schema == schema && entry.changes == changes) entry.checked = now;
  return schema;
}

CustomSchemas::Known CustomSchemas::Latest(absl::string_view tenant) {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(tenant);
  if (entry == entries_.end() || entry->second.schema == nullptr) {
    return {.schema = NoCustomSchema(), .stamp = ""};
  }
  return {.schema = entry->second.schema, .stamp = entry->second.stamp};
}

absl::Status CustomSchemas::Restamp(SqlWriter& writer, absl::string_view tenant,
                                    std::string stamp) {
  writer.ForgetShared(StampQuery(tenant));
  return writer.Post(
      "INSERT INTO custom_schema (tenant, stamp) VALUES (?, ?) ON CONFLICT "
      "(tenant) DO UPDATE SET stamp = excluded.stamp",
      {std::string(tenant), std::move(stamp)});
}

void CustomSchemas::Forget(absl::string_view tenant) {
  const std::lock_guard lock(mutex_);
  MakeRoom();
  Entry& entry = entries_[std::string(tenant)];
  if (entry.schema == nullptr) entry.schema = NoCustomSchema();
  entry.checked = absl::InfinitePast();
  ++entry.changes;
}

absl::StatusOr<std::shared_ptr<const CustomSchema>> CustomSchemas::Load(
    SqlReader& reader, absl::string_view tenant) const {
  CRM_ASSIGN_OR_RETURN(
      const auto definitions,
      ReadAll<FieldDefinition>(reader, catalog_, tenant,
                               absl::StrCat(FieldDefinition::ACTIVE, ", ",
                                            FieldDefinition::DEPRECATED, ", ",
                                            FieldDefinition::REMOVED)));
  CRM_ASSIGN_OR_RETURN(
      const auto rules,
      ReadAll<ValidationRule>(reader, catalog_, tenant,
                              absl::StrCat(ValidationRule::ENABLED)));
  return std::make_shared<const CustomSchema>(
      definitions, rules,
      [this](absl::string_view kind) -> const google::protobuf::Descriptor* {
        const Resource* resource = catalog_.FindByKind(kind);
        return resource == nullptr ? nullptr : resource->schema.message();
      });
}

void CustomSchemas::MakeRoom() {
  if (entries_.size() >= kMaxTenants) entries_.erase(entries_.begin());
}

}  // namespace crm
