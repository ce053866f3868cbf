#include "tests/conformance/authz_stage.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

// The subject that owns rows of `kind`.
std::string OwnerOf(RowKind kind) {
  switch (kind) {
    case RowKind::kMate:
      return "user:mate";
    case RowKind::kFar:
      return "user:far";
    default:
      return "user:me";
  }
}

}  // namespace

std::string NameOfKind(RowKind kind) {
  switch (kind) {
    case RowKind::kOwn:
      return "own";
    case RowKind::kMate:
      return "mates";
    case RowKind::kFar:
      return "far";
    case RowKind::kForeign:
      return "foreign";
    case RowKind::kMissing:
      return "missing";
  }
  return "";
}

const Resource* Stage::ParentOf(const Resource& resource) {
  if (!resource.schema.pattern().nested()) return nullptr;
  const auto& collections = resource.schema.pattern().collections();
  for (const auto& candidate : catalog().resources()) {
    const auto& above = candidate->schema.pattern().collections();
    if (above.size() + 1 == collections.size() &&
        above.back() == collections[collections.size() - 2]) {
      return candidate.get();
    }
  }
  return nullptr;
}

bool Stage::Owned(const Resource& resource) {
  if (resource.schema.owner() != nullptr) return true;
  const Resource* parent = ParentOf(resource);
  return parent != nullptr && parent->schema.owner() != nullptr;
}

std::string Stage::Parent(const Resource& resource, RowKind kind) {
  const Resource* parent = ParentOf(resource);
  return parent == nullptr ? "" : Row(*parent, kind);
}

const std::string& Stage::Row(const Resource& resource, RowKind kind) {
  std::string& name = rows_[{resource.schema.type(), kind}];
  if (!name.empty()) return name;
  const std::string parent =
      Parent(resource, kind == RowKind::kMissing ? RowKind::kOwn : kind);
  name = resource.schema.pattern().Format(
      parent, absl::StrCat("row-", NameOfKind(kind)));
  if (kind == RowKind::kMissing || !Api(resource).Has(Verb::kCreate) ||
      resource.schema.message()->file()->package() == "crm.analytical.v1") {
    return name;
  }
  const auto request =
      Api(resource).CreateRequest(*NewRow(resource, kind), parent);
  SetText(*request, Api(resource).id_field(),
          absl::StrCat("row-", NameOfKind(kind)));
  const auto answer = Api(resource).Call(
      Verb::kCreate, *request,
      authority_.Token(kind == RowKind::kForeign ? "globex" : "acme",
                       "user:root", {"everyone"}));
  EXPECT_THAT(answer.status, IsOk()) << name;
  return name;
}

bool Stage::HasRows(const Resource& resource) {
  return Api(resource).Has(Verb::kCreate) &&
         resource.schema.message()->file()->package() != "crm.analytical.v1";
}

MessagePtr Stage::NewRow(const Resource& resource, RowKind kind) {
  referring_ = kind;
  auto outer = std::exchange(referred_, std::set<std::string>());
  MessagePtr row = maker_.Make(resource.schema.message());
  referred_ = std::move(outer);
  if (resource.schema.owner() != nullptr) {
    SetText(*row, resource.schema.owner()->name(), OwnerOf(kind));
  }
  return row;
}

MessagePtr Stage::Request(const Resource& resource, const MethodInfo& method,
                          RowKind kind, const std::string& name) {
  const ResourceApi& api = Api(resource);
  const std::string parent(crm::ParentOf(name));
  MessagePtr row = NewMessage(resource.schema.message());
  SetText(*row, "name", name);
  switch (method.verb) {
    case Verb::kCreate:
      return api.CreateRequest(*NewRow(resource, kind), parent);
    case Verb::kUpdate:
      return api.UpdateRequest(*row);
    case Verb::kBatchGet: {
      MessagePtr request = api.Request(Verb::kBatchGet);
      WriteString(*request, "parent", parent);
      request->GetReflection()->AddString(
          request.get(), request->GetDescriptor()->FindFieldByName("names"),
          name);
      return request;
    }
    case Verb::kBatchCreate:
      return Batch(api, method.verb, parent,
                   api.CreateRequest(*NewRow(resource, kind), parent));
    case Verb::kBatchUpdate:
      return Batch(api, method.verb, parent, api.UpdateRequest(*row));
    case Verb::kBatchDelete:
      return Batch(api, method.verb, parent,
                   api.NameRequest(Verb::kDelete, name));
    default:
      break;
  }
  MessagePtr request = maker_.Make(method.descriptor->input_type());
  WriteString(*request, "name", name);
  WriteString(*request, "parent", parent);
  if (method.permission == "automations.test") {
    WriteString(*request, "resource",
                Row(*catalog().FindByType("crm/Lead"), RowKind::kOwn));
  }
  return request;
}

MessagePtr Stage::Batch(const ResourceApi& api, Verb verb,
                        const std::string& parent, MessagePtr item) {
  std::vector<MessagePtr> items;
  items.push_back(std::move(item));
  return api.BatchRequest(verb, parent, items);
}

std::string Stage::Refer(const std::string& type) {
  const Resource* resource = catalog().FindByType(type);
  if (resource == nullptr) return "customers/elsewhere";
  const std::string name = Row(*resource, referring_);
  // A row may not refer to one row twice, as to both customers of a merge.
  const bool again = referred_.has_value() && !referred_->insert(type).second;
  return again ? Another(*resource, name) : name;
}

std::string Stage::Another(const Resource& resource, const std::string& name) {
  if (!HasRows(resource) || referring_ == RowKind::kMissing) return name;
  const RowKind kind = referring_;
  const std::string parent(crm::ParentOf(name));
  const ApiAnswer answer = Api(resource).Call(
      Verb::kCreate,
      *Api(resource).CreateRequest(*NewRow(resource, kind), parent),
      authority_.Token(kind == RowKind::kForeign ? "globex" : "acme",
                       "user:root", {"everyone"}));
  EXPECT_THAT(answer.status, IsOk()) << name;
  return answer.status.ok() ? ReadString(*answer.message, "name") : name;
}

}  // namespace crm::testing
