// The rules of a resource as services write them: functions of its own type.

#ifndef CRM_SHARED_RESOURCE_TYPED_RULES_H_
#define CRM_SHARED_RESOURCE_TYPED_RULES_H_

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "shared/reflect/rule_context.h"
#include "shared/resource/catalog.h"
#include "shared/resource/transaction.h"

namespace crm {

// ResourceRules with the types of one resource; see there.
template <typename T>
struct Rules {
  absl::Status (*prepare)(const T* before, T& after,
                          const RuleContext& context) = nullptr;
  absl::Status (*authorize)(const T* before, const T& after,
                            const CallContext& call,
                            const RuleContext& context) = nullptr;
  absl::Time (*expires)(const T& resource) = nullptr;
  absl::Status (*deletable)(const T& resource) = nullptr;
  absl::Status (*settle)(Transaction& transaction, const T* before, T& after,
                         const Settlement& settlement) = nullptr;
  // Kinds of timers, and when each is due.
  std::vector<std::pair<const char*, absl::Time (*)(const T& resource)>>
      timers = {};
  bool fields_by_parent = false;
};

// How a nested resource `T` keeps its parent `P` in step; see ResourceRules.
template <typename T, typename P>
using ParentRule = absl::Status (*)(const T* before, T* after, P& parent);

// Returns the rules as functions of any message, which has to be a `T`.
template <typename T>
ResourceRules EraseTypes(Rules<T> rules) {
  ResourceRules erased;
  erased.fields_by_parent = rules.fields_by_parent;
  if (rules.prepare != nullptr) {
    erased.prepare = [prepare = rules.prepare](
                         const google::protobuf::Message* before,
                         google::protobuf::Message& after,
                         const RuleContext& context) {
      return prepare(static_cast<const T*>(before), static_cast<T&>(after),
                     context);
    };
  }
  if (rules.authorize != nullptr) {
    erased.authorize = [authorize = rules.authorize](
                           const google::protobuf::Message* before,
                           const google::protobuf::Message& after,
                           const CallContext& call,
                           const RuleContext& context) {
      return authorize(static_cast<const T*>(before),
                       static_cast<const T&>(after), call, context);
    };
  }
  if (rules.expires != nullptr) {
    erased.expires =
        [expires = rules.expires](const google::protobuf::Message& resource) {
          return expires(static_cast<const T&>(resource));
        };
  }
  for (const auto& [kind, due] : rules.timers) {
    erased.timers.push_back(
        {kind, [due = due](const google::protobuf::Message& resource) {
           return due(static_cast<const T&>(resource));
         }});
  }
  if (rules.deletable != nullptr) {
    erased.deletable = [deletable = rules.deletable](
                           const google::protobuf::Message& resource) {
      return deletable(static_cast<const T&>(resource));
    };
  }
  if (rules.settle != nullptr) {
    erased.settle =
        [settle = rules.settle](
            Transaction& transaction, const google::protobuf::Message* before,
            google::protobuf::Message& after, const Settlement& settlement) {
          return settle(transaction, static_cast<const T*>(before),
                        static_cast<T&>(after), settlement);
        };
  }
  return erased;
}

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_TYPED_RULES_H_
