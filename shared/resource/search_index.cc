#include "shared/resource/search_index.h"

#include <memory>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "google/protobuf/timestamp.pb.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"
#include "shared/query/field_path.h"
#include "shared/query/field_value.h"
#include "shared/query/text_folding.h"
#include "shared/query/utf8.h"
#include "shared/reflect/custom_fields.h"
#include "shared/storage/text_query.h"

namespace crm {
namespace {

using ::google::protobuf::Message;

// When the resource was made; the beginning of time for types that do not say.
absl::Time CreateTimeOf(const Message& message) {
  const auto path = FindFieldPath(*message.GetDescriptor(), "create_time");
  if (!path.has_value()) return absl::UnixEpoch();
  const SqlValue micros = ReadColumn(message, *path);
  const auto* value = std::get_if<int64_t>(&micros);
  return value == nullptr ? absl::UnixEpoch() : absl::FromUnixMicros(*value);
}

bool IsDeleted(const Resource& resource, const Message& message) {
  if (!resource.schema.soft_delete()) return false;
  const auto* field = message.GetDescriptor()->FindFieldByName("delete_time");
  return message.GetReflection()->HasField(message, field);
}

// Cuts `text` to `size` bytes or, if a character would be cut, fewer.
void CutUtf8(std::string& text, size_t size) {
  if (text.size() <= size) return;
  while (size > 0 && IsUtf8Continuation(text[size])) --size;
  text.resize(size);
}

// Stores `text` as the document of `message`; none if it is empty.
absl::Status Store(SqlWriter& writer, absl::string_view tenant,
                   const Resource& resource, const Message& message,
                   const std::string& text) {
  std::string name = ReadString(message, "name");
  if (text.empty()) {
    return writer.RemoveText(SearchDocuments(), std::string(tenant), name);
  }
  return writer.PutText({.table = SearchDocuments(),
                         .tenant = std::string(tenant),
                         .name = std::move(name),
                         .position = SearchPosition(CreateTimeOf(message)),
                         .text = text,
                         .others = {resource.schema.type()}});
}

}  // namespace

const SqlTable& SearchDocuments() {
  static const auto* const kTable =
      new SqlTable{.name = "search_documents",
                   .columns = {{"tenant", SqlType::kText, false, {}},
                               {"name", SqlType::kText, false, {}},
                               {"resource_type", SqlType::kText, false, {}},
                               {"position", SqlType::kInteger, false, {}},
                               {"content", SqlType::kText, false, {}}},
                   .primary_key = {"tenant", "name"},
                   .clustered = true,
                   .indexes = {{.name = "by_search_documents_position",
                                .columns = {"tenant", "position", "name"}}},
                   .text_index = SqlTextIndex{.name = "search_documents_text",
                                              .text_column = "content",
                                              .position_column = "position"}};
  return *kTable;
}

bool IsSearched(const Resource& resource, const CustomType* custom) {
  return !resource.schema.searchable().empty() ||
         (custom != nullptr && !custom->searchable.empty());
}

std::vector<SearchedField> SearchedFieldsOf(const Resource& resource,
                                            const CustomType* custom,
                                            const Message& message) {
  std::vector<SearchedField> fields;
  for (const std::string& path : resource.schema.searchable()) {
    SqlValue value =
        ReadColumn(message, *FindFieldPath(*message.GetDescriptor(), path));
    auto* text = std::get_if<std::string>(&value);
    if (text == nullptr || text->empty()) continue;
    fields.push_back({path, std::move(*text)});
  }
  if (custom == nullptr || custom->searchable.empty()) return fields;
  const CustomValues values = ReadCustomValues(message);
  for (const std::string& key : custom->searchable) {
    const auto value = values.find(key);
    if (value == values.end() || value->second.string_value().empty()) continue;
    fields.push_back(
        {absl::StrCat("custom_fields.", key), value->second.string_value()});
  }
  return fields;
}

std::string SearchTextOf(const Resource& resource, const CustomType* custom,
                         const Message& message) {
  std::string text;
  if (IsDeleted(resource, message)) return text;
  for (const SearchedField& field :
       SearchedFieldsOf(resource, custom, message)) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", FoldText(field.text));
  }
  CutUtf8(text, kMaxSearchBytes);
  return text;
}

absl::Status IndexResource(SqlWriter& writer, absl::string_view tenant,
                           const Resource& resource, const CustomType* custom,
                           const Message& message) {
  return Store(writer, tenant, resource, message,
               SearchTextOf(resource, custom, message));
}

absl::Status IndexChange(const Transaction& transaction,
                         const ResourceChange& change) {
  const Resource& resource = *change.resource;
  if (resource.schema.searchable().empty() &&
      CustomFieldsOf(*resource.schema.message()) == nullptr) {
    return absl::OkStatus();
  }
  CRM_ASSIGN_OR_RETURN(const CustomType* custom,
                       transaction.CustomTypeOf(resource, change.name));
  const auto text_of = [&](const std::unique_ptr<Message>& message) {
    return message == nullptr ? "" : SearchTextOf(resource, custom, *message);
  };
  const std::string before = text_of(change.before);
  const std::string after = text_of(change.after);
  // A document may still hold what is not searched any more, so one that is to
  // be empty is always removed.
  const bool same = before == after && !after.empty();
  if (same || (change.before == nullptr && after.empty())) {
    return absl::OkStatus();
  }
  return Store(transaction.writer(), transaction.view().tenant(), resource,
               change.after != nullptr ? *change.after : *change.before, after);
}

}  // namespace crm
