// The resource types that a service owns, with the tables and rules of each.

#ifndef CRM_SHARED_RESOURCE_CATALOG_H_
#define CRM_SHARED_RESOURCE_CATALOG_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "shared/query/reference.h"
#include "shared/reflect/resource_schema.h"
#include "shared/reflect/rule_context.h"
#include "shared/reflect/validate.h"
#include "shared/resource/custom_schemas.h"
#include "shared/resource/resource_table.h"

namespace crm {

// A timer that goes with a resource. When it is due is a pure function of the
// resource; InfiniteFuture() for no timer. It fires once for each time that the
// function gives.
struct ResourceTimer {
  // The kind, which Application::OnTimer() has a body for.
  std::string kind;
  std::function<absl::Time(const google::protobuf::Message&)> due;
};

class Transaction;

// What a rule that settles a resource is told beside it.
struct Settlement {
  // Whether the resource is new and came without an owner, so that it has its
  // creator for one.
  bool owner_is_default = false;
};

// The rules of a resource type that its schema cannot state. All but `settle`
// are pure: they depend on their arguments alone and keep nothing.
struct ResourceRules {
  // Completes and checks a resource before it is stored: sets what is output
  // only, as a first state or a total. `before` is null on create. Returns
  // INVALID_ARGUMENT or FAILED_PRECONDITION to refuse the change.
  std::function<absl::Status(const google::protobuf::Message* before,
                             google::protobuf::Message& after,
                             const RuleContext& context)>
      prepare;

  // Refuses what this caller may not write although he may write the resource,
  // as a role that grants more than he holds. `before` is null on create.
  std::function<absl::Status(const google::protobuf::Message* before,
                             const google::protobuf::Message& after,
                             const CallContext& call,
                             const RuleContext& context)>
      authorize;

  // Returns FAILED_PRECONDITION for a resource that may not be deleted as it
  // is.
  std::function<absl::Status(const google::protobuf::Message& resource)>
      deletable;

  // Keeps the parent of a nested resource in step: `before` is null on create,
  // `after` on delete. May complete `after` from the parent and change
  // `parent`, which is stored if it changed.
  std::function<absl::Status(const google::protobuf::Message* before,
                             google::protobuf::Message* after,
                             google::protobuf::Message& parent)>
      with_parent;

  // Completes a resource that differs from `before`, which is null on create,
  // by what else the service has, and changes that with it, as the turns by
  // which new resources find their owners. Runs after all that the caller
  // answers for was checked: what it does is the service's doing. May run again
  // with what it has written, and returns an error to refuse the change.
  std::function<absl::Status(
      Transaction& transaction, const google::protobuf::Message* before,
      google::protobuf::Message& after, const Settlement& settlement)>
      settle;

  // Returns when a resource is deleted for good by the service itself;
  // InfiniteFuture() for never. Stored as a durable timer with each change.
  std::function<absl::Time(const google::protobuf::Message&)> expires;

  // Timers of the service's own that go with a resource: each is set, moved and
  // removed with the changes of it. Their key is its name.
  std::vector<ResourceTimer> timers;

  // How lists are ordered that name no order; by name if it is empty.
  std::string default_order;

  // Whether the custom fields of a nested resource are defined of its parent,
  // so that resources under each have fields of their own.
  bool fields_by_parent = false;
};

// A resource type as the kernel serves it. Immutable once registered.
struct Resource {
  ResourceSchema schema;
  ResourceTable table;
  ResourceRules rules;

  // How filters on other types see this one.
  ReferenceTarget target;

  explicit Resource(ResourceSchema resource_schema)
      : schema(std::move(resource_schema)),
        table(schema),
        target{.type = schema.type(),
               .message = schema.message(),
               .columns = &table.columns(),
               .soft_delete = schema.soft_delete()} {}

  // Returns of what the custom fields of the resource called `name` are
  // defined: its type, or its parent (ResourceRules::fields_by_parent).
  std::string CustomKind(absl::string_view name) const;

  // Returns an empty message of the type.
  std::unique_ptr<google::protobuf::Message> New() const;
};

// Makes the customer that a resource belongs to when it came without one.
using CustomerMaker = std::function<std::unique_ptr<google::protobuf::Message>(
    const google::protobuf::Message& resource)>;

// Keeps what a service has beside its resources, of whatever type, in step with
// them: called with each change once it is stored. `before` is null for a
// resource that was created, `after` for one that was removed for good. May
// change other resources with it; an error refuses the change.
using ChangeRule = std::function<absl::Status(
    Transaction& transaction, const Resource& resource,
    const google::protobuf::Message* before,
    const google::protobuf::Message* after)>;

// The resource types of one service. Filled at start, then immutable.
class ResourceCatalog {
 public:
  ResourceCatalog() = default;
  ResourceCatalog(const ResourceCatalog&) = delete;
  ResourceCatalog& operator=(const ResourceCatalog&) = delete;

  // Registers `message`. Returns what ResourceSchema::Build returns.
  absl::Status Add(const google::protobuf::Descriptor* message,
                   ResourceRules rules = {});

  // Sets how customers are made in the service that owns them.
  void SetCustomerMaker(CustomerMaker maker) { maker_ = std::move(maker); }
  // Empty in services that do not own customers.
  const CustomerMaker& customer_maker() const { return maker_; }

  // Sets what is done with each change.
  void SetChangeRule(ChangeRule rule) { change_rule_ = std::move(rule); }
  // Empty without one.
  const ChangeRule& change_rule() const { return change_rule_; }

  // Returns the type of `message`, or null if the service does not own it.
  const Resource* Find(const google::protobuf::Descriptor* message) const;

  // Returns the type called `type` (`crm/Lead`), or null.
  const Resource* FindByType(absl::string_view type) const;

  // Returns the type whose custom fields can be defined of `kind`, which is its
  // name, or that of a parent; null if there is none.
  const Resource* FindByKind(absl::string_view kind) const;

  // Returns how filters find the types that references lead to. The catalog
  // outlives it.
  FindTarget targets() const;

  // Returns the type that `name` is a name of, or null.
  const Resource* FindByName(absl::string_view name) const;

  const std::vector<std::unique_ptr<Resource>>& resources() const {
    return resources_;
  }

  // Checks messages against their schema.
  const Validator& validator() const { return validator_; }

  // What tenants have defined of their own.
  CustomSchemas& custom_schemas() const { return *custom_schemas_; }

  // Returns the tables of all types.
  std::vector<SqlTable> Tables() const;

 private:
  std::vector<std::unique_ptr<Resource>> resources_;
  CustomerMaker maker_;
  ChangeRule change_rule_;
  Validator validator_;
  std::unique_ptr<CustomSchemas> custom_schemas_ =
      std::make_unique<CustomSchemas>(*this);
};

// Errors about resources that more than one method returns.
absl::Status ResourceNotFound(const ResourceSchema& schema,
                              absl::string_view name);
absl::Status EtagMismatch(absl::string_view name, absl::string_view current);

// Returns the etag of `version`: quoted, as in RFC 7232.
std::string EtagOf(int64_t version);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_CATALOG_H_
