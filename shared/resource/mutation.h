// Runs a mutating call: replay by request id, the handler inside one
// transaction, its records, the durable commit, the answer.

#ifndef CRM_SHARED_RESOURCE_MUTATION_H_
#define CRM_SHARED_RESOURCE_MUTATION_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "shared/resource/kernel.h"
#include "shared/resource/transaction.h"

namespace crm {

// Decides what a mutating call changes and answers. May run twice for one call,
// so it keeps nothing outside `transaction`.
using MutationBody =
    std::function<absl::StatusOr<std::unique_ptr<google::protobuf::Message>>(
        Transaction& transaction, const CallContext& call,
        const google::protobuf::Message& request)>;

// One mutating call as it is run: the request with its id and whether it only
// validates.
struct Mutation {
  // Lives as long as the call does.
  std::shared_ptr<const CallContext> call;
  std::shared_ptr<const google::protobuf::Message> request;
  std::string request_id;
  bool validate_only = false;
  // Whether a caller is answered, who may send the token back.
  bool needs_token = true;
  MutationBody body;
};

// Queues `mutation`; `done` is called once, after the commit is durable, or
// with the error because of which nothing changed. No thread waits in between.
//
// A commit whose outcome a broken connection left open is looked up by its
// request id; COMMIT_UNKNOWN is answered only if that fails too.
//
// Beside the body's errors: INVALID_ARGUMENT (REQUEST_ID_REUSED),
// ALREADY_EXISTS with the holder where a name or unique value is taken, and the
// errors of Database::Write.
void RunMutation(const Kernel& kernel, Mutation mutation, Done done);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_MUTATION_H_
