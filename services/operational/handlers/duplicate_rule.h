// Duplicate rules where they meet the store: what they do with each change of a
// resource, and the verbs that put them to use.
//
// A new resource, and one that a call gives other values, is compared, in the
// transaction that stores it, with those that share a block key by an active
// rule of its type: at most kMaxDuplicateBlock of each key. Writes come one
// after the other to these look-ups, so of many creates of one person at the
// same time each sees those before it.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_RULE_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_RULE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/duplicate_rule.pb.h"
#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "shared/resource/catalog.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// A ChangeRule: keeps the index in step, and compares what is new or was
// changed. Returns ALREADY_EXISTS (DUPLICATE_FOUND), which names what the
// caller may read; of an update, only for what it was not like before.
//
// What he may not read, or may not read the compared fields of, is not there to
// him: the resource is stored, with a candidate for those who see it. The
// rule may say that it is refused instead; then he learns that there is one.
absl::Status FollowDuplicates(Transaction& transaction,
                              const Resource& resource,
                              const google::protobuf::Message* before,
                              const google::protobuf::Message* after);

// Refuses terms about fields that the caller may not read, and says that the
// active rules may change.
absl::Status SettleDuplicateRule(Transaction& transaction,
                                 const v1::DuplicateRule* before,
                                 v1::DuplicateRule& after,
                                 const Settlement& settlement);

absl::StatusOr<v1::DuplicateRule> HandleActivateDuplicateRule(
    Transaction& transaction, const CallContext& call,
    const v1::ActivateDuplicateRuleRequest& request);

absl::StatusOr<v1::DuplicateRule> HandleRetireDuplicateRule(
    Transaction& transaction, const CallContext& call,
    const v1::RetireDuplicateRuleRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_RULE_H_
