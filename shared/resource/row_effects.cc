#include "shared/resource/row_effects.h"

#include <utility>

#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {

SqlTable RowEffectTable() {
  SqlTable table;
  table.name = "operation_effect";
  table.columns = {
      {"tenant", SqlType::kText, false, {}},
      {"name", SqlType::kText, false, {}},
      {"item", SqlType::kInteger, false, {}},
      {"content", SqlType::kBlob, false, {}},
  };
  table.primary_key = {"tenant", "name", "item"};
  table.clustered = true;
  return table;
}

internal::v1::RowEffect EffectOf(const Transaction& transaction) {
  internal::v1::RowEffect effect;
  for (const auto& change : transaction.changes()) {
    internal::v1::RowEffect::Change& out = *effect.add_changes();
    out.set_name(change->name);
    if (change->before != nullptr) {
      out.set_before(change->before->SerializeAsString());
    }
    if (change->after != nullptr) {
      out.set_etag(ReadString(*change->after, "etag"));
    }
  }
  return effect;
}

absl::Status AddRowEffect(SqlWriter& writer, absl::string_view tenant,
                          absl::string_view operation, int64_t row,
                          const internal::v1::RowEffect& effect) {
  return writer.Post(
      "INSERT INTO operation_effect (tenant, name, item, content) VALUES "
      "(?, ?, ?, ?)",
      {std::string(tenant), std::string(operation), row,
       SqlBlob{effect.SerializeAsString()}});
}

absl::StatusOr<std::vector<StoredEffect>> EffectsBefore(
    SqlReader& reader, absl::string_view tenant, absl::string_view operation,
    int64_t row, int limit) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          "SELECT item, content FROM operation_effect WHERE "
          "tenant = ? AND name = ? AND item < ? ORDER BY item DESC "
          "LIMIT ?",
          {std::string(tenant), std::string(operation), row, int64_t{limit}}));
  std::vector<StoredEffect> effects;
  for (const SqlRow& found : rows) {
    StoredEffect& out = effects.emplace_back();
    out.row = std::get<int64_t>(found[0]);
    if (!out.effect.ParseFromString(std::get<SqlBlob>(found[1]).bytes)) {
      return Internal("ROW_UNREADABLE", "A stored effect could not be read.");
    }
  }
  return effects;
}

absl::StatusOr<int64_t> CountEffects(SqlReader& reader,
                                     absl::string_view tenant,
                                     absl::string_view operation) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT COUNT(*) FROM operation_effect "
                   "WHERE tenant = ? AND name = ?",
                   {std::string(tenant), std::string(operation)}));
  return std::get<int64_t>(rows[0][0]);
}

}  // namespace crm
