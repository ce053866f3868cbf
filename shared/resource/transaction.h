// What a mutating handler works on: reads and changes that are committed
// together, with their events and audit entries, or not at all.

#ifndef CRM_SHARED_RESOURCE_TRANSACTION_H_
#define CRM_SHARED_RESOURCE_TRANSACTION_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "shared/base/ids.h"
#include "shared/call/call.h"
#include "shared/resource/custom_schema.h"
#include "shared/resource/read_view.h"
#include "shared/resource/write_access.h"

namespace crm {

// The most resources that one transaction may change.
inline constexpr size_t kMaxChanges = 5'000;

// One resource that a transaction changed: how it was before the transaction,
// and how it is after it.
struct ResourceChange {
  const Resource* resource = nullptr;
  std::string name;
  // Null for a resource that was created.
  std::unique_ptr<google::protobuf::Message> before;
  // Null for a resource that was removed for good.
  std::unique_ptr<google::protobuf::Message> after;
  // The version after the change.
  int64_t version = 0;
  // `created`, `updated`, `deleted` or `undeleted`.
  const char* kind = "";
  // The call that changed it first, if that is not the transaction's own.
  std::shared_ptr<const CallContext> acting = nullptr;
};

// Changes resources of one tenant. A change that fails makes the whole
// transaction fail with that error, unless the handler returns one of its own,
// so the calls return nothing; `status()` tells. Thread-compatible; made by the
// kernel, which may run a handler twice.
class Transaction {
 public:
  Transaction(SqlWriter& writer, const ResourceCatalog& catalog,
              const CallContext& call, IdMaker& ids, absl::Time now);

  // The instant of the commit; the same for everything in it.
  absl::Time now() const { return now_; }
  // The call that is served: the transaction's own, but while it acts as
  // another.
  const CallContext& call() const { return acting_ ? *acting_ : call_; }
  // Reads what is stored, the transaction's own changes included.
  const ReadView& view() const { return view_; }
  SqlWriter& writer() const { return writer_; }

  // Returns a name for a new resource, under `parent` if it is nested.
  template <typename T>
  std::string NewName(absl::string_view parent = "") {
    return NewName(*view_.catalog().Find(T::descriptor()), parent);
  }
  std::string NewName(const Resource& resource, absl::string_view parent);

  // Whether the caller may change what the call is about. GetLive() and the
  // changes ask it; who finds rows by other ways asks it himself.
  const WriteAccess& access() const { return *access_; }

  // While it lives, what the transaction does is done as another call of the
  // same tenant: with its subject, rights and method. They do not nest.
  class Acting {
   public:
    Acting(Transaction& transaction, std::shared_ptr<const CallContext> call);
    ~Acting();
    Acting(const Acting&) = delete;
    Acting& operator=(const Acting&) = delete;

   private:
    Transaction& transaction_;
  };

  // Returns the live resource called `name`: NOT_FOUND if there is none, or
  // none that the caller may read, PERMISSION_DENIED if he may not change it,
  // ABORTED (ETAG_MISMATCH) if `etag` is not empty and not its current one.
  template <typename T>
  absl::StatusOr<T> GetLive(absl::string_view name,
                            absl::string_view etag = "") const {
    CRM_ASSIGN_OR_RETURN(T message, view_.GetLive<T>(name));
    CRM_RETURN_IF_ERROR(
        access_->CheckTarget(*view_.catalog().Find(T::descriptor()), message));
    if (!etag.empty() && etag != message.etag()) {
      return EtagMismatch(name, message.etag());
    }
    return message;
  }

  // Returns the live resource that `request` names, after the transition that
  // its method makes (crm.api.Transition); not stored yet. Beside the errors of
  // GetLive: ILLEGAL_TRANSITION.
  template <typename T, typename Request>
  absl::StatusOr<T> Move(const Request& request) const {
    CRM_ASSIGN_OR_RETURN(T message, GetLive<T>(request.name(), request.etag()));
    CRM_RETURN_IF_ERROR(MakeTransition(request, message));
    return message;
  }

  // Makes the transition of the method of `request` on `message`.
  absl::Status MakeTransition(const google::protobuf::Message& request,
                              google::protobuf::Message& message) const;

  // Stores a new resource, which has its name. Sets its etag, uid and times;
  // its customer is made if it has none and the service owns customers.
  void Create(google::protobuf::Message& message);

  // Replaces a resource by `message`, which has its name. Sets etag and times.
  // A message that differs in nothing changes nothing.
  void Update(google::protobuf::Message& message);

  // Deletes a resource: softly where it has `delete_time`, which is set in
  // `message`, else for good.
  void Delete(google::protobuf::Message& message);

  // Brings a soft-deleted resource back.
  void Undelete(google::protobuf::Message& message);

  // Returns what the tenant has defined of its own, as it is in this
  // transaction.
  absl::StatusOr<std::shared_ptr<const CustomSchema>> custom_schema() const;

  // Returns what of it is defined of the kind of the `resource` called `name`;
  // null for nothing. The name matters where each parent has fields of its own.
  absl::StatusOr<const CustomType*> CustomTypeOf(
      const Resource& resource, absl::string_view name = "") const;

  // Has the timer `key` of `kind` fire at `due_time`, with `payload`; moves it
  // if it is set. It is set only if the transaction is committed.
  void Schedule(absl::string_view kind, absl::string_view key,
                absl::Time due_time, std::string payload = "");

  // Has the timer not fire. Does nothing if it is not set.
  void Unschedule(absl::string_view kind, absl::string_view key);

  // The first error of a change, or OK.
  const absl::Status& status() const { return status_; }

  // The resources that differ from before, in the order of their first change.
  const std::vector<std::unique_ptr<ResourceChange>>& changes() const {
    return changes_;
  }

 private:
  absl::Status TryCreate(google::protobuf::Message& message);
  absl::Status TryUpdate(google::protobuf::Message& message, const char* kind);
  absl::Status TryDelete(google::protobuf::Message& message);

  // The resource of this transaction that has a unique value of `message`: an
  // engine may lose sight of it when a statement fails.
  std::optional<ResourceTable::Holder> OwnHolder(
      const Resource& resource, const google::protobuf::Message& message) const;
  // Says whose name or unique value stands in the way of a failed statement.
  absl::Status Explain(const Resource& resource,
                       const google::protobuf::Message& message,
                       absl::Status status) const;

  // The error of a value that is held already; `holder` is empty for a caller
  // who may not know of it.
  static absl::Status UniqueValueTaken(const ResourceSchema& schema,
                                       const std::string& field,
                                       const std::string& holder);

  absl::StatusOr<const Resource*> ResourceOf(
      const google::protobuf::Message& message) const;
  absl::Status Prepare(const Resource& resource,
                       const google::protobuf::Message* before,
                       google::protobuf::Message& after) const;
  absl::Status Settle(const Resource& resource,
                      const google::protobuf::Message* before,
                      google::protobuf::Message& after,
                      const Settlement& settlement);
  // Has the service keep what it has beside the resource in step.
  absl::Status FollowChange(const Resource& resource,
                            const google::protobuf::Message* before,
                            const google::protobuf::Message* after);
  absl::Status RunRules(const Resource& resource,
                        const google::protobuf::Message* before,
                        google::protobuf::Message& after) const;
  // Null if there is none; the errors of a read.
  absl::StatusOr<const google::protobuf::Message*> FindForRule(
      const google::protobuf::Descriptor* type, absl::string_view name,
      std::map<std::string, std::unique_ptr<google::protobuf::Message>>& found)
      const;
  absl::Status StepParent(const Resource& resource,
                          const google::protobuf::Message* before,
                          google::protobuf::Message* after);
  // References to what is not there, or what the caller may not read, are
  // violations; `known` are the names that stood in the resource before.
  absl::Status CheckReferences(const google::protobuf::Message& message,
                               const std::string& prefix,
                               const std::set<std::string>& known,
                               std::vector<FieldViolation>& violations) const;
  absl::StatusOr<bool> IsReferable(const Resource& target,
                                   const std::string& name, bool known) const;
  absl::Status EnsureCustomer(const Resource& resource,
                              google::protobuf::Message& message);
  // Whether the call is about resources of this type.
  bool IsOwn(const Resource& resource) const;
  absl::Status CheckCustom(const Resource& resource,
                           const google::protobuf::Message* before,
                           google::protobuf::Message& after,
                           std::vector<FieldViolation>& violations) const;
  absl::Status CheckRules(const Resource& resource,
                          const google::protobuf::Message* before,
                          const google::protobuf::Message& after,
                          std::vector<FieldViolation>& violations) const;
  // Brings the index of the custom fields of a row in step with it.
  absl::Status KeepIndex(const Resource& resource,
                         const google::protobuf::Message* before,
                         const google::protobuf::Message* after);
  // Says that the tenant's definitions have changed, if that is what changed.
  absl::Status NoteDefinitions(const Resource& resource,
                               const google::protobuf::Message* before,
                               const google::protobuf::Message* after);
  // What is stored of a resource, parsed.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Load(
      const Resource& resource, absl::string_view name, int64_t& version) const;
  absl::Status Forget(const std::string& name);
  absl::Status Record(const Resource& resource,
                      std::unique_ptr<google::protobuf::Message> before,
                      const google::protobuf::Message* after, int64_t version,
                      const char* kind);

  SqlWriter& writer_;
  const CallContext& call_;
  // Null while it acts as nobody else.
  std::shared_ptr<const CallContext> acting_;
  IdMaker& ids_;
  const absl::Time now_;
  // Sees all rows of the tenant, as rules need.
  ReadView view_;
  std::optional<WriteAccess> access_;
  absl::Status status_;
  std::vector<std::unique_ptr<ResourceChange>> changes_;
  std::map<std::string, ResourceChange*, std::less<>> by_name_;
  // Null until it is asked for, and after a change of it.
  mutable std::shared_ptr<const CustomSchema> custom_schema_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_TRANSACTION_H_
