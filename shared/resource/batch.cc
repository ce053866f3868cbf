#include "shared/resource/batch.h"

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/status.pb.h"
#include "shared/resource/mutation.h"
#include "shared/resource/standard_mutations.h"
#include "shared/resource/standard_reads.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

std::unique_ptr<Message> NewMessage(const Descriptor* descriptor) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(descriptor)
          ->New());
}

// The field of `message` that holds resources; null where it has none, as in
// responses that answer with nothing.
const FieldDescriptor* ItemsOf(const Descriptor* message,
                               const Resource& resource) {
  for (int i = 0; i < message->field_count(); ++i) {
    if (message->field(i)->message_type() == resource.schema.message()) {
      return message->field(i);
    }
  }
  return nullptr;
}

const FieldDescriptor* RequestsOf(const Message& batch) {
  return batch.GetDescriptor()->FindFieldByName("requests");
}

// Says which item an error is about.
absl::Status AtItem(int index, const absl::Status& status) {
  const std::string item = absl::StrCat("requests[", index, "]");
  std::vector<FieldViolation> violations = FieldViolations(status);
  if (violations.empty()) {
    absl::Status out(status.code(), absl::StrCat(item, ": ", status.message()));
    status.ForEachPayload([&](absl::string_view url, const absl::Cord& value) {
      out.SetPayload(url, value);
    });
    return out;
  }
  for (FieldViolation& violation : violations) {
    violation.field = absl::StrCat(item, ".", violation.field);
  }
  return BadRequest(violations);
}

// The response type of the single method: the resource where the batch answers
// with resources.
const Descriptor* ItemResponse(const Descriptor* batch_response,
                               const Resource& resource) {
  return ItemsOf(batch_response, resource) != nullptr
             ? resource.schema.message()
             : batch_response;
}

const Message& ItemAt(const Message& batch, int index) {
  return batch.GetReflection()->GetRepeatedMessage(batch, RequestsOf(batch),
                                                   index);
}

// The field of an item that tells where its resource lies, and the parent.
struct Place {
  std::string field;
  std::string parent;
};

Place PlaceOf(const Message& item, const Resource& resource, Verb verb) {
  if (verb == Verb::kCreate) return {"parent", ReadString(item, "parent")};
  const FieldDescriptor* holder = ItemsOf(item.GetDescriptor(), resource);
  const std::string name =
      holder == nullptr
          ? ReadString(item, "name")
          : ReadString(item.GetReflection()->GetMessage(item, holder), "name");
  return {holder == nullptr ? "name" : absl::StrCat(holder->name(), ".name"),
          std::string(ParentOf(name))};
}

// Checks that all items lie under the parent of the batch.
absl::Status CheckParents(const Resource& resource, Verb verb,
                          const Message& batch, int count) {
  const NamePattern& pattern = resource.schema.pattern();
  if (!pattern.nested()) return absl::OkStatus();
  const std::string parent = ReadString(batch, "parent");
  CRM_RETURN_IF_ERROR(CheckBatchParent(resource, parent));
  std::vector<FieldViolation> violations;
  for (int i = 0; i < count; ++i) {
    const Place place = PlaceOf(ItemAt(batch, i), resource, verb);
    if (LiesUnder(pattern.Format(place.parent, "-"), parent)) continue;
    violations.push_back({absl::StrCat("requests[", i, "].", place.field),
                          "must lie under the parent of the batch."});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::StatusOr<std::unique_ptr<Message>> ApplyAll(Transaction& transaction,
                                                  const Resource& resource,
                                                  Verb verb,
                                                  const Message& batch,
                                                  const Descriptor* response) {
  std::unique_ptr<Message> answer = NewMessage(response);
  const FieldDescriptor* items = ItemsOf(response, resource);
  const int count = batch.GetReflection()->FieldSize(batch, RequestsOf(batch));
  for (int i = 0; i < count; ++i) {
    const Message& request = ItemAt(batch, i);
    auto item = ApplyStandard(transaction, verb, resource, request,
                              ItemResponse(response, resource));
    if (!transaction.status().ok()) return AtItem(i, transaction.status());
    if (!item.ok()) return AtItem(i, item.status());
    if (items != nullptr) {
      answer->GetReflection()
          ->AddMessage(answer.get(), items)
          ->CopyFrom(**item);
    }
  }
  return answer;
}

// Collects the answers of items that run on their own.
class PartialBatch {
 public:
  PartialBatch(const Resource& resource, const Descriptor* response, int count,
               Done done)
      : items_(ItemsOf(response, resource)),
        answer_(NewMessage(response)),
        results_(static_cast<size_t>(count)),
        left_(count),
        done_(std::move(done)) {}

  void Take(size_t index, absl::StatusOr<Answer> result) {
    results_[index] = std::move(result);
    if (left_.fetch_sub(1) == 1) Finish();
  }

 private:
  void Finish() {
    const FieldDescriptor* statuses =
        answer_->GetDescriptor()->FindFieldByName("statuses");
    const auto* reflection = answer_->GetReflection();
    Answer answer;
    for (absl::StatusOr<Answer>& result : results_) {
      reflection->AddMessage(answer_.get(), statuses)
          ->CopyFrom(ToRpcStatus(result.status()));
      Message* item = items_ == nullptr
                          ? nullptr
                          : reflection->AddMessage(answer_.get(), items_);
      if (!result.ok()) continue;
      if (item != nullptr && !item->ParseFromString(result->bytes)) {
        done_(Internal("ROW_UNREADABLE", "An answer could not be read."));
        return;
      }
      for (auto& entry : result->metadata) {
        answer.metadata.push_back(std::move(entry));
      }
    }
    answer.bytes = answer_->SerializeAsString();
    done_(std::move(answer));
  }

  const FieldDescriptor* items_;
  std::unique_ptr<Message> answer_;
  std::vector<absl::StatusOr<Answer>> results_;
  std::atomic<int> left_;
  Done done_;
};

void RunPartial(const Kernel& kernel, const Resource& resource, Verb verb,
                std::shared_ptr<Call> call, int count, Done done) {
  const Descriptor* response = call->context.method->descriptor->output_type();
  const Message& batch = *call->request;
  const std::string request_id = ReadString(batch, "request_id");
  const Descriptor* item_response = ItemResponse(response, resource);
  auto collected = std::make_shared<PartialBatch>(resource, response, count,
                                                  std::move(done));
  ValidateOptions options;
  if (verb == Verb::kUpdate) options.partial_type = resource.schema.message();
  for (int i = 0; i < count; ++i) {
    const Message& item = ItemAt(batch, i);
    const auto violations = kernel.catalog.validator().Check(item, "", options);
    if (!violations.empty()) {
      collected->Take(static_cast<size_t>(i), BadRequest(violations));
      continue;
    }
    Mutation mutation;
    mutation.call = std::shared_ptr<const CallContext>(call, &call->context);
    mutation.request = std::shared_ptr<const Message>(call, &item);
    if (!request_id.empty()) {
      mutation.request_id = absl::StrCat(request_id, "/", i);
    }
    mutation.validate_only = ReadBool(batch, "validate_only");
    mutation.body = [&resource, verb, item_response](Transaction& transaction,
                                                     const CallContext&,
                                                     const Message& request) {
      return ApplyStandard(transaction, verb, resource, request, item_response);
    };
    RunMutation(kernel, std::move(mutation),
                [collected, i](absl::StatusOr<Answer> result) {
                  collected->Take(static_cast<size_t>(i), std::move(result));
                });
  }
}

}  // namespace

void RunBatch(const Kernel& kernel, const Resource& resource, Verb verb,
              std::shared_ptr<Call> call, Done done) {
  const Message& batch = *call->request;
  const int count = batch.GetReflection()->FieldSize(batch, RequestsOf(batch));
  if (count > kMaxBatch) {
    done(BadField("requests", absl::StrCat("must have at most ", kMaxBatch,
                                           " items, not ", count, ".")));
    return;
  }
  const absl::Status placed = CheckParents(resource, verb, batch, count);
  if (!placed.ok()) {
    done(placed);
    return;
  }
  if (count > 0 && ReadBool(batch, "return_partial_success")) {
    RunPartial(kernel, resource, verb, std::move(call), count, std::move(done));
    return;
  }
  const Descriptor* response = call->context.method->descriptor->output_type();
  Mutation mutation;
  mutation.call = std::shared_ptr<const CallContext>(call, &call->context);
  mutation.request = std::shared_ptr<const Message>(call, call->request.get());
  mutation.request_id = ReadString(batch, "request_id");
  mutation.validate_only = ReadBool(batch, "validate_only");
  mutation.body = [&resource, verb, response](Transaction& transaction,
                                              const CallContext&,
                                              const Message& request) {
    return ApplyAll(transaction, resource, verb, request, response);
  };
  RunMutation(kernel, std::move(mutation), std::move(done));
}

}  // namespace crm
