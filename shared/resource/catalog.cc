#include "shared/resource/catalog.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/custom_fields.h"
#include "shared/reflect/resource_name.h"
#include "shared/resource/repeated_index.h"

namespace crm {

std::string Resource::CustomKind(absl::string_view name) const {
  return rules.fields_by_parent ? std::string(ParentOf(name)) : schema.type();
}

std::unique_ptr<google::protobuf::Message> Resource::New() const {
  const auto* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(
          schema.message());
  return std::unique_ptr<google::protobuf::Message>(prototype->New());
}

absl::Status ResourceCatalog::Add(const google::protobuf::Descriptor* message,
                                  ResourceRules rules) {
  CRM_ASSIGN_OR_RETURN(ResourceSchema schema, ResourceSchema::Build(message));
  auto resource = std::make_unique<Resource>(std::move(schema));
  resource->rules = std::move(rules);
  resources_.push_back(std::move(resource));
  return absl::OkStatus();
}

const Resource* ResourceCatalog::Find(
    const google::protobuf::Descriptor* message) const {
  for (const auto& resource : resources_) {
    if (resource->schema.message() == message) return resource.get();
  }
  return nullptr;
}

const Resource* ResourceCatalog::FindByType(absl::string_view type) const {
  for (const auto& resource : resources_) {
    if (resource->schema.type() == type) return resource.get();
  }
  return nullptr;
}

const Resource* ResourceCatalog::FindByKind(absl::string_view kind) const {
  for (const auto& resource : resources_) {
    const ResourceSchema& schema = resource->schema;
    if (CustomFieldsOf(*schema.message()) == nullptr) continue;
    if (resource->rules.fields_by_parent
            ? schema.pattern().MatchesParent(kind, /*wildcards=*/false)
            : schema.type() == kind) {
      return resource.get();
    }
  }
  return nullptr;
}

FindTarget ResourceCatalog::targets() const {
  return [this](absl::string_view type) -> const ReferenceTarget* {
    const Resource* resource = FindByType(type);
    if (resource == nullptr) resource = FindByKind(type);
    return resource == nullptr ? nullptr : &resource->target;
  };
}

const Resource* ResourceCatalog::FindByName(absl::string_view name) const {
  for (const auto& resource : resources_) {
    if (resource->schema.pattern().Matches(name)) return resource.get();
  }
  return nullptr;
}

std::vector<SqlTable> ResourceCatalog::Tables() const {
  std::vector<SqlTable> tables;
  for (const auto& resource : resources_) {
    tables.push_back(resource->table.Schema());
  }
  tables.push_back(RepeatedIndexTable());
  return tables;
}

absl::Status ResourceNotFound(const ResourceSchema& schema,
                              absl::string_view name) {
  return WithResource(
      NotFound(
          "RESOURCE_NOT_FOUND",
          absl::StrCat("'", name, "' does not exist, or you may not see it."),
          {{"name", std::string(name)}}),
      schema.type(), name);
}

absl::Status EtagMismatch(absl::string_view name, absl::string_view current) {
  return Aborted(
      "ETAG_MISMATCH",
      absl::StrCat("'", name,
                   "' has changed since you read it. Read it again, "
                   "then repeat the change."),
      {{"name", std::string(name)}, {"current_etag", std::string(current)}});
}

std::string EtagOf(int64_t version) {
  return absl::StrCat("\"", version, "\"");
}

}  // namespace crm
