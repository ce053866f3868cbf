#include "shared/resource/mutation.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/call/consistency_token.h"
#include "shared/resource/commit_records.h"
#include "shared/resource/request_log.h"

namespace crm {
namespace {

using ::crm::internal::v1::Event;
using ::google::protobuf::Message;

// Ends a body that ran well and must leave nothing behind. Never leaves this
// file.
constexpr char kRollback[] = "VALIDATED_ONLY";

// How often a commit whose outcome is unknown is looked up.
constexpr int kMaxLookups = 2;

// What a run of the body produced. Made anew by each run.
struct Outcome {
  std::string response;
  std::string token;
  std::vector<Event> events;
};

std::string CanonicalBytes(const Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

class Runner {
 public:
  Runner(const Kernel& kernel, Mutation mutation)
      : kernel_(kernel), mutation_(std::move(mutation)) {
    if (!mutation_.request_id.empty()) {
      hash_ = Sha256(CanonicalBytes(*mutation_.request));
    }
  }

  absl::Status Run(SqlWriter& writer) {
    outcome_ = Outcome();
    const absl::Time now = kernel_.clock.Now();
    if (remembers()) {
      CRM_ASSIGN_OR_RETURN(std::optional<RememberedAnswer> answer,
                           FindAnswer(writer, Key(), hash_, now));
      if (answer.has_value()) {
        outcome_.response = std::move(answer->response);
        outcome_.token = std::move(answer->token);
        return absl::OkStatus();
      }
    }
    Transaction transaction(writer, kernel_.catalog, *mutation_.call,
                            kernel_.ids, now);
    auto response =
        mutation_.body(transaction, *mutation_.call, *mutation_.request);
    // The body may have said more of a failed change, as which item it was.
    CRM_RETURN_IF_ERROR(response.status());
    CRM_RETURN_IF_ERROR(transaction.status());
    outcome_.response = (*response)->SerializeAsString();
    if (mutation_.validate_only) {
      return absl::Status(absl::StatusCode::kCancelled, kRollback);
    }
    if (remembers()) ExpectAnswer(writer, Key());
    return WriteCommitRecords(
        kernel_, transaction, mutation_.request_id, outcome_.events,
        [this, now](SqlWriter& last) { return WriteAnswer(last, now); });
  }

  // Returns what Run() asks first, as far as it is known.
  std::vector<SqlFragment> Reads() const {
    std::vector<SqlFragment> reads;
    if (remembers()) reads.push_back(AnswerQuery(Key()));
    if (kernel_.catalog.custom_schemas().available()) {
      reads.push_back(
          CustomSchemas::StampQuery(mutation_.call->principal.tenant));
    }
    return reads;
  }

  // Whether to run again because a broken connection left open what became of
  // the commit: if it is stored, the request log knows its answer. If it never
  // was, and still might be, the log's key keeps one of the two runs out.
  bool LooksUp(const absl::Status& status) {
    if (ErrorReason(status) != "COMMIT_UNKNOWN") return false;
    unknown_ = status;
    NoteCommit();
    return remembers() && ++lookups_ <= kMaxLookups;
  }

  absl::StatusOr<Answer> Finish(absl::Status status) {
    // Any other error is one of the lookup, not of the write.
    if (!status.ok() && !unknown_.ok()) return unknown_;
    const bool validated = mutation_.validate_only &&
                           status.code() == absl::StatusCode::kCancelled &&
                           status.message() == kRollback;
    if (!status.ok() && !validated) return status;
    NoteCommit();
    Answer answer;
    answer.bytes = std::move(outcome_.response);
    if (!outcome_.token.empty()) {
      answer.metadata.emplace_back(kConsistencyTokenMetadata,
                                   std::move(outcome_.token));
    }
    return answer;
  }

  absl::Time deadline() const { return mutation_.call->deadline; }

 private:
  absl::Status WriteAnswer(SqlWriter& writer, absl::Time now) {
    if (mutation_.needs_token) {
      outcome_.token = TokenOf(kernel_, outcome_.events);
    }
    if (!remembers()) return absl::OkStatus();
    return RememberAnswer(writer, Key(), hash_,
                          {outcome_.response, outcome_.token}, outcome_.events,
                          now);
  }

  // Tells those who keep something of what was committed.
  void NoteCommit() const {
    if (outcome_.events.empty()) return;
    for (const Event& event : outcome_.events) {
      if (DefinesCustom(event.resource_type())) {
        kernel_.catalog.custom_schemas().Forget(event.tenant());
        break;
      }
    }
    if (kernel_.on_commit) kernel_.on_commit(outcome_.events);
  }

  // Only OK answers of calls that change something are remembered.
  bool remembers() const {
    return !mutation_.request_id.empty() && !mutation_.validate_only;
  }

  RequestKey Key() const {
    return {mutation_.call->principal.tenant, mutation_.call->principal.subject,
            mutation_.call->method->path, mutation_.request_id};
  }

  const Kernel& kernel_;
  const Mutation mutation_;
  std::string hash_;
  Outcome outcome_;
  absl::Status unknown_;
  int lookups_ = 0;
};

void Queue(const Kernel& kernel, std::shared_ptr<Runner> runner, Done done) {
  kernel.database.WriteReading(
      runner->Reads(), runner->deadline(),
      [runner](SqlWriter& writer) { return runner->Run(writer); },
      [&kernel, runner, done = std::move(done)](absl::Status status) {
        if (runner->LooksUp(status)) {
          Queue(kernel, runner, done);
          return;
        }
        done(runner->Finish(std::move(status)));
      });
}

}  // namespace

void RunMutation(const Kernel& kernel, Mutation mutation, Done done) {
  Queue(kernel, std::make_shared<Runner>(kernel, std::move(mutation)),
        std::move(done));
}

}  // namespace crm
