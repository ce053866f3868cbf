#include "shared/resource/row_rule.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/row_expression.h"

namespace crm {
namespace {

using ::google::protobuf::Message;

constexpr char kCustomers[] = "customers";
constexpr char kCustomerType[] = "crm/Customer";
// More owners than this are compared row by row: statements have limits.
constexpr size_t kMaxOwnersInSql = 1'000;

LoweredFilter Never() {
  return {.where = {.text = "1=0", .params = {}}, .exact = true};
}

// `column IN (?, ...)`.
LoweredFilter OneOf(absl::string_view column,
                    const std::set<std::string>& values) {
  if (values.empty()) return Never();
  if (values.size() > kMaxOwnersInSql) {
    return {.where = {.text = "1=1", .params = {}}, .exact = false};
  }
  LoweredFilter in;
  in.where.text = absl::StrCat(
      column, " IN (",
      absl::StrJoin(std::vector<absl::string_view>(values.size(), "?"), ", "),
      ")");
  in.where.params.assign(values.begin(), values.end());
  return in;
}

// The type of the rows above those of `resource`, or null.
const Resource* ParentOfType(const Resource& resource,
                             const ResourceCatalog& catalog) {
  const auto& collections = resource.schema.pattern().collections();
  if (collections.size() < 2) return nullptr;
  for (const auto& candidate : catalog.resources()) {
    const auto& above = candidate->schema.pattern().collections();
    if (above.size() + 1 == collections.size() &&
        std::equal(above.begin(), above.end(), collections.begin())) {
      return candidate.get();
    }
  }
  return nullptr;
}

// What says whom a row belongs to: the owner's or the customer's field.
struct Holder {
  // The field; null where the name is what counts.
  const google::protobuf::FieldDescriptor* field = nullptr;
  std::string column = "name";
};

bool FindOwner(const Resource& resource, Holder& holder) {
  holder.field = resource.schema.owner();
  if (holder.field == nullptr) return false;
  holder.column = absl::StrCat("c_", holder.field->name());
  return true;
}

bool FindCustomer(const Resource& resource, Holder& holder) {
  if (resource.schema.type() == kCustomerType) return true;
  holder.field = resource.schema.ordering();
  if (holder.field == nullptr) return false;
  holder.column = absl::StrCat("c_", holder.field->name());
  return true;
}

}  // namespace

struct RowRule::Term {
  AccessGrant grant;
  bool all = false;
  // The row belongs to one of these, as `holder` says; or the row above it
  // does, where `parent` is set.
  bool held = false;
  Holder holder;
  std::set<std::string> holders;
  const Resource* parent = nullptr;
  // Or the filter is true of it.
  Filter filter;
  bool filtered = false;

  LoweredFilter Lower(const Resource& resource) const {
    // A column that is still being filled would hide rows.
    const Resource& of = parent == nullptr ? resource : *parent;
    if (held && holder.field != nullptr &&
        of.table.columns().Find(holder.field->name()) == nullptr) {
      return {.where = {.text = "1=1", .params = {}}, .exact = false};
    }
    if (all) return {.where = {.text = "1=1", .params = {}}, .exact = true};
    if (filtered) return filter.Lower(resource.table.columns());
    if (!held) return Never();
    if (parent == nullptr) return OneOf(holder.column, holders);
    // The names in the table above are qualified: both tables have them.
    const std::string& table = resource.schema.table();
    LoweredFilter in = OneOf(absl::StrCat("above.", holder.column), holders);
    if (!in.exact) return in;
    in.where.text = absl::StrCat(
        "EXISTS (SELECT 1 FROM ", parent->schema.table(),
        " above WHERE above.tenant = ", table,
        ".tenant AND above.name = ", table, ".parent AND ", in.where.text, ")");
    return in;
  }

  bool Holds(const Message& message) const {
    return holders.contains(
        holder.field == nullptr
            ? ReadString(message, "name")
            : message.GetReflection()->GetString(message, holder.field));
  }

  absl::StatusOr<bool> Admits(const RuleSubject& row) const {
    if (all) return true;
    if (filtered) return filter.Matches(row.message);
    if (!held) return false;
    if (parent == nullptr) return Holds(row.message);
    CRM_ASSIGN_OR_RETURN(
        const auto above,
        parent->table.Find(row.reader, row.tenant,
                           ParentOf(ReadString(row.message, "name"))));
    if (!above.has_value()) return false;
    const std::unique_ptr<Message> message = parent->New();
    if (!message->ParseFromString(above->body)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    return Holds(*message);
  }
};

namespace {

// Says by `find` whom rows of `resource` belong to, else by the rows above.
template <typename Term>
void FindHolder(bool (*find)(const Resource&, Holder&),
                const Resource& resource, const ResourceCatalog& catalog,
                Term& term) {
  term.held = find(resource, term.holder);
  if (term.held) return;
  term.parent = ParentOfType(resource, catalog);
  term.held = term.parent != nullptr && find(*term.parent, term.holder);
}

}  // namespace

RowRule::RowRule(const Access& access, const CallerIdentity& caller,
                 const Resource& resource, const ResourceCatalog& catalog) {
  const std::shared_ptr<const CustomSchema> custom =
      catalog.custom_schemas().Latest(caller.tenant).schema;
  const auto compile = [&](const AccessGrant& grant) {
    auto term = std::make_shared<Term>();
    term->grant = grant;
    switch (grant.scope) {
      case RowScope::kAll:
        term->all = true;
        break;
      case RowScope::kTeam:
        term->holders = caller.team_subjects;
        FindHolder(&FindOwner, resource, catalog, *term);
        break;
      case RowScope::kOwn:
        term->holders = {caller.subject};
        FindHolder(&FindOwner, resource, catalog, *term);
        break;
      case RowScope::kCustomer:
        if (caller.customer.empty()) break;
        term->holders = {caller.customer};
        FindHolder(&FindCustomer, resource, catalog, *term);
        break;
      case RowScope::kExpression:
        auto filter =
            CompileRowExpression(grant.expression, caller,
                                 resource.schema.message(), custom->finder());
        term->filtered = filter.ok();
        if (filter.ok()) term->filter = *std::move(filter);
        break;
    }
    return std::shared_ptr<const Term>(std::move(term));
  };
  where_ = Never();
  all_rows_ = false;
  std::set<std::string> shown_everywhere;
  for (const AccessGrant& grant : access.grants) {
    const auto term = terms_.emplace_back(compile(grant));
    all_rows_ = all_rows_ || term->all;
    hidden_anywhere_.insert(grant.hidden_fields.begin(),
                            grant.hidden_fields.end());
    LoweredFilter lowered = term->Lower(resource);
    where_.exact = where_.exact && lowered.exact;
    absl::StrAppend(&where_.where.text, " OR (", lowered.where.text, ")");
    std::move(lowered.where.params.begin(), lowered.where.params.end(),
              std::back_inserter(where_.where.params));
  }
  for (const auto& term : terms_) {
    if (!term->all) continue;
    std::erase_if(hidden_anywhere_, [&](const std::string& path) {
      const auto& hidden = term->grant.hidden_fields;
      return std::find(hidden.begin(), hidden.end(), path) == hidden.end();
    });
  }
  if (all_rows_) {
    where_ = {.where = {.text = "1=1", .params = {}}, .exact = true};
  }
  if (caller.customer.empty()) return;
  bound_ = compile(AccessGrant{.role = {},
                               .scope = RowScope::kCustomer,
                               .expression = {},
                               .hidden_fields = {},
                               .read_only_fields = {}});
  // Types that belong to no customer, as products, are bounded by nothing.
  if (!bound_->held) {
    bound_ = nullptr;
    return;
  }
  all_rows_ = false;
  LoweredFilter bound = bound_->Lower(resource);
  where_.exact = where_.exact && bound.exact;
  where_.where.text =
      absl::StrCat("(", where_.where.text, ") AND (", bound.where.text, ")");
  std::move(bound.where.params.begin(), bound.where.params.end(),
            std::back_inserter(where_.where.params));
}

absl::StatusOr<bool> RowRule::Admits(const RuleSubject& row) const {
  if (all_rows_) return true;
  if (bound_ != nullptr) {
    CRM_ASSIGN_OR_RETURN(const bool bounded, bound_->Admits(row));
    if (!bounded) return false;
  }
  for (const auto& term : terms_) {
    CRM_ASSIGN_OR_RETURN(const bool admitted, term->Admits(row));
    if (admitted) return true;
  }
  return false;
}

bool RowRule::HidesPath(absl::string_view path) const {
  return std::any_of(hidden_anywhere_.begin(), hidden_anywhere_.end(),
                     [path](const std::string& hidden) {
                       return path == hidden ||
                              absl::StartsWith(path,
                                               absl::StrCat(hidden, ".")) ||
                              absl::StartsWith(hidden, absl::StrCat(path, "."));
                     });
}

// What needs the row above to be known counts as not admitted: then a field is
// rather hidden than shown.
bool RowRule::AdmittedAlone(const Term& term, const Message& message) const {
  if (term.all) return true;
  if (term.filtered) return term.filter.Matches(message);
  return term.held && term.parent == nullptr && term.Holds(message);
}

std::set<std::string> RowRule::Common(
    const Message& message,
    std::vector<std::string> AccessGrant::*fields) const {
  std::set<std::string> all;
  std::set<std::string> common;
  bool first = true;
  for (const auto& term : terms_) {
    const std::vector<std::string>& mine = term->grant.*fields;
    all.insert(mine.begin(), mine.end());
    if (!AdmittedAlone(*term, message)) continue;
    const std::set<std::string> paths(mine.begin(), mine.end());
    if (first) {
      common = paths;
    } else {
      std::erase_if(common, [&](const std::string& path) {
        return !paths.contains(path);
      });
    }
    first = false;
  }
  return first ? all : common;
}

std::set<std::string> RowRule::HiddenIn(const Message& message) const {
  return Common(message, &AccessGrant::hidden_fields);
}

std::set<std::string> RowRule::ReadOnlyIn(const Message& message) const {
  return Common(message, &AccessGrant::read_only_fields);
}

namespace {

// Whether an expression of a grant names custom fields.
bool AsksForCustomFields(const Access& access) {
  return std::any_of(access.grants.begin(), access.grants.end(),
                     [](const AccessGrant& grant) {
                       return absl::StrContains(grant.expression, "custom");
                     });
}

}  // namespace

std::string ReadPermission(const Resource& resource) {
  return absl::StrCat(resource.schema.pattern().collection(), ".get");
}

std::shared_ptr<const RowRule> RuleFor(const Caller* caller,
                                       const ResourceCatalog& catalog,
                                       const Resource& resource,
                                       absl::string_view permission) {
  static const auto& open =
      *new std::shared_ptr<const RowRule>(std::make_shared<RowRule>());
  if (caller == nullptr) return open;
  const Access& access = caller->AccessTo(permission);
  if (access.everything) return open;
  // What was compiled by other definitions is not used.
  const std::string stamp =
      AsksForCustomFields(access)
          ? catalog.custom_schemas().Latest(caller->identity().tenant).stamp
          : "";
  return std::static_pointer_cast<const RowRule>(caller->Keep(
      absl::StrCat(resource.schema.type(), " ", permission, " ", stamp), [&] {
        return std::make_shared<const RowRule>(access, caller->identity(),
                                               resource, catalog);
      }));
}

std::string PermissionToRead(const CallContext& call,
                             const Resource& resource) {
  if (call.method != nullptr &&
      call.method->resource == resource.schema.message()) {
    return call.method->permission;
  }
  return ReadPermission(resource);
}

}  // namespace crm
